import type { Impairment } from '../../lab/contract.js';
import { thresholdOf } from '../../lab/emulator/chance.js';

// How probable a count is, or one still further off, when chance did what it was asked.

/** Probabilities of at most, and of at least, what was counted. */
export interface Tails {
  readonly low: number;
  readonly high: number;
}

/** Exact: of `hit` in `tried` independent draws of probability `share`. */
export function binomialTails(tried: number, hit: number, share: number): Tails {
  if (share <= 0 || share >= 1) {
    const only = share <= 0 ? 0 : tried;
    return { low: hit >= only ? 1 : 0, high: hit <= only ? 1 : 0 };
  }
  return {
    low: hit >= tried ? 1 : regularizedBeta(1 - share, tried - hit, hit + 1),
    high: hit <= 0 ? 1 : regularizedBeta(share, hit, tried - hit + 1),
  };
}

/** The incomplete beta function I_x(a, b), by its continued fraction (Numerical Recipes, 6.4). */
function regularizedBeta(x: number, a: number, b: number): number {
  if (x > (a + 1) / (a + b + 2)) return 1 - regularizedBeta(1 - x, b, a);
  const front = Math.exp(logGamma(a + b) - logGamma(a) - logGamma(b) + a * Math.log(x) + b * Math.log1p(-x)) / a;
  const tiny = 1e-300;
  const away = (value: number): number => (Math.abs(value) < tiny ? tiny : value);
  let c = 1;
  let d = 1 / away(1 - ((a + b) * x) / (a + 1));
  let fraction = d;
  // It takes some square roots of the larger argument.
  for (let m = 1, last = 0; m < 100_000 && Math.abs(last - 1) > 1e-12; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / away(1 + even * d);
    c = away(1 + even / c);
    fraction *= d * c;
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / away(1 + odd * d);
    c = away(1 + odd / c);
    last = d * c;
    fraction *= last;
  }
  return front * fraction;
}

/** ln Γ(x), x > 0: Stirling's series, from arguments that it is exact for. */
function logGamma(x: number): number {
  let shift = 0;
  let z = x;
  for (; z < 20; z++) shift += Math.log(z);
  const inverse = 1 / (z * z);
  const series = (1 / 12 - inverse * (1 / 360 - inverse * (1 / 1260 - inverse / 1680))) / z;
  return (z - 0.5) * Math.log(z) - z + 0.9189385332046727 + series - shift;
}

/** Draws that depend on the one before: a chain that moves once per draw, and hits with a probability of its new state. */
export interface Chain {
  /** Probability to move from a state to another. */
  readonly moves: readonly (readonly number[])[];
  readonly hits: readonly number[];
  /** What is to be added to the share of hits of the chain to have the one it stands for. */
  readonly correction: number;
}

/** The chain of a direction's losses, or undefined where they are independent. */
export function lossChain({ gilbertElliott, loss, lossCorrelation }: Impairment): Chain | undefined {
  if (gilbertElliott) return burstChain(gilbertElliott);
  return loss && lossCorrelation ? correlatedChain(loss, lossCorrelation) : undefined;
}

/** Gilbert-Elliott: good and bad. */
export function burstChain(model: { p: number; r: number; oneMinusH: number; oneMinusK: number }): Chain {
  const { p, r, oneMinusH, oneMinusK } = model;
  return {
    moves: [
      [1 - p, p],
      [r, 1 - r],
    ],
    hits: [oneMinusK, oneMinusH],
    correction: 0,
  };
}

const below = 16;
const above = 48;

/** Correlated draws, x = c·x' + (1-c)·u below a threshold: x in cells that it is in equally often, on each side of it. */
export function correlatedChain(share: number, c: number): Chain {
  const name = `${share} ${c}`;
  const chain = made.get(name) ?? newCorrelatedChain(share, c);
  if (made.size >= 8) made.clear();
  made.set(name, chain);
  return chain;
}

/** A cell asks for the same few chains again and again. */
const made = new Map<string, Chain>();

function newCorrelatedChain(share: number, c: number): Chain {
  const count = below + above;
  const quantile = (i: number): number =>
    i <= below ? (share * i) / below : share + ((1 - share) * (i - below)) / above;
  const edges = Array.from({ length: count + 1 }, (_, i) => thresholdOf(quantile(i), c));
  const moves = Array.from({ length: count }, (_, i) => {
    const from = c * thresholdOf((quantile(i) + quantile(i + 1)) / 2, c);
    const part = (j: number): number =>
      Math.max(0, Math.min(edges[j + 1]!, from + 1 - c) - Math.max(edges[j]!, from)) / (1 - c);
    return Array.from({ length: count }, (_, j) => part(j));
  });
  const hits = Array.from({ length: count }, (_, i) => (i < below ? 1 : 0));
  return { moves, hits, correction: share - ownShare(moves, hits) };
}

/** Cells blur: what the chain itself hits is not exactly the share that it was made for. */
function ownShare(moves: Chain['moves'], hits: readonly number[]): number {
  let state = moves.map(() => 1 / moves.length);
  for (let i = 0; i < 300; i++) state = state.map((_, j) => state.reduce((sum, at, k) => sum + at * moves[k]![j]!, 0));
  return state.reduce((sum, at, j) => sum + at * hits[j]!, 0);
}

/**
 * Upper bounds for the tails of a chain's count, whatever state it began in (Chernoff): P(S >= k) <= E[exp(tS)] / exp(tk)
 * for every t > 0, and the same downwards. They say "improbable" somewhat later than the exact ones would.
 */
export function chainTails(tried: number, hit: number, chain: Chain): Tails {
  if (tried === 0) return { low: 1, high: 1 };
  const meant = hit - tried * chain.correction;
  const bound = (t: number): number => logMoment(chain, tried, t) - t * meant;
  return { low: Math.exp(Math.min(0, least(bound, -40, 0))), high: Math.exp(Math.min(0, least(bound, 0, 40))) };
}

/** The least value of a convex function between two points, by golden section. */
function least(of: (x: number) => number, from: number, to: number): number {
  const golden = (Math.sqrt(5) - 1) / 2;
  let [a, b] = [from, to];
  let [x, y] = [b - golden * (b - a), a + golden * (b - a)];
  let [fx, fy] = [of(x), of(y)];
  while (b - a > 1e-4) {
    if (fx < fy) {
      [b, y, fy] = [y, x, fx];
      x = b - golden * (b - a);
      fx = of(x);
    } else {
      [a, x, fx] = [x, y, fy];
      y = a + golden * (b - a);
      fy = of(y);
    }
  }
  return Math.min(fx, fy);
}

/** ln E[exp(t · hits)] over so many draws, from the state where it is largest. */
function logMoment({ moves, hits }: Chain, tried: number, t: number): number {
  const weight = hits.map((hit) => 1 + hit * Math.expm1(t));
  const values = moves.map(() => 1);
  let log = 0;
  for (let i = 1; i <= tried; i++) {
    const next = moves.map((row) => row.reduce((sum, move, j) => sum + move * weight[j]! * values[j]!, 0));
    const scale = Math.max(...next);
    let change = 0;
    for (let j = 0; j < next.length; j++) {
      const value = next[j]! / scale;
      change = Math.max(change, Math.abs(value - values[j]!));
      values[j] = value;
    }
    log += Math.log(scale);
    // Once all states grow alike they go on so.
    if (change < 1e-12) return log + (tried - i) * Math.log(scale);
  }
  return log;
}
