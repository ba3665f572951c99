import type { Random } from '../../base/numbers/random.js';
import type { Impairment } from '../contract.js';

/**
 * A yes with a given probability whose draws may depend on the one before: netem's correlated random numbers, x(n) =
 * c·x(n-1) + (1-c)·u(n) (net/sched/sch_netem.c, get_crandom). Mixing two numbers narrows their spread, so with a
 * correlation the share of yeses is no longer the probability that is compared with (tc-netem(8), LIMITATIONS). We keep
 * the correlation and take the threshold from the mixture's own distribution, so that the share is what was asked: see
 * {@link thresholdOf}.
 */
export class Chance {
  private last: number;
  private readonly limit: number;

  /**
   * @param probability 0..1
   * @param correlation 0..1, of a draw with the one before
   */
  constructor(
    private readonly random: Random,
    readonly probability: number,
    private readonly correlation = 0,
  ) {
    this.last = random.next();
    this.limit = thresholdOf(probability, correlation);
  }

  next(): boolean {
    if (this.probability <= 0) return false;
    if (this.probability >= 1) return true;
    return this.draw() < this.limit;
  }

  /** The next correlated number in [0, 1). */
  draw(): number {
    const fresh = this.random.next();
    this.last = this.correlation === 0 ? fresh : this.correlation * this.last + (1 - this.correlation) * fresh;
    return this.last;
  }
}

/**
 * Burst loss after Gilbert (1960) and Elliott (1963), in netem's notation (Salsano
 * et al., "Definition of a general and intuitive loss model for packet networks").
 *
 * ```
 *            p
 *   good ────────► bad        a packet is lost with 1-k in good, with 1-h in bad
 *        ◄────────
 *            r
 * ```
 * The state moves once per packet, then the packet's fate is drawn: mean sojourn
 * in bad is 1/r packets, share of time in bad is p / (p + r).
 */
export class BurstChance {
  private bad = false;

  constructor(
    private readonly random: Random,
    private readonly model: NonNullable<Impairment['gilbertElliott']>,
  ) {}

  next(): boolean {
    const { p, r, oneMinusH, oneMinusK } = this.model;
    if (this.random.next() < (this.bad ? r : p)) this.bad = !this.bad;
    return this.random.next() < (this.bad ? oneMinusH : oneMinusK);
  }
}

const cells = 4096;

/**
 * What a correlated number must be below for a share of `probability` of them: the quantile of the stationary
 * distribution of x = c·x' + (1-c)·u. It has no closed form for most c, so its distribution function is iterated on a grid
 * until it stands; what comes out is within 0.001 percentage points.
 */
export function thresholdOf(probability: number, correlation: number): number {
  if (correlation <= 0 || correlation >= 1 || probability <= 0 || probability >= 1) return probability;
  const f = distributionOf(correlation);
  let i = 1;
  while (f[i]! < probability) i++;
  return (i - 1 + (probability - f[i - 1]!) / (f[i]! - f[i - 1]!)) / cells;
}

let known: { readonly correlation: number; readonly f: Float64Array } | undefined;

/** F(x) = c/(1-c) · (G(x/c) - G((x-(1-c))/c)) with G the integral of F: x is below when the mixture of u and an x' is. */
function distributionOf(c: number): Float64Array {
  if (known?.correlation === c) return known.f;
  const f = Float64Array.from({ length: cells + 1 }, (_, i) => i / cells);
  const g = new Float64Array(cells + 1);
  const integral = (y: number): number => {
    if (y <= 0) return 0;
    if (y >= 1) return g[cells]! + (y - 1);
    const i = Math.floor(y * cells);
    const rest = y - i / cells;
    // The trapezoid up to y: F is taken as straight between the points of the grid.
    return g[i]! + rest * (f[i]! + ((f[i + 1]! - f[i]!) * rest * cells) / 2);
  };
  for (let change = 1, rounds = 0; change > 1e-9 && rounds < 5000; rounds++) {
    for (let i = 1; i <= cells; i++) g[i] = g[i - 1]! + (f[i - 1]! + f[i]!) / (2 * cells);
    const next = f.map((_, i) => {
      const x = i / cells;
      return (c / (1 - c)) * (integral(x / c) - integral((x - (1 - c)) / c));
    });
    change = 0;
    for (let i = 0; i <= cells; i++) change = Math.max(change, Math.abs(next[i]! - f[i]!));
    f.set(next);
  }
  known = { correlation: c, f };
  return f;
}
