import { Histogram } from '../metrics/histogram.js';
import type { WorkerReport } from './messages.js';
import type { Worker } from './worker.js';

/** Everything a worker knows, as data. */
export function workerReport(
  worker: Worker,
  loopDelay: Histogram,
  more: Pick<WorkerReport, 'event' | 'use' | 'busiestShare' | 'boundaryLateMicros'>,
): WorkerReport {
  const gaps = new Histogram();
  const subscribed = worker.plan.subscribe !== undefined && worker.publishStart > 0;
  for (const client of worker.clients) {
    if (subscribed && client.everUp && client.name.subscribes) gaps.record(client.traffic.longestGapTotal);
  }
  return {
    share: worker.share,
    segments: worker.recorder.segments(worker.clock()),
    totals: worker.recorder.totals(),
    gaps: gaps.toData(),
    loopDelay: loopDelay.toData(),
    everConnected: worker.everUp,
    lastFirstUpMicros: worker.lastFirstUp,
    failedAttempts: worker.failedAttempts,
    neverConnected: worker.clients.length - worker.everUp,
    lateSends: worker.lateSends,
    refused: worker.refused,
    foreign: worker.foreign,
    otherClock: worker.otherClock,
    disconnects: worker.disconnects,
    sentByClient: worker.clients.map((client) => client.traffic.sent),
    errors: worker.errors.toList(),
    counters: worker.allCounters(),
    ...more,
  };
}
