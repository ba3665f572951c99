/**
 * The two-sided coverage P(|T| <= t) of Student's distribution with an integer number
 * of degrees of freedom: the finite sums of Abramowitz and Stegun 26.7.3 and 26.7.4.
 */
export function studentCoverage(t: number, degrees: number): number {
  const theta = Math.atan(t / Math.sqrt(degrees));
  const cosine = Math.cos(theta);
  const odd = degrees % 2 === 1;
  if (degrees === 1) return (2 * theta) / Math.PI;
  let term = odd ? cosine : 1;
  let sum = term;
  for (let power = odd ? 3 : 2; power <= degrees - 2; power += 2) {
    term *= ((power - 1) / power) * cosine * cosine;
    sum += term;
  }
  return odd ? (2 / Math.PI) * (theta + Math.sin(theta) * sum) : Math.sin(theta) * sum;
}

/** The x with increasing f(x) = target, by bisection in [low, high]. */
function invert(f: (x: number) => number, target: number, low: number, high: number): number {
  let from = low;
  let to = high;
  for (let step = 0; step < 100 && to - from > 1e-12 * Math.max(1, Math.abs(to)); step++) {
    const middle = (from + to) / 2;
    if (f(middle) < target) from = middle;
    else to = middle;
  }
  return (from + to) / 2;
}

/** The t that Student's distribution stays within, in either direction, with probability coverage. */
export function studentQuantile(coverage: number, degrees: number): number {
  return invert((t) => studentCoverage(t, degrees), coverage, 0, 1e6);
}

export const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

/** Standard deviation of a sample. NaN below 2 values. */
export function deviation(values: readonly number[]): number {
  const middle = mean(values);
  return Math.sqrt(values.reduce((sum, value) => sum + (value - middle) ** 2, 0) / (values.length - 1));
}

/** The middle of the values; of an even number, the mean of the middle two. NaN when there are none. */
export const median = (values: ArrayLike<number>): number => medianOfSorted(new Float64Array(values).sort());

/** The same of values in ascending order. */
export function medianOfSorted(sorted: ArrayLike<number>): number {
  const middle = sorted.length >> 1;
  if (sorted.length === 0) return Number.NaN;
  return sorted.length % 2 === 1
    ? (sorted[middle] as number)
    : ((sorted[middle - 1] as number) + (sorted[middle] as number)) / 2;
}

/** The q-quantile of sorted values, between neighbours by linear interpolation (Hyndman and Fan's type 7). */
export function quantileOfSorted(sorted: ArrayLike<number>, q: number): number {
  const position = q * (sorted.length - 1);
  const below = Math.floor(position);
  const low = sorted[below] as number;
  const high = sorted[Math.min(below + 1, sorted.length - 1)] as number;
  return low === high ? low : low + (high - low) * (position - below);
}
