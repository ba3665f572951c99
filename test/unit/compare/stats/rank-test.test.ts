import { describe, expect, it } from 'vitest';
import { normalCdf, normalQuantile } from '../../../../src/base/numbers/normal.js';
import { holm } from '../../../../src/compare/stats/family.js';
import { studentQuantile } from '../../../../src/compare/stats/probability.js';
import { rankTest, smallestPossibleP } from '../../../../src/compare/stats/rank-test.js';
import { fc } from '../../../helpers/properties.js';

/** The definition, without cleverness: every way to deal the pooled values to two sides. */
function byEnumeration(base: readonly number[], head: readonly number[]): number {
  const pooled = [...base, ...head];
  const rank = (value: number) =>
    pooled.filter((other) => other < value).length + (pooled.filter((other) => other === value).length + 1) / 2;
  const ranks = pooled.map(rank);
  const mean = (ranks.reduce((a, b) => a + b, 0) / pooled.length) * head.length;
  const observed = ranks.slice(base.length).reduce((a, b) => a + b, 0);
  let all = 0;
  let asFar = 0;
  for (let mask = 0; mask < 2 ** pooled.length; mask++) {
    const chosen = ranks.filter((_, index) => (mask >> index) & 1);
    if (chosen.length !== head.length) continue;
    all++;
    if (Math.abs(chosen.reduce((a, b) => a + b, 0) - mean) >= Math.abs(observed - mean) - 1e-9) asFar++;
  }
  return asFar / all;
}

describe('rank test', () => {
  it('agrees with counting every deal of the values, with ties and without', () => {
    const group = fc.array(fc.integer({ min: 0, max: 6 }), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(group, group, (base, head) => {
        expect(rankTest(base, head).p).toBeCloseTo(byEnumeration(base, head), 10);
      }),
      { numRuns: 200, seed: 7 },
    );
  });

  it('gives the table values for a perfect separation', () => {
    expect(rankTest([1, 2, 3], [4, 5, 6]).p).toBeCloseTo(0.1, 12);
    expect(rankTest([1, 2, 3, 4, 5], [6, 7, 8, 9, 10]).p).toBeCloseTo(2 / 252, 12);
    expect(rankTest([1, 2, 3, 4, 5], [6, 7, 8, 9, 10])).toMatchObject({ u: 25, method: 'exact' });
    expect(smallestPossibleP(10)).toBeCloseTo(2 / 184756, 12);
  });

  it('knows that values which are all equal can never show anything', () => {
    expect(rankTest([5, 5, 5, 5, 5], [5, 5, 5, 5, 5])).toMatchObject({ p: 1, smallestP: 1 });
  });

  it('reports the smallest p that any order of these values could have', () => {
    const { p, smallestP } = rankTest([1, 3, 5, 7], [2, 4, 6, 8]);
    expect(smallestP).toBeCloseTo(2 / 70, 12);
    expect(p).toBeGreaterThan(smallestP);
  });

  it('passes smoothly from the exact to the approximate test at 50 values', () => {
    const low = Array.from({ length: 25 }, (_, i) => i * 2);
    const high = Array.from({ length: 25 }, (_, i) => i * 2 + 15);
    const exact = rankTest(low, high);
    const normal = rankTest([...low, 24], [...high, 39]);
    expect([exact.method, normal.method]).toEqual(['exact', 'normal']);
    expect(Math.log10(normal.p / exact.p)).toBeGreaterThan(-0.5);
    expect(Math.log10(normal.p / exact.p)).toBeLessThan(0.5);
  });
});

describe('probability', () => {
  it('matches published quantiles', () => {
    expect(normalCdf(1.959964)).toBeCloseTo(0.975, 7);
    expect(normalCdf(-5)).toBeCloseTo(2.866515719e-7, 12);
    expect(normalQuantile(0.975)).toBeCloseTo(1.959964, 5);
    for (const share of [1e-9, 1e-4, 0.02, 0.3, 0.5, 0.8, 0.99, 0.99999])
      expect(normalCdf(normalQuantile(share)) / share).toBeCloseTo(1, 10 - Math.min(5, -Math.log10(share) / 2));
    // Student's t, two-sided 95 %
    const table: Record<number, number> = { 1: 12.706, 2: 4.303, 3: 3.182, 4: 2.776, 9: 2.262, 10: 2.228, 30: 2.042 };
    for (const [degrees, t] of Object.entries(table)) expect(studentQuantile(0.95, Number(degrees))).toBeCloseTo(t, 3);
  });
});

describe('correction for many tests', () => {
  it('is Holm’s: the smallest p times the number of tests, then one fewer', () => {
    const tests = [0.01, 0.04, 0.03, 0.005].map((p) => ({ p, smallestP: 0.001 }));
    expect(holm(tests, 0.05)).toEqual({ size: 4, adjusted: [0.03, 0.06, 0.06, 0.02] });
  });

  it('does not count tests that could not have found anything', () => {
    const tests = [
      { p: 0.02, smallestP: 0.001 },
      { p: 1, smallestP: 1 },
      { p: 1, smallestP: 1 },
    ];
    expect(holm(tests, 0.05)).toEqual({ size: 1, adjusted: [0.02, 1, 1] });
  });
});
