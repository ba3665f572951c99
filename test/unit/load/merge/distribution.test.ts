import { describe, expect, it } from 'vitest';
import { distributionOf } from '../../../../src/load/merge/distribution.js';
import { Histogram } from '../../../../src/metrics/histogram.js';
import { fc } from '../../../helpers/properties.js';

function histogram(samples: readonly (readonly [micros: number, times: number])[]): Histogram {
  const made = new Histogram();
  for (const [micros, times] of samples) made.recordTimes(micros, times);
  return made;
}

describe('a distribution with unfinished operations', () => {
  it('has them among its samples with their age, and says which statistics are lower bounds', () => {
    const { count, outstanding, p95, p99, max, atLeast } = distributionOf(
      histogram([[10_000, 985]]),
      histogram([[4_000_000, 15]]),
    );
    expect([count, outstanding]).toEqual([1_000, 15]);
    expect(p95).toBeCloseTo(10_000, -2);
    expect(p99).toBeGreaterThanOrEqual(4_000_000);
    expect(max).toBe(4_000_000);
    expect(atLeast).toEqual(['mean', 'p99', 'p999', 'max']);
  });

  it('keeps the percentiles exact that a few young ones cannot move', () => {
    const { atLeast } = distributionOf(histogram([[10_000, 99_997]]), histogram([[2_000, 3]]));
    expect(atLeast).toEqual(['min', 'mean', 'max']);
  });

  it('is all lower bounds when nothing was ever finished', () => {
    const { count, outstanding, atLeast } = distributionOf(new Histogram(), histogram([[1_000_000, 5]]));
    expect([count, outstanding]).toEqual([5, 5]);
    expect(atLeast).toEqual(['min', 'mean', 'p50', 'p90', 'p95', 'p99', 'p999', 'max']);
  });

  it('has neither field when everything was finished', () => {
    const made = distributionOf(histogram([[10_000, 10]]), new Histogram());
    expect('outstanding' in made || 'atLeast' in made).toBe(false);
  });

  it('never calls a statistic exact that waiting longer would have moved, whatever was left', () => {
    const samples = fc.array(fc.integer({ min: 0, max: 10_000_000 }), { minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(samples, samples, fc.integer({ min: 0, max: 100_000_000 }), (done, ages, more) => {
        const now = distributionOf(histogram(done.map((v) => [v, 1])), histogram(ages.map((v) => [v, 1])));
        const later = distributionOf(histogram([...done, ...ages.map((age) => age + more)].map((v) => [v, 1])));
        for (const name of ['min', 'mean', 'p50', 'p90', 'p95', 'p99', 'p999', 'max'] as const) {
          expect(later[name]).toBeGreaterThanOrEqual(now[name] * 0.998);
          if (!now.atLeast?.includes(name)) expect(later[name]).toBeLessThanOrEqual(now[name] * 1.004 + 1);
        }
      }),
      { numRuns: 100 },
    );
  });
});
