import { normalCdf } from '../../base/normal.js';
import type { Random } from '../../base/random.js';
import { mean, median, quantileOfSorted, studentQuantile } from './probability.js';

/** An estimate with the interval that covers the truth in about 95 of 100 cases. */
export interface Interval {
  readonly estimate: number;
  readonly low: number;
  readonly high: number;
}

/** The difference of two groups of repeats. */
export interface Difference {
  /** head − base, in the metric's unit. */
  readonly shift: Interval;
  /** The same as a share of the base's median: 0.2 is 20 % more. Undefined when that median is 0. */
  readonly relative: Interval | undefined;
}

/**
 * The Hodges-Lehmann estimate: the median of all differences head − base. It is the shift
 * that belongs to the rank test, and one wild repeat does not move it.
 */
export function typicalShift(base: ArrayLike<number>, head: ArrayLike<number>): number {
  const differences = new Float64Array(base.length * head.length);
  let at = 0;
  for (let i = 0; i < base.length; i++) {
    for (let j = 0; j < head.length; j++) differences[at++] = (head[j] as number) - (base[i] as number);
  }
  return median(differences);
}

/** The median of all means of two differences, each with itself included: the shift that belongs to paired rounds. */
export function typicalOfRounds(base: ArrayLike<number>, head: ArrayLike<number>): number {
  const means = new Float64Array((base.length * (base.length + 1)) / 2);
  const difference = (i: number) => (head[i] as number) - (base[i] as number);
  let at = 0;
  for (let i = 0; i < base.length; i++) {
    for (let j = i; j < base.length; j++) means[at++] = (difference(i) + difference(j)) / 2;
  }
  return median(means);
}

/** Head's share of repeats that have something, minus base's. */
export function shareShift(base: ArrayLike<number>, head: ArrayLike<number>): number {
  return mean(Array.from(head)) - mean(Array.from(base));
}

/** How a difference is estimated, and whether repeats of the two sides belong together by their place. */
export interface Estimator {
  readonly shift: (base: ArrayLike<number>, head: ArrayLike<number>) => number;
  readonly paired: boolean;
}

/**
 * Bootstrap over repeats: each side is drawn again with replacement, and nothing is assumed
 * about its shape; rounds that belong together are drawn together. Percentile intervals of few repeats come out too
 * narrow; they are widened as if by Student's t (Hesterberg 2015, The American Statistician 69,
 * "expanded percentile interval"): the tail is Φ(−√(n/(n−1))·t) instead of 2.5 %.
 * @returns undefined with fewer than 2 repeats on a side: they say nothing about their spread
 */
export function bootstrapDifference(
  base: readonly number[],
  head: readonly number[],
  random: Random,
  resamples = 1000,
  { shift, paired }: Estimator = { shift: typicalShift, paired: false },
): Difference | undefined {
  const fewest = Math.min(base.length, head.length);
  if (fewest < 2) return undefined;
  if ([...base, ...head].every((value) => value === base[0])) return none(base[0] as number);
  const shifts = new Float64Array(resamples);
  const ratios = new Float64Array(resamples);
  const baseDraw = new Float64Array(base.length);
  const headDraw = new Float64Array(head.length);
  for (let i = 0; i < resamples; i++) {
    for (let k = 0; k < base.length; k++) {
      const from = random.below(base.length);
      baseDraw[k] = base[from] as number;
      if (paired) headDraw[k] = head[from] as number;
    }
    if (!paired) for (let k = 0; k < head.length; k++) headDraw[k] = head[random.below(head.length)] as number;
    shifts[i] = shift(baseDraw, headDraw);
    ratios[i] = (shifts[i] as number) / Math.abs(median(baseDraw));
  }
  const degrees = fewest - 1;
  const tail = normalCdf(-Math.sqrt(fewest / degrees) * studentQuantile(0.95, degrees));
  const estimate = shift(base, head);
  const middle = Math.abs(median(base));
  return {
    shift: interval(shifts, tail, estimate),
    relative: middle === 0 || !ratios.every(Number.isFinite) ? undefined : interval(ratios, tail, estimate / middle),
  };
}

/** Counters that never move are most of a comparison; every resample of them is the same. */
function none(value: number): Difference {
  const zero = { estimate: 0, low: 0, high: 0 };
  return { shift: zero, relative: value === 0 ? undefined : zero };
}

function interval(samples: Float64Array, tail: number, estimate: number): Interval {
  samples.sort();
  const low = quantileOfSorted(samples, tail);
  const high = quantileOfSorted(samples, 1 - tail);
  return { estimate, low: Math.min(low, estimate), high: Math.max(high, estimate) };
}
