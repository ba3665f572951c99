import { describe, expect, it } from 'vitest';
import { Random } from '../../../../src/base/numbers/random.js';
import { backoffMicros, retryMicros } from '../../../../src/load/pace/backoff.js';
import type { ReconnectPlan } from '../../../../src/plan/reconnect.js';

const limits = { firstMicros: 200_000, maxMicros: 3_000_000 };
const draws = 2_000;

/** Waits before one try of many clients that had waited so long before. */
function waitsOf(plan: ReconnectPlan, attempt: number, previous = 0): number[] {
  const random = new Random(1);
  return Array.from({ length: draws }, () => backoffMicros(plan, attempt, previous, random));
}

/** Even over [from, to): nothing outside, both ends reached, the mean in the middle and each quarter with its quarter. */
function expectEven(waits: readonly number[], from: number, to: number): void {
  expect(Math.min(...waits)).toBeGreaterThanOrEqual(from);
  expect(Math.max(...waits)).toBeLessThanOrEqual(to);
  for (let quarter = 0; quarter < 4; quarter++) {
    const [low, high] = [quarter, quarter + 1].map((n) => from + ((to - from) * n) / 4) as [number, number];
    const share = waits.filter((wait) => wait >= low && wait < high).length / waits.length;
    expect(share).toBeGreaterThan(0.2);
    expect(share).toBeLessThan(0.3);
  }
}

const doubled = [200_000, 400_000, 800_000, 1_600_000, 3_000_000, 3_000_000];

describe('wait before a retry', () => {
  it.each([{ policy: undefined }, { policy: 'equal-jitter' }] as const)(
    'doubles to the maximum, of which the upper half is random: $policy',
    ({ policy }) => {
      for (const [attempt, full] of doubled.entries())
        expectEven(waitsOf({ ...limits, policy }, attempt), full / 2, full);
    },
  );

  it('doubles to the maximum, all of it random: full-jitter', () => {
    for (const [attempt, full] of doubled.entries())
      expectEven(waitsOf({ ...limits, policy: 'full-jitter' }, attempt), 0, full);
  });

  it('is always the same: fixed', () => {
    for (const attempt of [0, 1, 7, 1_000])
      expect(new Set(waitsOf({ ...limits, policy: 'fixed' }, attempt))).toEqual(new Set([200_000]));
  });

  it('lies between the first wait and three times the one before, whatever the number of the try: decorrelated', () => {
    const plan = { ...limits, policy: 'decorrelated' } as const;
    expectEven(waitsOf(plan, 0), 200_000, 600_000);
    expectEven(waitsOf(plan, 9, 200_000), 200_000, 600_000);
    expectEven(waitsOf(plan, 0, 900_000), 200_000, 2_700_000);
    const capped = waitsOf(plan, 0, 2_800_000); // up to 8.4 s, of which all above 3 s is 3 s
    expect(Math.max(...capped)).toBe(3_000_000);
    const share = capped.filter((wait) => wait === 3_000_000).length / draws;
    expect(share).toBeGreaterThan(0.6); // 5.4 of 8.2
    expect(share).toBeLessThan(0.72);
  });

  it.each(['fixed', 'equal-jitter', 'full-jitter', 'decorrelated'] as const)(
    'is the same for the same seed, and does not overflow after many tries: %s',
    (policy) => {
      const plan = { ...limits, policy };
      const waits = (seed: number) => {
        const random = new Random(seed);
        let previous = 0;
        return Array.from({ length: 2_000 }, (_, attempt) => {
          previous = backoffMicros(plan, attempt, previous, random);
          return previous;
        });
      };
      expect(waits(7)).toEqual(waits(7));
      if (policy !== 'fixed') expect(waits(7)).not.toEqual(waits(8));
      expect(Math.max(...waits(7))).toBeLessThanOrEqual(limits.maxMicros);
    },
  );

  it('ends with the tries that are allowed', () => {
    const plan = { ...limits, policy: 'fixed', tries: 2, connectTries: 1 } as const;
    const wait = (attempt: number, everUp: boolean) =>
      retryMicros(plan, { attempt, previous: 0, everUp }, new Random(1));
    expect([0, 1, 2].map((attempt) => wait(attempt, true))).toEqual([200_000, 200_000, undefined]);
    expect([0, 1].map((attempt) => wait(attempt, false))).toEqual([200_000, undefined]);
    expect(retryMicros(undefined, { attempt: 0, previous: 0, everUp: true }, new Random(1))).toBeUndefined();
  });
});
