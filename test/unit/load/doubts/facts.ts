import { findDoubts } from '../../../../src/load/doubts/find.js';
import { doneLate } from '../../../../src/load/merge/done-late.js';
import type { WorkerReport } from '../../../../src/load/messages.js';
import { Histogram, type HistogramData } from '../../../../src/metrics/histogram.js';
import type { LoadPlan } from '../../../../src/plan/plan.js';
import type { Distribution, Doubt, MetricSet } from '../../../../src/result/types.js';
import { atRate, filler } from '../../../helpers/plans.js';

const distribution = (over: Partial<Distribution> = {}): Distribution => ({
  count: 10_000,
  min: 1,
  mean: 1,
  p50: 1,
  p90: 1,
  p95: 1,
  p99: 1,
  p999: 1,
  max: 1,
  histogram: '',
  ...over,
});

/** What a generator of 100 clients and 10,000 publishes saw, where it is not as it should be. */
export interface Facts {
  connected?: number;
  lateSends?: number;
  busyConnecting?: number;
  busyInTraffic?: number;
  boundaryLateMicros?: number;
  receiveDrops?: number;
  gone?: { clients: number; firstMicros: number };
  otherClock?: number;
  busyDraining?: number;
  loopConnecting?: number;
  loopInTraffic?: number;
  loopDraining?: number;
  /** Of the window "bad": its P99 of loop.delay and of publish.late. */
  loopInBad?: number;
  lateInBad?: number;
  lateDials?: number;
  /** Achieved by 100 clients that were to connect at 1,000/s. */
  connectRate?: number;
  /** Lower quartiles of what connects took, milliseconds: of the earlier half and of the later half; 50 clients each. */
  connects?: readonly [number, number];
  achieved?: number;
  ackCount?: number;
  /** Of 10,000 acknowledged, those before publishing ended, after 10 s. */
  inTime?: number;
  ackMin?: number;
  /** Of 10,000 publishes, those due to clients that were not connected, and those that the broker refused. */
  dueAway?: number;
  refused?: number;
  /** Of clients that lost their connection, publishes that were under way. */
  cutOff?: number;
  /** Publishes that were acknowledged at all; undefined: enough of them. */
  acknowledged?: number;
  errors?: readonly (readonly [code: string, count: number])[];
}

/** Of 50 clients; two thirds took a long time, as over a bad network. */
function took(millis: number): HistogramData {
  const histogram = new Histogram();
  histogram.recordTimes(millis * 1000, 20);
  histogram.recordTimes(3e6, 30);
  return histogram.toData();
}

/** What it doubts then. */
export function doubtsOf(facts: Facts): Doubt[] {
  const plan = {
    clients: 100,
    connectRate: 1000,
    publish: { topic: 't', qos: 1, payload: filler(64), pace: atRate(1000), inflight: 1 },
  } as LoadPlan;
  const metrics: MetricSet = {
    values: {
      'clients.connected': facts.connected ?? 100,
      'messages.offered': 10_000,
      'messages.sent': 9_000,
      'messages.acknowledged': facts.acknowledged ?? 5_000,
      'rate.offered': 1000,
      'rate.achieved': facts.achieved ?? 1000,
      'rate.connect': facts.connectRate ?? 900,
    },
    distributions: {
      'publish.ack': distribution({ count: facts.ackCount ?? 10_000, min: facts.ackMin ?? 1 }),
      'publish.late': distribution(),
      'connect.connack': distribution(),
      'connect.late': distribution({ p99: facts.lateDials ?? 1 }),
      'loop.delay': distribution(),
    },
  };
  const report = {
    lateSends: facts.lateSends ?? 0,
    busyShare: {
      connecting: facts.busyConnecting ?? 0.2,
      traffic: facts.busyInTraffic ?? 0.2,
      drain: facts.busyDraining ?? 0.2,
    },
    connectTook: { earlier: took(facts.connects?.[0] ?? 20), later: took(facts.connects?.[1] ?? 30) },
    boundaryLateMicros: facts.boundaryLateMicros ?? 0,
    receiveDrops: facts.receiveDrops ?? 0,
    gone: facts.gone ?? { clients: 0 },
    otherClock: facts.otherClock ?? 0,
    dueAway: facts.dueAway ?? 0,
    refused: facts.refused ?? 0,
    cutOff: facts.cutOff ?? 0,
  } as WorkerReport;
  const loops = { connecting: new Histogram(), traffic: new Histogram(), drain: new Histogram() };
  loops.connecting.recordTimes(facts.loopConnecting ?? 900, 10);
  loops.traffic.recordTimes(facts.loopInTraffic ?? 900, 1_000);
  loops.drain.recordTimes(facts.loopDraining ?? 900, 100);
  const windows: Record<string, MetricSet> = {
    before: { values: {}, distributions: { 'publish.late': distribution(), 'loop.delay': distribution() } },
    bad: {
      values: {},
      distributions: {
        'publish.late': distribution({ p99: facts.lateInBad ?? 1 }),
        'loop.delay': distribution({ p99: facts.loopInBad ?? 900, max: facts.loopInBad ?? 900 }),
      },
    },
  };
  const acks = new Histogram();
  acks.record(facts.ackMin ?? 1);
  const inTime = facts.inTime ?? 10_000;
  const late = doneLate(plan, {
    completed: { done: inTime, received: 0 },
    afterwards: { done: 10_000 - inTime, received: 0 },
    histograms: new Map([['publish.ack', acks]]),
  });
  return findDoubts({
    plan,
    reports: [report],
    metrics,
    errors: (facts.errors ?? []).map(([code, count]) => ({ code, message: '', count })),
    windows,
    loops,
    late,
    left: [],
    drained: true,
    connectStart: 1e6,
  });
}
