import type { Comparison, Operator } from './expectation.js';

/** A number, and in which direction the true one may lie: a percentile that falls on unfinished operations is at least it. */
export interface Known {
  readonly value: number;
  readonly mayBeMore?: boolean;
  readonly mayBeLess?: boolean;
}

const calculate: Record<Operator, (left: number, right: number) => number> = {
  '+': (left, right) => left + right,
  '-': (left, right) => left - right,
  '*': (left, right) => left * right,
  '/': (left, right) => left / right,
};

/** Quantities of measurements and factors are not negative, which is what the directions of products rest on. */
export function operate(left: Known, operator: Operator, right: Known): Known {
  const away = operator === '-' || operator === '/';
  return {
    value: calculate[operator](left.value, right.value),
    mayBeMore: left.mayBeMore || (away ? right.mayBeLess : right.mayBeMore),
    mayBeLess: left.mayBeLess || (away ? right.mayBeMore : right.mayBeLess),
  };
}

const compare: Record<Comparison, (left: number, right: number) => boolean> = {
  '<': (left, right) => left < right,
  '<=': (left, right) => left <= right,
  '>': (left, right) => left > right,
  '>=': (left, right) => left >= right,
  '==': (left, right) => left === right,
  '!=': (left, right) => left !== right,
};

/** Whether it holds for certain: "at least 3 s" is not known to be below anything. */
export function holds(left: Known, comparison: Comparison, right: Known): boolean {
  const isUnsure =
    (!comparison.startsWith('>') && (left.mayBeMore || right.mayBeLess)) ||
    (!comparison.startsWith('<') && (left.mayBeLess || right.mayBeMore));
  return !isUnsure && compare[comparison](left.value, right.value);
}

/** `>= ` or `<= ` before a number that is only a bound. */
export function boundMark({ mayBeMore, mayBeLess }: Known): string {
  if (mayBeMore && mayBeLess) return 'about ';
  return mayBeMore ? '>= ' : mayBeLess ? '<= ' : '';
}
