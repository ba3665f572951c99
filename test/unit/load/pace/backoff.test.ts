import { describe, expect, it } from 'vitest';
import { Random } from '../../../../src/base/random.js';
import { backoffMicros } from '../../../../src/load/pace/backoff.js';

describe('wait before a retry', () => {
  const policy = { firstMicros: 200_000, maxMicros: 3_000_000 };

  it('doubles from the first wait to the maximum, of which the upper half is random', () => {
    const random = new Random(1);
    for (const [attempt, full] of [200_000, 400_000, 800_000, 1_600_000, 3_000_000, 3_000_000].entries()) {
      const waits = Array.from({ length: 200 }, () => backoffMicros(policy, attempt, random));
      expect(Math.min(...waits)).toBeGreaterThanOrEqual(full / 2);
      expect(Math.max(...waits)).toBeLessThan(full);
      expect(Math.max(...waits) - Math.min(...waits)).toBeGreaterThan(full * 0.4);
    }
  });

  it('is the same for the same seed, and does not overflow after many tries', () => {
    const waits = (seed: number) => {
      const random = new Random(seed);
      return Array.from({ length: 5 }, (_, attempt) => backoffMicros(policy, attempt, random));
    };
    expect(waits(7)).toEqual(waits(7));
    expect(waits(7)).not.toEqual(waits(8));
    expect(backoffMicros(policy, 5_000, new Random(1))).toBeLessThanOrEqual(policy.maxMicros);
  });
});
