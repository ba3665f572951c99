import { normalCdf } from '../../base/numbers/normal.js';
import type { Random } from '../../base/numbers/random.js';
import { medianOfSums } from './median-of-sums.js';
import { mean, medianOfSorted, quantileOfSorted, studentQuantile } from './probability.js';

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

/** What an estimator sees of two sides, each ascending. */
export interface Sides {
  readonly base: Float64Array;
  readonly head: Float64Array;
  /** head − base of those that belong together; empty where none do. */
  readonly differences: Float64Array;
  /** Near which the shift is thought to lie, if anything is known of it: it decides how long the search for it takes, and nothing else. */
  readonly near?: number;
}

/** Of typicalShift, which a bootstrap asks a thousand times for the same number of repeats. */
let lowered = new Float64Array(0);

/**
 * The Hodges-Lehmann estimate: the median of all differences head − base. It is the shift
 * that belongs to the rank test, and one wild repeat does not move it.
 */
export function typicalShift({ base, head, near }: Sides): number {
  if (lowered.length !== base.length) lowered = new Float64Array(base.length);
  for (let i = 0; i < base.length; i++) lowered[base.length - 1 - i] = -(base[i] as number);
  return medianOfSums(lowered, head, false, near);
}

/** The median of all means of two differences, each with itself included: the shift that belongs to paired rounds. */
export function typicalOfRounds({ differences, near = Number.NaN }: Sides): number {
  return medianOfSums(differences, differences, true, 2 * near) / 2;
}

/** Head's share of repeats that have something, minus base's. */
export function shareShift({ base, head }: Sides): number {
  return mean(Array.from(head)) - mean(Array.from(base));
}

/** How a difference is estimated, and whether repeats of the two sides belong together by their place. */
export interface Estimator {
  readonly shift: (sides: Sides) => number;
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
  const [ofBase, ofHead] = [new Draw(base), new Draw(head)];
  const ofRounds = new Draw(paired ? base.map((value, round) => (head[round] as number) - value) : []);
  const basePlaces = new Uint32Array(base.length);
  const headPlaces = paired ? basePlaces : new Uint32Array(head.length);
  const sidesNow = (near?: number): Sides => ({ base: ofBase.now, head: ofHead.now, differences: ofRounds.now, near });
  const estimate = shift(sidesNow());
  // A resample moves the shift by nearly as much as the difference of the means.
  const offset = estimate - (ofHead.mean - ofBase.mean);
  const middle = Math.abs(medianOfSorted(ofBase.now));
  for (let i = 0; i < resamples; i++) {
    drawPlaces(random, basePlaces);
    ofBase.take(basePlaces);
    if (paired) ofRounds.take(basePlaces);
    else drawPlaces(random, headPlaces);
    ofHead.take(headPlaces);
    shifts[i] = shift(sidesNow(offset + ofHead.mean - ofBase.mean));
    ratios[i] = (shifts[i] as number) / Math.abs(medianOfSorted(ofBase.now));
  }
  const degrees = fewest - 1;
  const tail = normalCdf(-Math.sqrt(fewest / degrees) * studentQuantile(0.95, degrees));
  return {
    shift: interval(shifts, tail, estimate),
    relative: middle === 0 || !ratios.every(Number.isFinite) ? undefined : interval(ratios, tail, estimate / middle),
  };
}

/** As many places as there is room for, each below that number. */
function drawPlaces(random: Random, places: Uint32Array): void {
  for (let drawn = 0; drawn < places.length; drawn++) places[drawn] = random.below(places.length);
}

/** Values, and a draw of as many of them with replacement. */
class Draw {
  /** The values themselves before the first draw; ascending. */
  readonly now: Float64Array;
  /** Of {@link now}. */
  mean: number;
  private readonly sorted: Float64Array;
  /** By the value's place in what was given: its place among the sorted. */
  private readonly rank: Uint32Array;
  private readonly times: Uint32Array;

  constructor(values: readonly number[]) {
    const order = Uint32Array.from(values, (_, i) => i).sort((a, b) => (values[a] as number) - (values[b] as number));
    this.sorted = Float64Array.from(order, (place) => values[place] as number);
    this.now = this.sorted.slice();
    this.mean = mean(values);
    this.rank = new Uint32Array(values.length);
    for (const [rank, place] of order.entries()) this.rank[place] = rank;
    this.times = new Uint32Array(values.length);
  }

  /** Draws anew, what stands at these places. Counting how often each was drawn keeps them sorted. */
  take(places: Uint32Array): void {
    const { times, rank } = this;
    for (let drawn = 0; drawn < places.length; drawn++) times[rank[places[drawn] as number] as number]!++;
    this.settle();
  }

  private settle(): void {
    const { now, times, sorted } = this;
    let at = 0;
    let sum = 0;
    for (let rank = 0; rank < sorted.length; rank++) {
      const value = sorted[rank] as number;
      const drawn = times[rank] as number;
      times[rank] = 0;
      sum += drawn * value;
      for (let left = drawn; left > 0; left--) now[at++] = value;
    }
    this.mean = sum / sorted.length;
  }
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
