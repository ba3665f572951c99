import { normalCdf } from '../../base/numbers/normal.js';

/** What the Mann-Whitney U test says about two groups of repeats. */
export interface RankTest {
  /** Pairs in which head is above base; ties count half. In [0, n·m]. */
  readonly u: number;
  /** Two-sided probability of a U at least this far from its mean, were both groups the same. */
  readonly p: number;
  /** The smallest p that any order of these very values could have had. Above 0.05: the test cannot find anything. */
  readonly smallestP: number;
  readonly method: 'exact' | 'normal';
}

/** Up to this many values together the distribution is counted out; its counts stay below 2^53. */
const exactLimit = 50;

/**
 * Mann-Whitney U test, two-sided. Exact for up to 50 values, with ties: the distribution
 * of the rank sum is counted over all ways to choose the head's ranks among the pooled
 * midranks. Beyond that the normal approximation with corrections for ties and continuity
 * (Lehmann, Nonparametrics, section 1.4).
 */
export function rankTest(base: readonly number[], head: readonly number[]): RankTest {
  const ranks = doubledMidranks([...base, ...head]);
  const headSum = ranks.slice(base.length).reduce((sum, rank) => sum + rank, 0);
  const u = headSum / 2 - (head.length * (head.length + 1)) / 2;
  if (base.length === 0 || head.length === 0) return { u, p: 1, smallestP: 1, method: 'exact' };
  if (ranks.length <= exactLimit) return { u, ...exact(ranks, head.length, headSum), method: 'exact' };
  return { u, ...approximate(ranks, base.length, head.length, u), method: 'normal' };
}

/** Twice the midrank of every value, which is an integer also with ties. */
function doubledMidranks(values: readonly number[]): number[] {
  const order = values.map((_, index) => index).sort((a, b) => (values[a] as number) - (values[b] as number));
  const ranks = new Array<number>(values.length);
  for (let from = 0; from < order.length; ) {
    let to = from;
    while (to + 1 < order.length && values[order[to + 1] as number] === values[order[from] as number]) to++;
    for (let i = from; i <= to; i++) ranks[order[i] as number] = from + 1 + (to + 1);
    from = to + 1;
  }
  return ranks;
}

function exact(ranks: readonly number[], chosen: number, observed: number): { p: number; smallestP: number } {
  const ways = waysOf(ranks, chosen);
  const mean = (chosen * ranks.reduce((sum, rank) => sum + rank, 0)) / ranks.length;
  let total = 0;
  let asFar = 0;
  let farthest = 0;
  let farthestWays = 0;
  for (let sum = 0; sum < ways.length; sum++) {
    const count = ways[sum] as number;
    if (count === 0) continue;
    const distance = Math.abs(sum - mean);
    total += count;
    if (distance >= Math.abs(observed - mean) - 1e-9) asFar += count;
    if (distance > farthest + 1e-9) {
      farthest = distance;
      farthestWays = count;
    } else if (distance >= farthest - 1e-9) farthestWays += count;
  }
  return { p: asFar / total, smallestP: farthestWays / total };
}

/** Without ties there is one distribution per size, and a comparison asks for it a hundred times. */
let lastWays: { readonly key: string; readonly ways: Float64Array } | undefined;

function waysOf(ranks: readonly number[], chosen: number): Float64Array {
  const key = `${chosen} ${[...ranks].sort((a, b) => a - b).join(' ')}`;
  if (lastWays?.key !== key) lastWays = { key, ways: countSums(ranks, chosen) };
  return lastWays.ways;
}

/** For each sum, in how many ways `chosen` of the ranks add up to it. */
function countSums(ranks: readonly number[], chosen: number): Float64Array {
  const size =
    [...ranks]
      .sort((a, b) => b - a)
      .slice(0, chosen)
      .reduce((sum, rank) => sum + rank, 0) + 1;
  const ways = Array.from({ length: chosen + 1 }, () => new Float64Array(size));
  (ways[0] as Float64Array)[0] = 1;
  ranks.forEach((rank, index) => {
    for (let taken = Math.min(chosen, index + 1); taken >= 1; taken--) {
      const fewer = ways[taken - 1] as Float64Array;
      const these = ways[taken] as Float64Array;
      for (let sum = size - 1; sum >= rank; sum--) these[sum] = (these[sum] as number) + (fewer[sum - rank] as number);
    }
  });
  return ways[chosen] as Float64Array;
}

function approximate(ranks: readonly number[], n: number, m: number, u: number): { p: number; smallestP: number } {
  const size = n + m;
  const tied = new Map<number, number>();
  for (const rank of ranks) tied.set(rank, (tied.get(rank) ?? 0) + 1);
  let ties = 0;
  for (const count of tied.values()) ties += count ** 3 - count;
  const deviation = Math.sqrt(((n * m) / 12) * (size + 1 - ties / (size * (size - 1))));
  if (deviation === 0) return { p: 1, smallestP: 1 };
  const twoSided = (distance: number) => Math.min(1, 2 * (1 - normalCdf(Math.max(0, distance - 0.5) / deviation)));
  return { p: twoSided(Math.abs(u - (n * m) / 2)), smallestP: twoSided((n * m) / 2) };
}

/** The smallest two-sided p that n against n repeats without ties can have: 2 / C(2n, n). */
export function smallestPossibleP(n: number): number {
  let choices = 1;
  for (let i = 1; i <= n; i++) choices = (choices * (n + i)) / i;
  return Math.min(1, 2 / choices);
}
