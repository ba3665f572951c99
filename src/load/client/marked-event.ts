import type { Histogram } from '../../metrics/histogram.js';
import type { DistributionName } from '../../metrics/registry.js';
import { histogramOf } from '../histograms.js';
import type { ActTime, EventOutcome, EventTime } from '../messages.js';
import type { VirtualClient } from './client.js';
import type { Dialer } from './dialer.js';

/**
 * A byte may be read so much later than it came, by a process that has other work or no processor: with 5,000 clients that
 * dial at once the loop has been seen to take 0.3 s. It matters only to a client that nothing is known of but bytes.
 */
const readMicros = 1_000_000;

export interface SignsOfLife {
  /** See {@link Session.provenAt}. */
  readonly proven: number;
  readonly read: number;
}

/** Which connection a client was on when an event was marked. */
interface Mark {
  /** Of its last connection that was up. */
  readonly generation: number;
  /** It was cut by something earlier and not back yet: what becomes of it is not this event's. */
  readonly away: boolean;
  readonly address: string | undefined;
}

/** An event, who was on which connection when it happened, and what became of them. */
export class MarkedEvent {
  readonly histograms = new Map<DistributionName, Histogram>();
  /** Of returns that are not finished. */
  readonly left = new Map<DistributionName, Histogram>();
  private when: EventTime | undefined;
  private byAddress: Map<string, ActTime[]> | undefined;
  private readonly marks = new Map<VirtualClient, Mark>();
  /** Clients whose connection worked afterwards, whatever became of it later. */
  private readonly wentOn = new Set<VirtualClient>();
  /** Clients that gave their connection up because of it. */
  private readonly gaveUp = new Set<VirtualClient>();
  /** Clients that left of their own accord (churn) before anybody knew whether it had cut them. */
  private readonly quit = new Set<VirtualClient>();

  constructor(
    readonly name: string,
    clients: readonly VirtualClient[],
    dialer: Pick<Dialer, 'addressOf'>,
  ) {
    for (const client of clients) {
      if (!client.everUp) continue;
      const { lastUpGeneration: generation, isUp, number } = client;
      this.marks.set(client, { generation, away: !isUp, address: dialer.addressOf(number) });
    }
  }

  get timed(): boolean {
    return this.when !== undefined;
  }

  happened(when: EventTime): void {
    this.when = when;
    if (!when.acts.some(({ addresses }) => addresses)) return;
    this.byAddress = new Map();
    for (const act of when.acts) {
      for (const address of act.addresses ?? []) {
        const before = this.byAddress.get(address);
        if (before) before.push(act);
        else this.byAddress.set(address, [act]);
      }
    }
  }

  record(metric: DistributionName, micros: number): void {
    histogramOf(this.histograms, metric).record(micros);
  }

  /** Measuring stops, and a client that it cut off has not come so far again. @param micros at least so long */
  leave(metric: DistributionName, micros: number): void {
    histogramOf(this.left, metric).record(micros);
  }

  /** Whether the client is still on the connection that it had then. */
  concerns(client: VirtualClient): boolean {
    const mark = this.marks.get(client);
    return mark !== undefined && !mark.away && mark.generation === client.generation;
  }

  /**
   * Of a connection that this event concerned and that was lost: the first change after which it is not known to have worked.
   * Undefined: there is none, so this event did not cut it.
   */
  cutTime(client: VirtualClient, signs: SignsOfLife, noticed: number): number | undefined {
    const acts = this.actsOf(this.marks.get(client));
    return acts.find((act) => act.beganMicros <= noticed && !this.workedPast(act.endedMicros, signs))?.beganMicros;
  }

  /** The client gives its connection up, since that is what the event is. */
  gives(client: VirtualClient): void {
    this.gaveUp.add(client);
  }

  /** The client leaves because its stay is over: what it comes back from is not this event. */
  quits(client: VirtualClient): void {
    if (this.concerns(client) && !this.wentOn.has(client)) this.quit.add(client);
  }

  /** It is on the connection it had then, and nothing came over it although an answer was due. */
  hasLost(client: VirtualClient): boolean {
    return this.verdict(client) === 'lost';
  }

  /** A connection is over: if it had worked since the event, the client survived it. */
  connectionOver(client: VirtualClient): void {
    if (this.workedSince(client)) this.wentOn.add(client);
  }

  /** @param asked clients that were asked for an answer at the end */
  outcome(asked: ReadonlySet<VirtualClient>): EventOutcome {
    const sums = { survived: 0, reconnected: 0, lost: 0, unknown: 0, awaited: 0 };
    for (const client of this.marks.keys()) {
      const verdict = this.verdict(client);
      if (verdict === undefined) continue;
      sums[verdict]++;
      if (verdict === 'lost' && asked.has(client) && client.state !== 'gone') sums.awaited++;
    }
    return sums;
  }

  /** Clients of which nothing was asked since, so that nobody knows. */
  unknown(): VirtualClient[] {
    return [...this.marks.keys()].filter((client) => this.verdict(client) === 'unknown');
  }

  /**
   * Undefined: something earlier had cut it off, and this event found it on no connection that it could have ended; or it left
   * by itself before it could be told.
   */
  private verdict(client: VirtualClient): 'survived' | 'reconnected' | 'lost' | 'unknown' | undefined {
    if (this.wentOn.has(client)) return 'survived';
    if (this.quit.has(client)) return undefined;
    const { generation, away } = this.marks.get(client) as Mark;
    if (away && !this.gaveUp.has(client)) return undefined;
    if (client.lastUpGeneration > generation) return 'reconnected';
    if (!client.isUp) return 'lost';
    if (this.workedSince(client)) return 'survived';
    return client.session.oldestOwed > 0 ? 'lost' : 'unknown';
  }

  private workedSince(client: VirtualClient): boolean {
    if (this.when === undefined || !this.concerns(client)) return false;
    const own = this.actsOf(this.marks.get(client));
    const ended = Math.max(...(own.length > 0 ? own : this.when.acts).map(({ endedMicros }) => endedMicros));
    return this.workedPast(ended, signsOfLife(client));
  }

  /** What was sent later than this came back, or a byte was read so late that it cannot have been on its way before. */
  private workedPast(time: number, { proven, read }: SignsOfLife): boolean {
    return proven > time || read > time + (this.when?.pathMicros ?? 0) + readMicros;
  }

  /** Those that happened to the client's address. */
  private actsOf(mark: Mark | undefined): readonly ActTime[] {
    if (this.byAddress !== undefined && mark?.address !== undefined) return this.byAddress.get(mark.address) ?? [];
    return this.when?.acts ?? [];
  }
}

/** Of the connection that a client has, or had last. */
export function signsOfLife({ session }: VirtualClient): SignsOfLife {
  return { proven: session.provenAt, read: session.lastRead };
}
