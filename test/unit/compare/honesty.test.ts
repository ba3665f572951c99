import { describe, expect, it } from 'vitest';
import { Random } from '../../../src/base/random.js';
import { bootstrapDifference } from '../../../src/compare/bootstrap.js';
import { compareResults } from '../../../src/compare/compare.js';
import { type BuildOptions, buildResult, normal } from '../../helpers/result-builder.js';

/** Compares two fabricated results `times` times. @returns the share in which the gate would have closed */
function alarms(times: number, common: BuildOptions, head: BuildOptions = {}, firstSeed = 1): number {
  let found = 0;
  for (let i = 0; i < times; i++) {
    const seed = firstSeed + 2 * i;
    const base = buildResult({ ...common, numbersOnly: true, seed });
    const other = buildResult({ ...common, ...head, numbersOnly: true, seed: seed + 1 });
    const { outcome } = compareResults([base], [other], { resamples: 20 });
    if (outcome === 'regression') found++;
  }
  return found / times;
}

// Each comparison has 6 cells of 18 numbers; of these 80 or so vary and share the 5 %.
describe('honesty of a whole comparison', () => {
  it('raises a false alarm in at most 5 % of A/A comparisons with 10 repeats', () => {
    expect(alarms(200, { repeats: 10, noise: 0.05 })).toBeLessThanOrEqual(0.05);
  }, 120_000);

  it('keeps that promise when the machine is so noisy that the margin does not help', () => {
    expect(alarms(150, { repeats: 10, noise: 0.3 }, {}, 10_000)).toBeLessThanOrEqual(0.05);
  }, 120_000);

  it('never raises one with 3 repeats, which cannot show anything', () => {
    expect(alarms(50, { repeats: 3, noise: 0.3 }, {}, 20_000)).toBe(0);
  }, 60_000);

  it('finds a broker that became 20 % slower in at least 95 % of cases with 10 repeats', () => {
    expect(alarms(100, { repeats: 10, noise: 0.05 }, { slower: 1.2 }, 30_000)).toBeGreaterThanOrEqual(0.95);
  }, 120_000);

  it('does not call a sure difference of 2 % a regression: it is within the margin', () => {
    expect(alarms(50, { repeats: 10, noise: 0.002 }, { slower: 1.02 }, 40_000)).toBe(0);
  }, 60_000);
});

describe('bootstrap interval', () => {
  it.each([3, 5, 10])(
    'covers the true shift in about 95 of 100 cases with %i repeats',
    (repeats) => {
      const random = new Random(repeats);
      let covered = 0;
      const times = 400;
      for (let i = 0; i < times; i++) {
        const base = Array.from({ length: repeats }, () => 100 + 5 * normal(random));
        const head = Array.from({ length: repeats }, () => 120 + 5 * normal(random));
        const shift = bootstrapDifference(base, head, random, 300)?.shift;
        if (shift && shift.low <= 20 && 20 <= shift.high) covered++;
      }
      // Three standard deviations of 400 draws are 3.3 %; with 3 repeats the bootstrap knows only 27 draws.
      expect(covered / times).toBeGreaterThanOrEqual(repeats === 3 ? 0.86 : 0.91);
    },
    60_000,
  );

  it('is the same for the same seed', () => {
    const once = () => bootstrapDifference([1, 2, 3, 4], [2, 3, 4, 9], new Random(5));
    expect(once()).toEqual(once());
  });
});
