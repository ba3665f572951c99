import { Histogram } from '../../metrics/histogram.js';
import { ownTopics } from '../../plan/plan.js';
import type { Traffic } from '../client/traffic.js';
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
  { books }: CollectOrder,
  more: Pick<WorkerReport, 'use' | 'boundaryLateMicros'>,
): WorkerReport {
  worker.events.settle();
  const now = worker.clock();
  for (const { session } of worker.clients) session.eachUnfinished(now, (error) => worker.tally.violation(error));
  const outstanding = new Outstanding(worker.recorder, now);
  for (const client of worker.clients) client.unfinished(outstanding);
  worker.events.unfinished(outstanding);
  const topics = ownTopics(worker.plan);
  const missing = missingDeliveries(worker, books, outstanding);
  const { gaps, openGaps } = longestSilences(worker, outstanding);
  return {
    share: worker.share,
    segments: worker.recorder.segments(now, outstanding),
    gaps: gaps.toData(),
    openGaps: openGaps.toData(),
    loopDelay: {
      connecting: loopDelay.connecting.toData(),
      traffic: loopDelay.traffic.toData(),
      drain: loopDelay.drain.toData(),
    },
    busyShare,
    everConnected: worker.everUp,
    lastFirstUpMicros: worker.lastFirstUp,
    connectTook: { earlier: worker.connectTook.earlier.toData(), later: worker.connectTook.later.toData() },
    failedAttempts: worker.tally.failedAttempts,
    neverConnected: worker.clients.length - worker.everUp,
    gone: goneOf(worker),
    lateSends: worker.tally.lateSends,
    refused: worker.tally.refused,
    foreign: worker.tally.foreign,
    otherClock: worker.tally.otherClock,
    disconnects: worker.tally.disconnects,
    receiveDrops: receiveDrops(),
    ...(worker.plan.publish === undefined ? {} : { books: booksOf(worker) }),
    missing,
    overtaken: missing && overtakenByTopic(worker),
    neverSubscribed: worker.clients.filter(({ name, everUp }) => name.subscribes && !everUp).length,
    dueAway: worker.clients.reduce((sum, { traffic }) => sum + traffic.dueAway, 0),
    cutOff: cutOff(worker),
    ...(topics === undefined ? {} : ofTopics(worker, topics.length)),
    errors: worker.tally.errors.toList(),
    addresses: worker.dialer.addresses.used(),
    counters: worker.tally.allCounters(worker.clients),
    events: worker.events.report(),
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
export function booksOf({ plan, share, clients }: Worker): PublishedBooks {
  const { topics = 1 } = plan;
  const offered: number[] = [];
  const sent: number[] = [];
  for (const { traffic } of clients) {
    for (let flow = 0; flow < topics; flow++) {
      offered.push(traffic.offeredOf(flow));
      sent.push(traffic.sentOf(flow));
    }
  }
  return { share, offered, sent };
}

function ofTopics(worker: Worker, topics: number): Pick<WorkerReport, 'byTopic'> {
  const sum = (of: (traffic: Traffic) => number): number =>
    worker.clients.reduce((total, { traffic }) => total + of(traffic), 0);
  const byTopic = Array.from({ length: topics }, (_, flow) => ({
    ...(worker.topicArrivals[flow] ?? { received: 0, duplicate: 0, disordered: 0 }),
    offered: sum((traffic) => traffic.offeredOf(flow)),
    sent: sum((traffic) => traffic.sentOf(flow)),
    acknowledged: sum(({ flows }) => flows?.acknowledged[flow] ?? 0),
  }));
  return { byTopic };
}
