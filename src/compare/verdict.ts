import type { ComparisonRow, Verdict } from './types.js';

/** Below this many repeats on a side nothing is called the same: the interval has nothing to go by. */
const fewestForSame = 3;

/**
 * Better or worse only if both the rank test and the margin say so: a difference that is
 * sure but tiny does not matter, one that is large but may be chance is not known.
 */
export function verdictOf(row: Omit<ComparisonRow, 'verdict'>, alpha: number): Verdict {
  if (row.head.length === 0) return 'lost';
  const { difference } = row;
  if (!difference) return 'unclear';
  const shift = difference.shift.estimate;
  // From 0 to anything has no percentage; it is beyond every margin.
  const beyondMargin = difference.relative ? Math.abs(difference.relative.estimate) >= row.margin : shift !== 0;
  if (row.pAdjusted <= alpha && beyondMargin && isBeyondGrid(row)) {
    if (!isCertain(shift, row)) return 'unclear';
    return shift > 0 === (row.better === 'higher') ? 'better' : 'worse';
  }
  if (row.atLeast) return 'unclear';
  if (row.statistic === 'present' || Math.min(row.base.length, row.head.length) < fewestForSame) return 'unclear';
  return isWithinMargin(row) ? 'same' : 'unclear';
}

/** What is at least so large may be larger: that it is below something is never known, that it is above may be. */
function isCertain(shift: number, { atLeast }: Pick<ComparisonRow, 'atLeast'>): boolean {
  return shift > 0 ? atLeast?.base !== true : atLeast?.head !== true;
}

function isWithinMargin({ difference, margin, base, head }: Omit<ComparisonRow, 'verdict'>): boolean {
  if (difference?.relative) return difference.relative.low >= -margin && difference.relative.high <= margin;
  return [...base, ...head].every((value) => value === base[0]);
}

/** Capacities one grid step apart may be the same: the search knows each only up to that step. */
function isBeyondGrid({ difference, gridStep }: Omit<ComparisonRow, 'verdict'>): boolean {
  if (gridStep === undefined || !difference?.relative) return true;
  const factor = 1 + difference.relative.estimate;
  // Rates are whole messages, so a step is not the same factor everywhere to the last digit.
  return Math.max(factor, 1 / Math.max(factor, 1e-9)) > gridStep * 1.02;
}
