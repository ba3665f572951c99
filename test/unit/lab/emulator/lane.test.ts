import { describe, expect, test } from 'vitest';
import type { Impairment } from '../../../../src/lab/contract.js';
import { fc } from '../../../helpers/properties.js';
import { drive, steady } from './link.js';

const share = fc.double({ min: 0, max: 1, noNaN: true });
const anyImpairment: fc.Arbitrary<Impairment> = fc.record(
  {
    delayMicros: fc.integer({ min: 1, max: 200_000 }),
    jitterMicros: fc.integer({ min: 0, max: 50_000 }),
    jitterDistribution: fc.constantFrom('uniform' as const, 'normal' as const, 'pareto' as const),
    jitterCorrelation: fc.constantFrom(0, 0.25, 0.9),
    loss: share,
    gilbertElliott: fc.record({ p: share, r: share, oneMinusH: share, oneMinusK: share }),
    reorder: share,
    reorderGap: fc.integer({ min: 1, max: 10 }),
    duplicate: share,
    corrupt: share,
    rateBits: fc.integer({ min: 10_000, max: 1_000_000_000 }),
    queuePackets: fc.integer({ min: 1, max: 500 }),
    queueMicros: fc.integer({ min: 1000, max: 1_000_000 }),
    slot: fc.record(
      {
        waitMicros: fc.integer({ min: 0, max: 50_000 }),
        jitterMicros: fc.integer({ min: 0, max: 50_000 }),
        distribution: fc.constantFrom('uniform' as const, 'normal' as const, 'pareto' as const),
        packets: fc.integer({ min: 1, max: 20 }),
        bytes: fc.integer({ min: 1, max: 5000 }),
      },
      { requiredKeys: ['waitMicros'] },
    ),
  },
  { requiredKeys: ['delayMicros'] },
);

describe('whatever a link does to packets', () => {
  test('every packet that came in is accounted for, and all memory is free at the end', () => {
    fc.assert(
      fc.property(anyImpairment, fc.integer(), fc.integer({ min: 1, max: 2000 }), (settings, seed, interval) => {
        const { lane, deliveries } = drive(settings, steady(300, interval), { seed, slots: 200 });
        const c = lane.counters;
        expect(c.packetsIn).toBe(300);
        expect(c.packetsOut).toBe(deliveries.length);
        expect(c.packetsIn + c.packetsDuplicated).toBe(c.packetsOut + c.packetsLost + c.packetsOverflowed);
        for (let free = 0; free < lane.slots.count; free++) expect(lane.slots.take()).toBeGreaterThanOrEqual(0);
        expect(lane.nextDue()).toBe(Number.POSITIVE_INFINITY);
      }),
      { numRuns: 200 },
    );
  });

  test('the same seed and the same packets give the same fates at the same times', () => {
    fc.assert(
      fc.property(anyImpairment, fc.integer(), (settings, seed) => {
        const once = drive(settings, steady(200, 500), { seed }).deliveries;
        expect(drive(settings, steady(200, 500), { seed }).deliveries).toEqual(once);
      }),
      { numRuns: 50 },
    );
  });

  test('nothing arrives before it was sent', () => {
    fc.assert(
      fc.property(anyImpairment, fc.integer(), (settings, seed) => {
        for (const { sentAt, at } of drive(settings, steady(200, 500), { seed }).deliveries) {
          expect(at).toBeGreaterThanOrEqual(sentAt);
        }
      }),
      { numRuns: 50 },
    );
  });
});

