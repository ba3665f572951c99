import type { Random } from '../../base/numbers/random.js';
import { median } from './probability.js';

/** What the permutation of rounds says about each of several numbers. */
export interface RoundTest {
  /** How many of the numbers differ in any round; the others cost nothing. */
  readonly size: number;
  /** Two-sided, per number, in the order given. */
  readonly p: readonly number[];
  /** The same, corrected for all numbers together. */
  readonly adjusted: readonly number[];
}

/** Up to so many rounds every way to swap them is counted; beyond, this many are drawn. */
const exactRounds = 12;
const draws = 2047;

/** A difference counts as at most this many times the typical one, so that one wild round hides nothing. */
const wildest = 3;

/**
 * Tests the differences of many numbers over the same rounds. Were both sides the same build, base and head of a round
 * could be swapped, all numbers of the round together: each round's differences change their sign. Every number's
 * statistic is that of the t test of paired differences, |Σd| ÷ √(n·Σd²), which orders as |t| does. Its corrected p is
 * the share of all swaps in which the largest statistic, among the numbers that are not more striking than it, is as
 * large as its own (Westfall and Young 1993, step-down maxT). Whatever depends on what, the chance of even one false
 * alarm stays below alpha, and numbers that move together cost little more than one.
 * @param differences per number one difference per round, head − base; 0 where a side has none
 * @param random draws the swaps when there are more than 12 rounds
 */
export function roundTest(differences: readonly (readonly number[])[], random: Random): RoundTest {
  const rounds = differences[0]?.length ?? 0;
  const scaled = differences.map(normalised);
  const observedOf = (row: Float64Array) => Math.abs(row.reduce((sum, value) => sum + value, 0));
  const observed = scaled.map((row) => (row ? observedOf(row) : 0));
  const order = scaled.flatMap((row, index) => (row ? [index] : []));
  order.sort((a, b) => (observed[b] as number) - (observed[a] as number));
  const p = new Array<number>(differences.length).fill(1);
  const adjusted = new Array<number>(differences.length).fill(1);
  const counts = countSwaps(
    order.map((index) => scaled[index] as Float64Array),
    order.map((index) => observed[index] as number),
    swapsOf(rounds, random),
  );
  let highest = 0;
  order.forEach((index, place) => {
    highest = Math.max(highest, (counts.beyond[place] as number) / counts.swaps);
    p[index] = (counts.alone[place] as number) / counts.swaps;
    adjusted[index] = highest;
  });
  return { size: order.length, p, adjusted };
}

/** Divided by √(n·Σd²), so that the sum over all rounds is the statistic; undefined when nothing differs. */
function normalised(differences: readonly number[]): Float64Array | undefined {
  const typical = median(differences.map(Math.abs));
  const limit = typical > 0 ? wildest * typical : Number.POSITIVE_INFINITY;
  const row = Float64Array.from(differences, (value) => Math.max(-limit, Math.min(limit, value)));
  const scale = Math.sqrt(row.length * row.reduce((sum, value) => sum + value * value, 0));
  return scale > 0 ? row.map((value) => value / scale) : undefined;
}

/**
 * Ways to swap rounds, each as the rounds to swap beside those of the way before it. The first is "none swapped";
 * swapping all is the same as none, two-sided, so the first round stays where all ways are counted. Those follow each
 * other in Gray code, one round at a time.
 */
function* swapsOf(rounds: number, random: Random): Generator<readonly number[]> {
  yield [];
  if (rounds <= exactRounds) {
    for (let way = 1; way < 2 ** Math.max(0, rounds - 1); way++) yield [32 - Math.clz32(way & -way)];
    return;
  }
  for (let drawn = 0; drawn < draws; drawn++) {
    const swapped: number[] = [];
    for (let round = 0; round < rounds; round++) if (random.below(2) === 1) swapped.push(round);
    yield swapped;
  }
}

/** Sums of the same numbers in another order differ in their last digits. */
const rounding = 1e-9;

/** @param rows most striking first */
function countSwaps(
  rows: readonly Float64Array[],
  observed: readonly number[],
  allSwaps: Iterable<readonly number[]>,
): { swaps: number; alone: Float64Array; beyond: Float64Array } {
  const alone = new Float64Array(rows.length);
  const beyond = new Float64Array(rows.length);
  const sums = Float64Array.from(rows, (row) => row.reduce((sum, value) => sum + value, 0));
  // By round: what swapping it takes from every sum. Its sign changes each time.
  const takes = Array.from(rows[0] ?? [], (_, round) => Float64Array.from(rows, (row) => 2 * (row[round] as number)));
  let swaps = 0;
  for (const swapped of allSwaps) {
    swaps++;
    for (const round of swapped) {
      const take = takes[round] as Float64Array;
      for (let place = 0; place < sums.length; place++) {
        sums[place] = (sums[place] as number) - (take[place] as number);
        take[place] = -(take[place] as number);
      }
    }
    let largest = 0;
    for (let place = rows.length - 1; place >= 0; place--) {
      const statistic = Math.abs(sums[place] as number);
      const asked = (observed[place] as number) - rounding;
      if (statistic > largest) largest = statistic;
      if (statistic >= asked) alone[place]!++;
      if (largest >= asked) beyond[place]!++;
    }
  }
  return { swaps, alone, beyond };
}
