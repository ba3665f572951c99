import type { Random } from '../base/random.js';
import { median, normalCdf, quantileOfSorted, studentQuantile } from './probability.js';

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

/**
 * Bootstrap over repeats: each side is drawn again with replacement, and nothing is assumed
 * about its shape. Percentile intervals of few repeats come out too
 * narrow; they are widened as if by Student's t (Hesterberg 2015, The American Statistician 69,
 * "expanded percentile interval"): the tail is Φ(−√(n/(n−1))·t) instead of 2.5 %.
 * @returns undefined with fewer than 2 repeats on a side: they say nothing about their spread
 */
export function bootstrapDifference(
  base: readonly number[],
  head: readonly number[],
  random: Random,
  resamples = 1000,
): Difference | undefined {
  const fewest = Math.min(base.length, head.length);
  if (fewest < 2) return undefined;
  if ([...base, ...head].every((value) => value === base[0])) return none(base[0] as number);
  const shifts = new Float64Array(resamples);
  const ratios = new Float64Array(resamples);
  const baseDraw = new Float64Array(base.length);
  const headDraw = new Float64Array(head.length);
  for (let i = 0; i < resamples; i++) {
    draw(base, baseDraw, random);
    draw(head, headDraw, random);
    shifts[i] = typicalShift(baseDraw, headDraw);
    ratios[i] = (shifts[i] as number) / Math.abs(median(baseDraw));
  }
  const degrees = fewest - 1;
  const tail = normalCdf(-Math.sqrt(fewest / degrees) * studentQuantile(0.95, degrees));
  const estimate = typicalShift(base, head);
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

function draw(from: readonly number[], into: Float64Array, random: Random): void {
  for (let i = 0; i < into.length; i++) into[i] = from[random.below(from.length)] as number;
}

function interval(samples: Float64Array, tail: number, estimate: number): Interval {
  samples.sort();
  const low = quantileOfSorted(samples, tail);
  const high = quantileOfSorted(samples, 1 - tail);
  return { estimate, low: Math.min(low, estimate), high: Math.max(high, estimate) };
}
