import { normalCdf, normalDensity, normalQuantile } from './normal.js';

/** What a number may be cut to; the distribution is the one that is left between them, not one with heaps at its ends. */
export interface Bounds {
  /** Default 0. */
  readonly min?: number;
  readonly max?: number;
}

/** Numbers from 0 up, in whatever unit: bytes, microseconds. `mean` and `deviation` are those without the bounds. */
export type Distribution =
  | { readonly kind: 'fixed'; readonly value: number }
  | { readonly kind: 'uniform'; readonly from: number; readonly to: number }
  | ({ readonly kind: 'exponential'; readonly mean: number } & Bounds)
  | ({ readonly kind: 'normal' | 'lognormal'; readonly mean: number; readonly deviation: number } & Bounds)
  | { readonly kind: 'weighted'; readonly values: readonly { readonly value: number; readonly percent: number }[] };

/** The value below which a share of all lies. Makes nothing when it is called. @returns a function of a share in (0, 1) */
export function quantileOf(distribution: Distribution): (share: number) => number {
  switch (distribution.kind) {
    case 'fixed':
      return () => distribution.value;
    case 'uniform': {
      const { from, to } = distribution;
      return (share) => from + share * (to - from);
    }
    case 'weighted':
      return weighted(distribution.values);
    default: {
      const { cdf, quantile } = continuous(distribution);
      const { min = 0, max = Number.POSITIVE_INFINITY } = distribution;
      const [below, until] = [cdf(min), cdf(max)];
      return (share) => Math.min(max, Math.max(min, quantile(below + share * (until - below))));
    }
  }
}

/** Of all values, between the bounds. */
export function meanOf(distribution: Distribution): number {
  switch (distribution.kind) {
    case 'fixed':
      return distribution.value;
    case 'uniform':
      return (distribution.from + distribution.to) / 2;
    case 'weighted':
      return distribution.values.reduce((sum, { value, percent }) => sum + (value * percent) / 100, 0);
    default: {
      const { min = 0, max = Number.POSITIVE_INFINITY } = distribution;
      return continuous(distribution).meanBetween(min, max);
    }
  }
}

/** The share of a bounded distribution that lies between its bounds; 1 for the others. */
export function shareWithin(distribution: Distribution): number {
  if (!('mean' in distribution)) return 1;
  const { cdf } = continuous(distribution);
  return cdf(distribution.max ?? Number.POSITIVE_INFINITY) - cdf(distribution.min ?? 0);
}

/** Draws have 32 bits, so none lies nearer to 0 or 1 than this. */
const nearestShare = 2 ** -33;

/** The smallest and the largest value that can be drawn. */
export function rangeOf(distribution: Distribution): { readonly least: number; readonly most: number } {
  if (distribution.kind === 'weighted') {
    const values = distribution.values.map(({ value }) => value);
    return { least: Math.min(...values), most: Math.max(...values) };
  }
  const quantile = quantileOf(distribution);
  const least = 'mean' in distribution ? (distribution.min ?? 0) : quantile(nearestShare);
  return { least, most: 'mean' in distribution ? quantile(1 - nearestShare) : quantile(1) };
}

interface Continuous {
  cdf(x: number): number;
  quantile(share: number): number;
  meanBetween(min: number, max: number): number;
}

function continuous(one: Extract<Distribution, { readonly mean: number }>): Continuous {
  const { kind, mean } = one;
  if (kind === 'exponential') {
    return {
      cdf: (x) => 1 - Math.exp(-x / mean),
      quantile: (share) => -mean * Math.log(1 - share),
      meanBetween: (min, max) => {
        const [from, to] = [Math.exp(-min / mean), Math.exp(-max / mean)];
        return mean + (min * from - (to === 0 ? 0 : max * to)) / (from - to);
      },
    };
  }
  const { deviation } = one;
  if (kind === 'normal') {
    const z = (x: number): number => (x - mean) / deviation;
    return {
      cdf: (x) => normalCdf(z(x)),
      quantile: (share) => mean + deviation * normalQuantile(share),
      meanBetween: (min, max) =>
        mean + (deviation * (normalDensity(z(min)) - normalDensity(z(max)))) / (normalCdf(z(max)) - normalCdf(z(min))),
    };
  }
  // Of the logarithm: what mean and deviation of the values themselves come to.
  const sigma = Math.sqrt(Math.log(1 + (deviation / mean) ** 2));
  const mu = Math.log(mean) - sigma ** 2 / 2;
  const z = (x: number): number => (Math.log(x) - mu) / sigma;
  return {
    cdf: (x) => (x <= 0 ? 0 : normalCdf(z(x))),
    quantile: (share) => Math.exp(mu + sigma * normalQuantile(share)),
    meanBetween: (min, max) => {
      const [from, to] = [min <= 0 ? Number.NEGATIVE_INFINITY : z(min), z(max)];
      return (mean * (normalCdf(to - sigma) - normalCdf(from - sigma))) / (normalCdf(to) - normalCdf(from));
    },
  };
}

function weighted(values: readonly { readonly value: number; readonly percent: number }[]): (share: number) => number {
  const ends = Float64Array.from(values, ({ percent }) => percent / 100);
  for (let i = 1; i < ends.length; i++) ends[i] = (ends[i] as number) + (ends[i - 1] as number);
  const numbers = Float64Array.from(values, ({ value }) => value);
  return (share) => {
    let at = 0;
    while (at < numbers.length - 1 && share >= (ends[at] as number)) at++;
    return numbers[at] as number;
  };
}
