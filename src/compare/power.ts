import { normalQuantile } from './probability.js';
import { smallestPossibleP } from './rank-test.js';

/** Of 100 real changes of the size asked about, this share is to be found. */
const power = 0.8;

/**
 * Repeats per side beyond which no more is promised: an answer like "4,000 repeats"
 * means that the question has to be asked on a quieter machine.
 */
const most = 1000;

/** Coefficient of variation of one side's repeats: standard deviation ÷ mean. NaN below 2 repeats. */
export function variation(values: readonly number[]): number {
  if (values.length < 2) return Number.NaN;
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return Math.sqrt(squares / (values.length - 1)) / Math.abs(mean);
}

/**
 * Repeats per side so that the rank test finds a relative change in 4 of 5 cases, after
 * the correction for `familySize` tests. Two limits: the clearest possible order must be
 * rare enough, and the noise must average out. The second is the normal-theory sample size
 * divided by 3/π, the rank test's efficiency (Lehmann, Nonparametrics, section 2.4).
 * @param spread coefficient of variation of a repeat
 * @param change relative, e.g. the margin 0.05
 * @returns Infinity above 1,000
 */
export function repeatsNeeded(spread: number, change: number, familySize: number, alpha: number): number {
  const level = alpha / Math.max(1, familySize);
  const z = normalQuantile(1 - level / 2) + normalQuantile(power);
  const noise = Math.ceil((2 * z * z * (spread / change) ** 2 * Math.PI) / 3);
  const needed = Math.max(repeatsToSayAnything(familySize, alpha), noise);
  return needed > most ? Number.POSITIVE_INFINITY : needed;
}

/** Repeats per side below which even a perfect separation is not significant. 4 for one test, 6 for 15. */
export function repeatsToSayAnything(familySize: number, alpha: number): number {
  let n = 2;
  while (smallestPossibleP(n) * Math.max(1, familySize) > alpha) n++;
  return n;
}

/** The relative change that n repeats per side show in 4 of 5 cases; Infinity when they can show none. */
export function visibleChange(spread: number, repeats: number, familySize: number, alpha: number): number {
  if (repeats < repeatsToSayAnything(familySize, alpha)) return Number.POSITIVE_INFINITY;
  const z = normalQuantile(1 - alpha / Math.max(1, familySize) / 2) + normalQuantile(power);
  return z * spread * Math.sqrt((2 * Math.PI) / (3 * repeats));
}
