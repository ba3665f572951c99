import { describe, expect, it } from 'vitest';
import type { LoadPlan } from '../../../../src/load/contract.js';
import { findDoubts } from '../../../../src/load/doubts/find.js';
import { doneLate } from '../../../../src/load/merge/done-late.js';
import type { WorkerReport } from '../../../../src/load/messages.js';
import { Histogram, type HistogramData } from '../../../../src/metrics/histogram.js';
import type { Distribution, Doubt, MetricSet } from '../../../../src/result/types.js';

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
}

/** Of 50 clients; two thirds took a long time, as over a bad network. */
function took(millis: number): HistogramData {
  const histogram = new Histogram();
  histogram.recordTimes(millis * 1000, 20);
  histogram.recordTimes(3e6, 30);
  return histogram.toData();
}

function doubts(facts: Facts): Doubt[] {
  const plan = {
    clients: 100,
    connectRate: 1000,
    publish: { topic: 't', qos: 1, payloadBytes: 64, rate: 1000, inflight: 1 },
  } as LoadPlan;
  const metrics: MetricSet = {
    values: {
      'clients.connected': facts.connected ?? 100,
      'messages.offered': 10_000,
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
    windows,
    loops,
    late,
    left: [],
    drained: true,
    connectStart: 1e6,
  });
}

describe('a rate that was missed', () => {
  const told = (facts: Facts): string => {
    const doubt = doubts(facts).find(({ code }) => code === 'rate-missed');
    return `${doubt?.message}; ${doubt?.advice}`;
  };

  it('is overload where the clients were there', () => {
    expect(told({ achieved: 500 })).toMatch(/500\/s achieved; above what the path or the broker can carry/);
  });

  it('is none where the clients were not, before or after publishing ended', () => {
    expect(told({ achieved: 500, dueAway: 5_000 })).toMatch(
      /5,000 of 10,000 were due to clients that were not connected; not overload/,
    );
    expect(told({ inTime: 5_000, dueAway: 5_000 })).toMatch(/not connected; not overload/);
  });

  it('is none where the broker refused', () => {
    expect(told({ achieved: 500, refused: 5_000 })).toMatch(/5,000 were refused by the broker; not overload/);
  });

  it('is both where the clients that were there did not get through either', () => {
    expect(told({ achieved: 500, dueAway: 1_000 })).toMatch(
      /1,000 of 10,000 .* not connected, and the others were too much as well; see the errors by kind first; above what/,
    );
  });
});

const codes = (facts: Facts): string[] => doubts(facts).map(({ code }) => code);

describe('doubts of the generator about itself', () => {
  it('are none in a healthy run', () => {
    expect(
      codes({
        lateSends: 100,
        busyInTraffic: 0.89,
        loopInTraffic: 20_000,
        lateInBad: 5_000,
        loopInBad: 20_000,
        achieved: 981,
        ackCount: 200,
      }),
    ).toEqual([]);
  });

  it('are none about acknowledgements that were on their way when publishing ended', () => {
    expect(codes({ inTime: 9_600 })).toEqual([]);
    expect(codes({ inTime: 9_200, ackMin: 400_000 })).toEqual([]); // 1,000 a second times 0.4 s, and 5 %
  });

  it.each([
    [{ connected: 99 }, 'clients-missing'],
    [{ gone: { clients: 2, firstMicros: 2.5e6 } }, 'clients-missing'],
    [{ lateSends: 101 }, 'late-sends'],
    [{ otherClock: 3 }, 'other-clock'],
    [{ loopConnecting: 20_001 }, 'loop-delay'],
    [{ loopInTraffic: 20_001 }, 'loop-delay'],
    [{ loopDraining: 20_001 }, 'loop-delay'],
    [{ busyDraining: 0.9 }, 'generator-bound'],
    [{ lateInBad: 5_001 }, 'late-sends'],
    [{ lateDials: 5_001 }, 'late-dials'],
    [{ connects: [20, 40] }, 'rate-missed'],
    [{ loopInBad: 20_001 }, 'loop-delay'],
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
      { loopConnecting: 30_000 },
      {
        phase: 'connect',
        message: 'the event loop of the generator was held up while clients connected: P99 30.0 ms, at most 30.0 ms',
      },
    ],
    [
      { loopInTraffic: 25_000 },
      { message: 'the event loop of the generator was held up: P99 25.0 ms, at most 25.0 ms' },
    ],
    [
      { loopInTraffic: 25_000, loopDraining: 40_000 },
      { message: 'the event loop of the generator was held up: P99 25.0 ms, at most 25.0 ms' },
    ],
    [
      { loopDraining: 40_000 },
      {
        message: 'the event loop of the generator was held up after publishing had ended: P99 40.0 ms, at most 40.0 ms',
      },
    ],
    [
      { loopInBad: 50_000 },
      { window: 'bad', message: 'the event loop of the generator was held up in "bad": P99 50.0 ms, at most 50.0 ms' },
    ],
    [
      { lateInBad: 80_000 },
      {
        window: 'bad',
        message:
          'more than 1.00 % of the publishes in "bad" were written more than 5.00 ms after they were due (P99 80.0 ms)',
      },
    ],
    [
      { busyConnecting: 0.95 },
      { phase: 'connect', message: '1 of 1 generator processes used up to 95.0 % of a core while clients connected' },
    ],
    [{ busyInTraffic: 0.95 }, { message: '1 of 1 generator processes used up to 95.0 % of a core' }],
  ] as [Facts, Partial<Doubt>][])('%j: says where in the run that was', (facts, doubt) => {
    const found = doubts(facts).map(({ phase, window, message }) => ({ phase, window, message }));
    expect(found).toEqual([{ phase: undefined, window: undefined, ...doubt }]);
  });

  it('tell connects that were slower than asked from connects over a bad network', () => {
    expect(doubts({ connects: [190, 950], connectRate: 116 })).toMatchObject([
      {
        code: 'rate-missed',
        metric: 'rate.connect',
        phase: 'connect',
        message:
          'clients were to connect at 1,000/s and did at 116/s: of the earlier half the quickest quarter was up after 190 ms, of the later half after 950 ms',
      },
    ]);
    expect(doubts({ connectRate: 116 })).toMatchObject([
      {
        metric: 'rate.connect',
        phase: 'connect',
        message:
          'clients were to connect at 1,000/s and did at 116/s: they were due within 100 ms, and the last was up 762 ms after that',
      },
    ]);
    expect(codes({ connectRate: 350 })).toEqual([]); // the last was up 186 ms after it was due: some round trips
    expect(codes({ connects: [500, 900] })).toEqual([]); // no queue that grows: the latency has not even doubled
    expect(codes({ connects: [2, 4.9] })).toEqual([]); // 2.9 ms longer after 50 ms: 6 % below the rate asked for
    expect(doubts({ lateDials: 90_000 })).toMatchObject([
      {
        metric: 'connect.connack',
        phase: 'connect',
        message: 'more than 1.00 % of the connects were begun more than 5.00 ms after they were due (P99 90.0 ms)',
      },
    ]);
  });

  it('are raised for connecting and for traffic apart: a search for a rate leaves out those of connecting only', () => {
    const found = doubts({ busyConnecting: 0.99, busyInTraffic: 0.95, loopConnecting: 90_000, loopInTraffic: 30_000 });
    expect(found.map(({ code, phase }) => [code, phase])).toEqual([
      ['loop-delay', 'connect'],
      ['loop-delay', undefined],
      ['generator-bound', 'connect'],
      ['generator-bound', undefined],
    ]);
  });
});
