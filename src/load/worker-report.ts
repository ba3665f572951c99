import { Histogram } from '../metrics/histogram.js';
import type { WorkerReport } from './messages.js';
import { Outstanding } from './outstanding.js';
import type { PhaseWatch } from './phase-watch.js';
import { receiveDrops } from './receive-drops.js';
import type { Worker } from './worker.js';

/** Everything a worker knows, as data. */
export function workerReport(
  worker: Worker,
  { loopDelay, busyShare }: Pick<PhaseWatch, 'loopDelay' | 'busyShare'>,
  more: Pick<WorkerReport, 'events' | 'use' | 'boundaryLateMicros'>,
): WorkerReport {
  const gaps = new Histogram();
  const expecting = worker.plan.subscribe !== undefined && worker.publishingSince < Number.POSITIVE_INFINITY;
  for (const client of worker.clients) {
    if (expecting && client.everUp && client.name.subscribes) gaps.record(client.traffic.longestGap);
  }
  const now = worker.clock();
  const outstanding = new Outstanding(worker.recorder, now);
  for (const client of worker.clients) client.unfinished(outstanding);
  return {
    share: worker.share,
    segments: worker.recorder.segments(now, outstanding),
    gaps: gaps.toData(),
    loopDelay: {
      connecting: loopDelay.connecting.toData(),
      traffic: loopDelay.traffic.toData(),
      drain: loopDelay.drain.toData(),
    },
    busyShare,
    everConnected: worker.everUp,
    lastFirstUpMicros: worker.lastFirstUp,
    connectTook: { earlier: worker.connectTook.earlier.toData(), later: worker.connectTook.later.toData() },
    failedAttempts: worker.failedAttempts,
    neverConnected: worker.clients.length - worker.everUp,
    gone: goneOf(worker),
    lateSends: worker.lateSends,
    refused: worker.refused,
    foreign: worker.foreign,
    otherClock: worker.otherClock,
    disconnects: worker.disconnects,
    receiveDrops: receiveDrops(),
    sentByClient: worker.clients.map((client) => client.traffic.sent),
    ...(worker.plan.publish?.each === undefined ? {} : ofTopics(worker, worker.plan.publish.each.length)),
    errors: worker.errors.toList(),
    counters: worker.allCounters(),
    ...more,
  };
}

function goneOf({ clients }: Worker): WorkerReport['gone'] {
  const times = clients.filter(({ everUp, state }) => everUp && state === 'gone').map(({ goneAt }) => goneAt);
  return times.length === 0 ? { clients: 0 } : { clients: times.length, firstMicros: Math.min(...times) };
}

function ofTopics(worker: Worker, topics: number): Pick<WorkerReport, 'byTopic' | 'sentByTopic'> {
  const flows = worker.clients.flatMap(({ traffic }) => (traffic.flows === undefined ? [] : [traffic.flows]));
  const byTopic = Array.from({ length: topics }, (_, flow) => ({
    ...(worker.topicArrivals[flow] ?? { received: 0, duplicate: 0, disordered: 0 }),
    offered: flows.reduce((sum, of) => sum + (of.offered[flow] as number), 0),
    sent: flows.reduce((sum, of) => sum + of.sequenceOf(flow), 0),
    acknowledged: flows.reduce((sum, of) => sum + (of.acknowledged[flow] as number), 0),
  }));
  const sentByTopic = worker.clients.map(({ traffic }) =>
    Array.from({ length: topics }, (_, flow) => traffic.flows?.sequenceOf(flow) ?? 0),
  );
  return { byTopic, sentByTopic };
}