describe('delay', () => {
  test('a constant delay keeps order and is exact', () => {
    const { deliveries } = drive({ delayMicros: 15_000 }, steady(1000, 50));
    expect(deliveries).toEqual(steady(1000, 50).map(({ at }, id) => ({ id, sentAt: at, at: at + 15_000 })));
  });

  test('an empty profile is a perfect link', () => {
    const { deliveries } = drive({}, steady(100, 10));
    expect(deliveries).toEqual(steady(100, 10).map(({ at }, id) => ({ id, sentAt: at, at })));
  });

  test.each([
    ['uniform', 1 / Math.sqrt(3)],
    ['normal', 1],
  ] as const)('%s jitter has the mean delay and its standard deviation', (jitterDistribution, deviation) => {
    const settings = { delayMicros: 100_000, jitterMicros: 10_000, jitterDistribution };
    const delays = drive(settings, steady(20_000, 300_000)).deliveries.map(({ id, at }) => at - id * 300_000);
    const mean = delays.reduce((sum, x) => sum + x, 0) / delays.length;
    const sd = Math.sqrt(delays.reduce((sum, x) => sum + (x - mean) ** 2, 0) / delays.length);
    // 20,000 samples: the mean's standard error is sd / 141, the deviation's about sd / 200.
    expect(mean).toBeGreaterThan(99_600);
    expect(mean).toBeLessThan(100_400);
    expect(sd / (10_000 * deviation)).toBeGreaterThan(0.97);
    expect(sd / (10_000 * deviation)).toBeLessThan(1.03);
  });

  test('correlated jitter makes neighbours alike and keeps the deviation', () => {
    const settings = {
      ...{ delayMicros: 100_000, jitterMicros: 10_000, jitterDistribution: 'normal' as const },
      jitterCorrelation: 0.8,
    };
    const x = drive(settings, steady(20_000, 300_000)).deliveries.map(({ id, at }) => at - id * 300_000 - 100_000);
    const variance = x.reduce((sum, v) => sum + v * v, 0) / x.length;
    const covariance = x.slice(1).reduce((sum, v, i) => sum + v * x[i]!, 0) / (x.length - 1);
    expect(covariance / variance).toBeGreaterThan(0.77);
    expect(covariance / variance).toBeLessThan(0.83);
    expect(Math.sqrt(variance)).toBeGreaterThan(9000);
    expect(Math.sqrt(variance)).toBeLessThan(11_000);
  });
});

describe('loss', () => {
  test.each([0.01, 0.1, 0.5])('random loss of %d loses that share', (loss) => {
    const { lane } = drive({ loss }, steady(50_000, 10));
    const expected = 50_000 * loss;
    // Five standard deviations of a binomial.
    const slack = 5 * Math.sqrt(50_000 * loss * (1 - loss));
    expect(Math.abs(lane.counters.packetsLost - expected)).toBeLessThan(slack);
  });

  test('loss 0 loses nothing, loss 1 everything', () => {
    expect(drive({ loss: 0 }, steady(1000, 10)).lane.counters.packetsLost).toBe(0);
    expect(drive({ loss: 1 }, steady(1000, 10)).lane.counters.packetsLost).toBe(1000);
  });

  test('correlated loss comes in bursts and keeps its share', () => {
    const { deliveries, lane } = drive({ loss: 0.1, lossCorrelation: 0.5 }, steady(50_000, 10));
    expect(lane.counters.packetsLost / 50_000).toBeGreaterThan(0.09);
    expect(lane.counters.packetsLost / 50_000).toBeLessThan(0.11);
    expect(meanBurst(deliveries, 50_000)).toBeGreaterThan(1.3); // independent losses: 1 / 0.9 = 1.11
  });

  test('Gilbert-Elliott has the share p/(p+r) and bursts of mean length 1/r', () => {
    const gilbertElliott = { p: 0.02, r: 0.25, oneMinusH: 1, oneMinusK: 0 };
    const { deliveries, lane } = drive({ gilbertElliott }, steady(100_000, 10));
    expect(lane.counters.packetsLost / 100_000).toBeGreaterThan(0.068);
    expect(lane.counters.packetsLost / 100_000).toBeLessThan(0.08); // 0.0741
    const burst = meanBurst(deliveries, 100_000);
    expect(burst).toBeGreaterThan(3.7);
    expect(burst).toBeLessThan(4.3);
  });
});

function meanBurst(deliveries: readonly { id: number }[], count: number): number {
  const arrived = new Set(deliveries.map(({ id }) => id));
  let bursts = 0;
  let lost = 0;
  for (let id = 0; id < count; id++) {
    if (arrived.has(id)) continue;
    lost++;
    if (id === 0 || arrived.has(id - 1)) bursts++;
  }
  return lost / bursts;
}

