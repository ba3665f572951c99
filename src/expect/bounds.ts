import type { Comparison } from './expectation.js';

/** A number, and in which direction the true one may lie: a percentile that falls on unfinished operations is at least it. */
export interface Known {
  readonly value: number;
  readonly mayBeMore?: boolean;
  readonly mayBeLess?: boolean;
}

/** Quantities of measurements and factors are not negative, which is what the directions of products rest on. */
export function operate(left: Known, operator: '+' | '-' | '*' | '/', right: Known): Known {
  const away = operator === '-' || operator === '/';
  const more = away ? right.mayBeLess : right.mayBeMore;
  const less = away ? right.mayBeMore : right.mayBeLess;
  return {
    value: calculate(left.value, operator, right.value),
    mayBeMore: left.mayBeMore === true || more === true,
    mayBeLess: left.mayBeLess === true || less === true,
  };
}

function calculate(left: number, operator: '+' | '-' | '*' | '/', right: number): number {
  if (operator === '+') return left + right;
  if (operator === '-') return left - right;
  return operator === '*' ? left * right : left / right;
}

/** Whether it holds for certain: "at least 3 s" is not known to be below anything. */
export function holds(left: Known, comparison: Comparison, right: Known): boolean {
  const leftMayBeLarger = left.mayBeMore === true || right.mayBeLess === true;
  const leftMayBeSmaller = left.mayBeLess === true || right.mayBeMore === true;
  switch (comparison) {
    case '<':
      return !leftMayBeLarger && left.value < right.value;
    case '<=':
      return !leftMayBeLarger && left.value <= right.value;
    case '>':
      return !leftMayBeSmaller && left.value > right.value;
    case '>=':
      return !leftMayBeSmaller && left.value >= right.value;
    case '==':
      return !leftMayBeLarger && !leftMayBeSmaller && left.value === right.value;
    default:
      return !leftMayBeLarger && !leftMayBeSmaller && left.value !== right.value;
  }
}

/** `>= ` or `<= ` before a number that is only a bound. */
export function boundMark({ mayBeMore, mayBeLess }: Known): string {
  if (mayBeMore && mayBeLess) return 'about ';
  return mayBeMore ? '>= ' : mayBeLess ? '<= ' : '';
}
