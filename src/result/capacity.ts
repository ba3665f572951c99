import { formatCount } from '../base/units.js';
import type { Search } from './types.js';

/** Where the capacity of an arm lies: at or above what was held, below what was not. Messages per second. */
export interface CapacityInterval {
  /** 0: not even the lowest rate was held. */
  readonly held: number;
  /** Undefined: everything up to the highest rate was held. */
  readonly missed: number | undefined;
}

/**
 * The interval that a search found. Results of schema 1 do not name its upper end; it is the lowest rate above that was
 * tried and not held.
 */
export function capacityInterval(search: Search): CapacityInterval {
  const above = search.probes
    .filter(({ held, ratePerSecond, failed }) => !held && !failed && ratePerSecond > search.ratePerSecond)
    .map(({ ratePerSecond }) => ratePerSecond);
  const lowest = above.length > 0 ? Math.min(...above) : undefined;
  return { held: search.ratePerSecond, missed: search.missedPerSecond ?? lowest };
}

/** Whether two capacities may be the same one: their intervals overlap or touch, as those of neighbouring grid steps do. */
export function withinOneStep(a: CapacityInterval, b: CapacityInterval): boolean {
  const isBelow = (low: CapacityInterval, high: CapacityInterval) =>
    (low.missed ?? Number.POSITIVE_INFINITY) < high.held;
  return !isBelow(a, b) && !isBelow(b, a);
}

/** By which factor the upper end of the interval is above the lower one; undefined where one of them is not known. */
export function gridStep({ held, missed }: CapacityInterval): number | undefined {
  return held > 0 && missed !== undefined ? missed / held : undefined;
}

/** "4,472–5,393/s", ">= 20,000/s" where even the highest rate was held, "< 1,000/s" where not even the lowest was. */
export function capacityText(...searches: readonly Search[]): string {
  const intervals = searches
    .filter(({ probes }) => probes.length === 0 || probes.some(({ failed }) => !failed))
    .map(capacityInterval);
  if (intervals.length === 0) return 'not found';
  // Of several searches: from the least that was held to the most that was not.
  const held = Math.min(...intervals.map((one) => one.held));
  const missed = Math.max(...intervals.map((one) => one.missed ?? Number.POSITIVE_INFINITY));
  if (!Number.isFinite(missed)) return held > 0 ? `>= ${formatCount(held)}/s` : 'not found';
  return held > 0 ? `${formatCount(held)}–${formatCount(missed)}/s` : `< ${formatCount(missed)}/s`;
}
