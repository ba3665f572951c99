import type { DistributionName } from '../../metrics/registry.js';
import type { LoadPlan } from '../../plan/plan.js';
import { histogramData } from '../histograms.js';
import type { EventReport, EventTime } from '../messages.js';
import type { Outstanding } from '../worker/outstanding.js';
import type { VirtualClient } from './client.js';
import type { Dialer } from './dialer.js';
import { MarkedEvent, type SignsOfLife, signsOfLife } from './marked-event.js';
import type { Recovery } from './recovery.js';

interface Loss {
  readonly client: VirtualClient;
  readonly signs: SignsOfLife;
  readonly noticed: number;
  readonly silent: boolean;
  readonly recovery: Recovery;
  /** Events that happened, or are about to, while the client was on this connection; in order of time. */
  readonly events: readonly MarkedEvent[];
}

/**
 * The events of one worker, and which of them cut which connection: the first after which it is not known to have worked.
 */
export class EventBook {
  private readonly events: MarkedEvent[] = [];
  /** Losses while an event was under way: whose they are is known when all events have their times. */
  private readonly losses: Loss[] = [];
  private readonly asked = new Set<VirtualClient>();

  constructor(
    private readonly clients: readonly VirtualClient[],
    private readonly dialer: Dialer,
    private readonly plan: Pick<LoadPlan, 'reconnect'>,
  ) {}

  /** Something is about to happen: notes who is on which connection. */
  mark(name: string): void {
    this.events.push(new MarkedEvent(name, this.clients, this.dialer));
  }

  happened(name: string, when: EventTime): void {
    this.events.find((event) => event.name === name && !event.timed)?.happened(when);
    if (this.events.every(({ timed }) => timed)) this.settle();
  }

  named(name: string): MarkedEvent | undefined {
    return this.events.findLast((event) => event.name === name);
  }

  /** To be called while a connection ends, before its client has another. */
  connectionOver(client: VirtualClient): void {
    for (const event of this.events) event.connectionOver(client);
  }

  /** A client has given its connection up because its stay was over. */
  quits(client: VirtualClient): void {
    for (const event of this.events) event.quits(client);
  }

  /** A connection was lost. @param silent nothing was heard any more, as opposed to the peer having ended it */
  lost(client: VirtualClient, recovery: Recovery, noticed: number, silent: boolean): void {
    const events = this.events.filter((event) => event.concerns(client));
    this.losses.push({ client, signs: signsOfLife(client), noticed, silent, recovery, events });
    if (this.events.every(({ timed }) => timed)) this.settle();
  }

  /** Says of each loss so far which event it belongs to, as far as anybody can know. */
  settle(): void {
    for (const { client, signs, noticed, silent, recovery, events } of this.losses.splice(0)) {
      const first = firstCut(events, client, signs, noticed);
      if (first) recovery.since(first.at, first.event);
      else if (silent) recovery.since(signs.read);
      else recovery.sinceNoticed(noticed);
    }
  }

  /**
   * Tells of clients that an event cut off and that have not noticed it when measuring stops: however long their way back
   * takes, it has lasted since the cut. Left out, the latencies would be those of the clients that were quick to notice.
   */
  unfinished(to: Outstanding): void {
    for (const client of this.clients) {
      if (!client.isUp) continue; // it has noticed, and tells of itself
      const events = this.events.filter((event) => event.concerns(client) && event.hasLost(client));
      const cut = firstCut(events, client, signsOfLife(client), to.now);
      if (cut === undefined) continue;
      for (const metric of this.stagesOfReturn(client)) {
        to.operation(metric, cut.at);
        cut.event.leave(metric, to.now - cut.at);
      }
    }
  }

  /** What a client has to come past that was cut off; a retry is not due before it has noticed. */
  private stagesOfReturn({ name, traffic }: VirtualClient): DistributionName[] {
    const { reconnect } = this.plan;
    if (reconnect === undefined || reconnect.tries === 0) return ['reconnect.noticed'];
    const stages: DistributionName[] = ['reconnect.noticed', 'reconnect.transport', 'reconnect.connack'];
    if (name.subscribes) stages.push('reconnect.suback');
    if (!traffic.idle) stages.push('reconnect.message', 'reconnect.drained');
    return stages;
  }

  /** Sends a PINGREQ over every connection of which nobody knows whether an event left it alive. @returns how many */
  ask(): number {
    const before = this.asked.size;
    for (const event of this.events) for (const client of event.unknown()) this.asked.add(client);
    for (const client of this.asked) client.session.ping();
    return this.asked.size - before;
  }

  /** What became of everybody, event by event. Those that were marked and never happened are left out. */
  report(): EventReport[] {
    this.settle();
    return this.events
      .filter(({ timed }) => timed)
      .map((event) => ({
        name: event.name,
        outcome: event.outcome(this.asked),
        histograms: histogramData(event.histograms),
        left: histogramData(event.left),
      }));
  }
}

interface EventCut {
  readonly event: MarkedEvent;
  readonly at: number;
}

/** The first change after which the client's connection is not known to have worked; undefined: no event explains it. */
function firstCut(
  events: readonly MarkedEvent[],
  client: VirtualClient,
  signs: SignsOfLife,
  noticed: number,
): EventCut | undefined {
  return events
    .map((event) => ({ event, at: event.cutTime(client, signs, noticed) }))
    .filter((cut): cut is EventCut => cut.at !== undefined)
    .sort((a, b) => a.at - b.at)[0];
}
