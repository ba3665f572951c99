import { normalQuantile } from '../../base/numbers/normal.js';
import type { Method } from '../types.js';
import { deviation, mean, studentQuantile } from './probability.js';
import { smallestPossibleP } from './rank-test.js';

/** Of 100 real changes of the size asked about, this share is to be found. */
const power = 0.8;
const powerZ = normalQuantile(power);

/**
 * Repeats per side beyond which no more is promised: an answer like "4,000 repeats"
 * means that the question has to be asked on a quieter machine.
 */
const most = 1000;

/** Coefficient of variation of one side's repeats: standard deviation ÷ mean. NaN below 2 repeats. */
export function variation(values: readonly number[]): number {
  return values.length < 2 ? Number.NaN : deviation(values) / Math.abs(mean(values));
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
  const z = zOf(level) + powerZ;
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
  const z = zOf(alpha / Math.max(1, familySize)) + powerZ;
  return z * spread * Math.sqrt((2 * Math.PI) / (3 * repeats));
}

/** Rounds below which even one that is alike in all of them is not significant: 2 of the 2^n ways to swap them. 6 at 5 %. */
export function fewestRounds(alpha: number): number {
  return Math.ceil(1 - Math.log2(alpha));
}

/**
 * The relative change that n rounds show in 4 of 5 cases: the noncentral t distribution in its normal approximation.
 * The correction is that of independent numbers; those that move together need less.
 * @param spread standard deviation of a round's difference, as a share
 */
function visibleInRounds(spread: number, rounds: number, familySize: number, alpha: number): number {
  if (rounds < fewestRounds(alpha)) return Number.POSITIVE_INFINITY;
  const degrees = rounds - 1;
  const limit = criticalT(alpha / Math.max(1, familySize), degrees);
  const away = limit * (1 - 1 / (4 * degrees)) + powerZ * Math.sqrt(1 + limit ** 2 / (2 * degrees));
  return (away * spread) / Math.sqrt(rounds);
}

/** How far out a level lies. All numbers of a comparison ask for the same few. */
const known = new Map<string, number>();

const zOf = (level: number): number => remembered(`${level}`, () => normalQuantile(1 - level / 2));

const criticalT = (level: number, degrees: number): number =>
  remembered(`${level} ${degrees}`, () => studentQuantile(1 - level, degrees));

function remembered(key: string, compute: () => number): number {
  const value = known.get(key) ?? compute();
  known.set(key, value);
  return value;
}

function roundsNeeded(spread: number, change: number, familySize: number, alpha: number): number {
  if (!(visibleInRounds(spread, most, familySize, alpha) <= change)) return Number.POSITIVE_INFINITY;
  let [short, enough] = [fewestRounds(alpha) - 1, most];
  while (enough - short > 1) {
    const middle = (short + enough) >> 1;
    if (visibleInRounds(spread, middle, familySize, alpha) <= change) enough = middle;
    else short = middle;
  }
  return enough;
}

/** What repeats or rounds can show, by the method that judges them. */
export const outlooks = {
  ranks: { least: repeatsToSayAnything, needed: repeatsNeeded, visible: visibleChange },
  rounds: { least: (_: number, alpha: number) => fewestRounds(alpha), needed: roundsNeeded, visible: visibleInRounds },
} satisfies Record<Method, unknown>;
