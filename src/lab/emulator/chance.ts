import type { Random } from '../../base/random.js';

/**
 * A yes with a given probability whose draws may depend on the one before:
 * netem's correlated random numbers, x(n) = c·x(n-1) + (1-c)·u(n)
 * (net/sched/sch_netem.c, get_crandom). Mixing two numbers narrows their
 * spread, so with a correlation the share of yeses is no longer the
 * probability asked for; netem has the same flaw (tc-netem(8), LIMITATIONS). We
 * keep the correlation and take the threshold from the mixture's own
 * distribution, so that the share stays what was asked: see {@link threshold}.
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
    this.limit = correlation === 0 ? probability : threshold(probability, correlation);
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
 * The p-quantile of the stationary distribution of x = c·x' + (1-c)·u. It has no
 * closed form for most c; 20,000 draws of a fixed stream (so that it is the same
 * every time) give it to about 0.3 percentage points.
 */
function threshold(probability: number, correlation: number): number {
  const samples = new Float64Array(20_000);
  let x = 0.5;
  // A fixed low-discrepancy source keeps this reproducible and independent of the run's seed.
  let u = 0.5;
  let state = 0x2545f491;
  for (let i = -200; i < samples.length; i++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    u = (state >>> 0) / 0x1_0000_0000;
    x = correlation * x + (1 - correlation) * u;
    if (i >= 0) samples[i] = x;
  }
  samples.sort();
  const at = Math.min(samples.length - 1, Math.floor(probability * samples.length));
  return samples[at]!;
}
