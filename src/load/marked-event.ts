import { Histogram } from '../metrics/histogram.js';
import type { DistributionName } from '../metrics/registry.js';
import type { VirtualClient } from './client.js';
import type { ActTime, EventOutcome, EventTime } from './messages.js';

/** A byte that came in time may be read so much later by a process that has other work or no processor. */
const readMicros = 50_000;

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
  /** Clients that were heard over the same connection afterwards, whatever became of it later. */
  private readonly wentOn = new Set<VirtualClient>();
  /** Clients that gave their connection up because of it. */
  private readonly gaveUp = new Set<VirtualClient>();

  constructor(
    readonly name: string,
    clients: readonly VirtualClient[],
    addressOf: (client: number) => string | undefined,
  ) {
    for (const client of clients) {
      if (!client.everUp) continue;
      const { lastUpGeneration: generation, isUp, number } = client;
      this.marks.set(client, { generation, away: !isUp, address: addressOf(number) });
    }
  }

  /** It is known when it happened. */
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
   * Of a connection that this event concerned and that was lost: the first change after which nothing was heard over it.
   * Undefined: there is none, so this event did not cut it.
   */
  cutTime(client: VirtualClient, heard: number, noticed: number): number | undefined {
    if (this.when === undefined) return undefined;
    const slack = this.when.pathMicros + readMicros;
    const acts = this.actsOf(this.marks.get(client));
    return acts.find(({ beganMicros }) => beganMicros <= noticed && heard <= beganMicros + slack)?.beganMicros;
  }

  /** The client gives its connection up, since that is what the event is. */
  gives(client: VirtualClient): void {
    this.gaveUp.add(client);
  }

  /** It is on the connection it had then, and nothing came over it although an answer was due. */
  hasLost(client: VirtualClient): boolean {
    return this.verdict(client) === 'lost';
  }

  /** A connection is over: who had been heard since the event did survive it. */
  connectionOver(client: VirtualClient): void {
    if (this.heardSince(client)) this.wentOn.add(client);
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

  /** Undefined: something earlier had cut it off, and this event found it on no connection that it could have ended. */
  private verdict(client: VirtualClient): 'survived' | 'reconnected' | 'lost' | 'unknown' | undefined {
    if (this.wentOn.has(client)) return 'survived';
    const { generation, away } = this.marks.get(client) as Mark;
    if (away && !this.gaveUp.has(client)) return undefined;
    if (client.lastUpGeneration > generation) return 'reconnected';
    if (!client.isUp) return 'lost';
    if (this.heardSince(client)) return 'survived';
    return client.session.oldestOwed > 0 ? 'lost' : 'unknown';
  }

  /** A byte came over the connection it had then, later than any that was on its way. */
  private heardSince(client: VirtualClient): boolean {
    if (this.when === undefined || !this.concerns(client)) return false;
    const own = this.actsOf(this.marks.get(client));
    const ended = Math.max(...(own.length > 0 ? own : this.when.acts).map(({ endedMicros }) => endedMicros));
    return client.session.lastRead > ended + this.when.pathMicros + readMicros;
  }

  /** Those that happened to the client's address. */
  private actsOf(mark: Mark | undefined): readonly ActTime[] {
    if (this.byAddress !== undefined && mark?.address !== undefined) return this.byAddress.get(mark.address) ?? [];
    return this.when?.acts ?? [];
  }
}

function histogramOf(histograms: Map<DistributionName, Histogram>, metric: DistributionName): Histogram {
  let histogram = histograms.get(metric);
  if (histogram === undefined) {
    histogram = new Histogram();
    histograms.set(metric, histogram);
  }
  return histogram;
}
