import { describe, expect, it } from 'vitest';
import type { LoadPlan } from '../../../src/load/contract.js';
import { doneLate } from '../../../src/load/done-late.js';
import { findDoubts } from '../../../src/load/doubts/find.js';
import type { WorkerReport } from '../../../src/load/messages.js';
import { Histogram } from '../../../src/metrics/histogram.js';
import type { Distribution, Doubt, MetricSet } from '../../../src/result/types.js';

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

interface Facts {
  connected?: number;
  lateSends?: number;
  busyConnecting?: number;
  busyInTraffic?: number;
  boundaryLateMicros?: number;
  receiveDrops?: number;
  loopP99?: number;
  loopInTraffic?: number;
  achieved?: number;
  ackCount?: number;
  /** Of 10,000 acknowledged, those before publishing ended, after 10 s. */
  inTime?: number;
  ackMin?: number;
}

function doubts(facts: Facts): Doubt[] {
  const plan = { clients: 100, publish: { topic: 't', qos: 1, payloadBytes: 64, rate: 1000, inflight: 1 } } as LoadPlan;
  const metrics: MetricSet = {
    values: {
      'clients.connected': facts.connected ?? 100,
      'rate.offered': 1000,
      'rate.achieved': facts.achieved ?? 1000,
    },
    distributions: {
      'publish.ack': distribution({ count: facts.ackCount ?? 10_000, min: facts.ackMin ?? 1 }),
      'publish.late': distribution(),
      'loop.delay': distribution({ p99: facts.loopP99 ?? 900 }),
    },
  };
  const report = {
    lateSends: facts.lateSends ?? 0,
    busyShare: { connecting: facts.busyConnecting ?? 0.2, traffic: facts.busyInTraffic ?? 0.2 },
    boundaryLateMicros: facts.boundaryLateMicros ?? 0,
    receiveDrops: facts.receiveDrops ?? 0,
    totals: { acknowledged: 10_000 },
    atEnd: { atMicros: 11e6, counts: { acknowledged: facts.inTime ?? 10_000 } },
  } as WorkerReport;
  const loopOfTraffic = new Histogram();
  loopOfTraffic.record(facts.loopInTraffic ?? 900);
  const late = doneLate(plan, [report], metrics.distributions);
  return findDoubts({ plan, reports: [report], metrics, windows: {}, loopOfTraffic, late });
}

const codes = (facts: Facts): string[] => doubts(facts).map(({ code }) => code);

describe('doubts of the generator about itself', () => {
  it('are none in a healthy run', () => {
    expect(codes({ lateSends: 100, busyInTraffic: 0.89, loopP99: 20_000, achieved: 981, ackCount: 200 })).toEqual([]);
  });

  it('are none about acknowledgements that were on their way when publishing ended', () => {
    expect(codes({ inTime: 9_600 })).toEqual([]);
    expect(codes({ inTime: 9_200, ackMin: 400_000 })).toEqual([]); // 1,000 a second times 0.4 s, and 5 %
  });

  it.each([
    [{ connected: 99 }, 'clients-missing'],
    [{ lateSends: 101 }, 'late-sends'],
    [{ loopP99: 20_001 }, 'loop-delay'],
    [{ busyConnecting: 0.9 }, 'generator-bound'],
    [{ busyInTraffic: 0.9 }, 'generator-bound'],
    [{ achieved: 979 }, 'rate-missed'],
    [{ boundaryLateMicros: 1 }, 'loop-delay'],
    [{ receiveDrops: 3 }, 'receive-drops'],
    [{ inTime: 9_400 }, 'rate-missed'],
    [{ ackCount: 199 }, 'few-samples'],
  ] as [Facts, string][])('%j: %s', (facts, code) => {
    expect(codes(facts)).toEqual([code]);
  });

  it.each([
    [
      { loopP99: 30_000 },
      { phase: 'connect', message: expect.stringContaining('held up while clients connected: P99') },
    ],
    [{ loopP99: 30_000, loopInTraffic: 25_000 }, { message: expect.stringContaining('held up: P99') }],
    [
      { busyConnecting: 0.95 },
      { phase: 'connect', message: expect.stringMatching(/95.0 % of a core while clients conn/) },
    ],
    [{ busyConnecting: 0.9, busyInTraffic: 0.95 }, { message: expect.stringMatching(/95.0 % of a core$/) }],
  ] as [Facts, Partial<Doubt>][])('%j: says whether it is about connecting only', (facts, doubt) => {
    expect(doubts(facts).map(({ phase, message }) => ({ phase, message }))).toEqual([{ phase: undefined, ...doubt }]);
  });
});
