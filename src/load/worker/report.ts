import { Histogram } from '../../metrics/histogram.js';
import { ownTopics } from '../../plan/plan.js';
import type { Traffic } from '../client/traffic.js';
import type { CellFleet } from '../fleets.js';
import type { CollectOrder, PublishedBooks, WorkerReport } from '../messages.js';
import { missingDeliveries, overtakenByTopic } from './deliveries.js';
import { Outstanding } from './outstanding.js';
import type { PhaseWatch } from './phase-watch.js';
import { receiveDrops } from './receive-drops.js';
import type { Worker } from './worker.js';

/** Everything a worker knows, as data. */
export function workerReport(
  worker: Worker,
  { loopDelay, busyShare }: Pick<PhaseWatch, 'loopDelay' | 'busyShare'>,
  { books: published }: CollectOrder,
  more: Pick<WorkerReport, 'use' | 'boundaryLateMicros' | 'addresses'>,
): WorkerReport {
  const { plan, fleet, share, clients, books, events } = worker;
  const { tally, recorder, connectTook } = books;
  events.settle();
  const now = worker.clock();
  for (const { session } of clients) session.eachUnfinished(now, (error) => tally.violation(error));
  const outstanding = new Outstanding(recorder, now);
  for (const client of clients) client.unfinished(outstanding);
  events.unfinished(outstanding);
  const missing = missingDeliveries(worker, published, outstanding);
  const { gaps, openGaps } = longestSilences(worker, outstanding);
  return {
    ...tally.counts,
    ...{ fleet, share, busyShare, missing },
    segments: recorder.segments(now, outstanding),
    gaps: gaps.toData(),
    openGaps: openGaps.toData(),
    loopDelay: {
      connecting: loopDelay.connecting.toData(),
      traffic: loopDelay.traffic.toData(),
      drain: loopDelay.drain.toData(),
    },
    everConnected: books.everUp,
    lastFirstUpMicros: books.lastFirstUp,
    connectTook: { earlier: connectTook.earlier.toData(), later: connectTook.later.toData() },
    gone: goneOf(worker),
    receiveDrops: receiveDrops(),
    books: plan.publish && booksOf(worker),
    overtaken: missing && overtakenByTopic(worker),
    neverSubscribed: clients.filter(({ name, everUp }) => name.subscribes && !everUp).length,
    dueAway: clients.reduce((sum, { traffic }) => sum + traffic.dueAway, 0),
    cutOff: cutOff(worker),
    firstLateMicros: tally.firstLateMicros,
    byTopic: byTopic(worker),
    errors: tally.errors.toList(),
    counters: tally.allCounters(clients),
    events: events.report(),
    ...more,
  };
}

/** One per subscriber; apart those of clients that a message has not come to and that heard nothing since: they may be longer. */
function longestSilences(worker: Worker, { silences }: Outstanding): { gaps: Histogram; openGaps: Histogram } {
  const [gaps, openGaps] = [new Histogram(), new Histogram()];
  const expecting = worker.plan.subscribe !== undefined && worker.publishing.silenceFrom < Number.POSITIVE_INFINITY;
  for (const [local, client] of worker.clients.entries()) {
    if (!expecting || !client.everUp || !client.name.subscribes) continue;
    (silences.has(local) ? openGaps : gaps).record(client.reception.longestGap);
  }
  return { gaps, openGaps };
}

function goneOf({ clients }: Worker): WorkerReport['gone'] {
  const times = clients.filter(({ everUp, state }) => everUp && state === 'gone').map(({ goneAt }) => goneAt);
  return times.length === 0 ? { clients: 0 } : { clients: times.length, firstMicros: Math.min(...times) };
}

/** Publishes of clients that lost their connection and are not back: those that had become due before. */
function cutOff({ clients }: Worker): number {
  return clients.reduce((sum, { traffic, session, everUp, isUp }) => {
    if (!everUp || isUp) return sum;
    const unfinished = traffic.offered - traffic.sent + session.unacknowledged;
    return sum + Math.max(0, unfinished - traffic.dueAway);
  }, 0);
}

/** What the worker's clients have published until now. */
export function booksOf({ plan, fleet, share, clients }: Worker): PublishedBooks {
  const { topics = 1 } = plan;
  const offered: number[] = [];
  const sent: number[] = [];
  for (const { traffic } of clients) {
    for (let flow = 0; flow < topics; flow++) {
      offered.push(traffic.offeredOf(flow));
      sent.push(traffic.sentOf(flow));
    }
  }
  return { fleet, share, offered, sent };
}

function byTopic({ plan, fleets, fleet, clients, books }: Worker): WorkerReport['byTopic'] {
  if (books.topicArrivals.length === 0) return undefined;
  const { firstFlow } = fleets.all[fleet] as CellFleet;
  const topics = ownTopics(plan)?.length ?? 0;
  return books.topicArrivals.map((arrivals, place) => {
    const flow = place - firstFlow;
    const isOwn = flow >= 0 && flow < topics;
    const sum = (of: (traffic: Traffic) => number): number =>
      isOwn ? clients.reduce((total, { traffic }) => total + of(traffic), 0) : 0;
    return {
      ...arrivals,
      offered: sum((traffic) => traffic.offeredOf(flow)),
      sent: sum((traffic) => traffic.sentOf(flow)),
      acknowledged: sum((traffic) => traffic.acknowledgedOf(flow)),
    };
  });
}