describe('rate', () => {
  test('packets leave at the rate, one after the other', () => {
    // 1000 bytes at 8 Mbit/s: one per millisecond.
    const { deliveries } = drive({ rateBits: 8e6 }, steady(50, 0, 1000));
    expect(deliveries.map(({ at }) => at)).toEqual(steady(50, 1000).map(({ at }) => at + 1000));
  });

  test('an idle line does not save up capacity', () => {
    const { deliveries } = drive({ rateBits: 8e6 }, [
      { at: 0, length: 1000 },
      { at: 50_000, length: 1000 },
      { at: 50_000, length: 1000 },
    ]);
    expect(deliveries.map(({ at }) => at)).toEqual([1000, 51_000, 52_000]);
  });

  test('a full queue drops the newcomers and counts them', () => {
    const { lane, deliveries } = drive({ rateBits: 8e6, queuePackets: 10 }, steady(50, 0, 1000));
    expect(deliveries.map(({ id }) => id)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(lane.counters.packetsOverflowed).toBe(40);
  });

  test('a queue limited in time drops what would wait longer', () => {
    const { deliveries } = drive({ rateBits: 8e6, queueMicros: 5000 }, steady(50, 0, 1000));
    expect(deliveries.map(({ id }) => id)).toEqual([0, 1, 2, 3, 4, 5]);
  });

  test('the distance comes after the bottleneck', () => {
    const { deliveries } = drive({ rateBits: 8e6, delayMicros: 20_000 }, steady(3, 0, 1000));
    expect(deliveries.map(({ at }) => at)).toEqual([21_000, 22_000, 23_000]);
  });
});

describe('groups', () => {
  const leaveAt = (settings: Impairment, sends: Parameters<typeof drive>[1]): number[] =>
    drive(settings, sends).deliveries.map(({ at }) => at / 1000);

  test('whoever finds no turn to send waits for the next, and what has come by then leaves with it, in order', () => {
    const { deliveries } = drive({ slot: { waitMicros: 20_000 } }, steady(10, 5000));
    expect(deliveries.map(({ at }) => at / 1000)).toEqual([20, 20, 20, 20, 20, 45, 45, 45, 45, 45]);
    expect(deliveries.map(({ id }) => id)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  test('a turn lets out so many packets, or the packet that exceeds so many bytes and no more', () => {
    const sends = steady(5, 0, 1000);
    expect(leaveAt({ slot: { waitMicros: 10_000, packets: 2 } }, sends)).toEqual([10, 10, 20, 20, 30]);
    expect(leaveAt({ slot: { waitMicros: 10_000, bytes: 1500 } }, sends)).toEqual([10, 10, 20, 20, 30]);
    expect(leaveAt({ slot: { waitMicros: 10_000, packets: 3, bytes: 2000 } }, sends)).toEqual([10, 10, 20, 20, 30]);
    expect(leaveAt({ slot: { waitMicros: 10_000, packets: 1, bytes: 5000 } }, sends)).toEqual([10, 20, 30, 40, 50]);
  });

  test('after a turn that was used up the next is waited for at once, whether anybody is there or not', () => {
    const sends = [{ at: 0 }, { at: 15_000 }, { at: 40_000 }];
    // The second comes while the next turn is waited for, the third after a turn that nobody used.
    expect(leaveAt({ slot: { waitMicros: 10_000, packets: 1 } }, sends)).toEqual([10, 20, 50]);
  });

  test('with a delay the wait begins whenever a packet comes or leaves while the next one is under way, as in the kernel', () => {
    const settings = { delayMicros: 40_000, slot: { waitMicros: 20_000 } };
    expect(leaveAt(settings, [{ at: 0 }])).toEqual([60]);
    expect(leaveAt(settings, [{ at: 0 }, { at: 30_000 }])).toEqual([50, 70]);
    // In dense traffic there is a turn every 20 ms.
    const turns = new Set(leaveAt(settings, steady(200, 1000)));
    const apart = [...turns].map((at, i, all) => at - (all[i - 1] ?? at));
    expect(apart.slice(1, -1).every((each) => each === 20)).toBe(true);
  });

  test('the rate comes before: what has not left the line is not due', () => {
    // 1000 bytes a millisecond: packets are due at 1, 2, 3, 4, 5 ms, and the first turn is waited for from 0.
    expect(leaveAt({ rateBits: 8e6, slot: { waitMicros: 3000 } }, steady(5, 0, 1000))).toEqual([3, 3, 3, 6, 6]);
  });

  test('a wait from MIN to MAX is drawn uniformly, one with a distribution from that', () => {
    const waits = (slot: NonNullable<Impairment['slot']>): number[] =>
      drive({ slot }, steady(20_000, 300_000)).deliveries.map(({ id, at }) => at - id * 300_000);
    const mean = (values: number[]): number => values.reduce((sum, x) => sum + x, 0) / values.length;
    const uniform = waits({ waitMicros: 20_000, jitterMicros: 10_000 });
    expect(Math.min(...uniform)).toBeGreaterThanOrEqual(10_000);
    expect(Math.max(...uniform)).toBeLessThanOrEqual(30_000);
    expect(mean(uniform)).toBeCloseTo(20_000, -3); // within 500: the standard error is 41
    const normal = waits({ waitMicros: 50_000, jitterMicros: 5000, distribution: 'normal' });
    expect(mean(normal)).toBeCloseTo(50_000, -3);
    const deviation = Math.sqrt(mean(normal.map((x) => (x - 50_000) ** 2)));
    expect(deviation / 5000).toBeGreaterThan(0.97);
    expect(deviation / 5000).toBeLessThan(1.03);
  });

  test('who waits for a turn waits in the queue that has a limit', () => {
    const { lane } = drive({ slot: { waitMicros: 10_000 }, queuePackets: 3 }, steady(5, 0));
    expect(lane.counters).toMatchObject({ packetsOut: 3, packetsOverflowed: 2 });
  });
});

describe('reordering', () => {
  test('every gap-th packet overtakes when the share is all', () => {
    const { deliveries } = drive({ delayMicros: 10_000, reorder: 1, reorderGap: 5 }, steady(10, 100));
    expect(deliveries.slice(0, 2)).toEqual([
      { id: 4, sentAt: 400, at: 400 },
      { id: 9, sentAt: 900, at: 900 },
    ]);
  });

  test('the share asked for overtakes', () => {
    const { lane } = drive({ delayMicros: 10_000, reorder: 0.2 }, steady(20_000, 100));
    expect(lane.counters.packetsReordered / 20_000).toBeGreaterThan(0.185);
    expect(lane.counters.packetsReordered / 20_000).toBeLessThan(0.215);
  });
});

describe('alterations', () => {
  test('a duplicate is a packet more, beside the first', () => {
    const { deliveries, lane } = drive({ duplicate: 1 }, steady(3, 100));
    expect(deliveries.map(({ id }) => id)).toEqual([0, 0, 1, 1, 2, 2]);
    expect(lane.counters.packetsDuplicated).toBe(3);
  });

  test('corruption flips one bit and leaves the IP header alone', () => {
    const { lane, deliveries } = drive({ corrupt: 1 }, steady(500, 100, 60));
    expect(lane.counters.packetsCorrupted).toBe(500);
    expect(deliveries).toHaveLength(500);
    // Of 40 bytes behind the header the first four are the number: about a tenth of the numbers are wrong.
    const flipped = deliveries
      .map(({ id }, i) => ((id ^ i) >>> 0).toString(2).replaceAll('0', '').length)
      .filter(Boolean);
    expect(flipped.length).toBeGreaterThan(20);
    expect(flipped.length).toBeLessThan(90);
    expect(new Set(flipped)).toEqual(new Set([1]));
  });
});

describe('a link without memory left', () => {
  test('drops and counts what does not fit', () => {
    const { lane, deliveries } = drive({ delayMicros: 1e6 }, steady(100, 1), { slots: 64 });
    expect(deliveries).toHaveLength(64);
    expect(lane.counters.packetsOverflowed).toBe(36);
  });
});
