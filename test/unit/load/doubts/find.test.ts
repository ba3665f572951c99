import { describe, expect, it } from 'vitest';
import type { Doubt } from '../../../../src/result/types.js';
import { doubtsOf, type Facts } from './facts.js';

const codes = (facts: Facts): string[] => doubtsOf(facts).map(({ code }) => code);

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
    const found = doubtsOf(facts).map(({ phase, window, message }) => ({ phase, window, message }));
    expect(found).toEqual([{ phase: undefined, window: undefined, ...doubt }]);
  });

  it('tell connects that were slower than asked from connects over a bad network', () => {
    expect(doubtsOf({ connects: [190, 950], connectRate: 116 })).toMatchObject([
      {
        code: 'rate-missed',
        metric: 'rate.connect',
        phase: 'connect',
        message:
          'clients were to connect at 1,000/s and did at 116/s: of the earlier half the quickest quarter was up after 190 ms, of the later half after 950 ms',
      },
    ]);
    expect(doubtsOf({ connectRate: 116 })).toMatchObject([
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
    expect(doubtsOf({ lateDials: 90_000 })).toMatchObject([
      {
        metric: 'connect.connack',
        phase: 'connect',
        message: 'more than 1.00 % of the connects were begun more than 5.00 ms after they were due (P99 90.0 ms)',
      },
    ]);
  });

  it('are raised for connecting and for traffic apart: a search for a rate leaves out those of connecting only', () => {
    const found = doubtsOf({
      busyConnecting: 0.99,
      busyInTraffic: 0.95,
      loopConnecting: 90_000,
      loopInTraffic: 30_000,
    });
    expect(found.map(({ code, phase }) => [code, phase])).toEqual([
      ['loop-delay', 'connect'],
      ['loop-delay', undefined],
      ['generator-bound', 'connect'],
      ['generator-bound', undefined],
    ]);
  });
});
