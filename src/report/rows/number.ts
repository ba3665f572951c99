import { median } from '../../compare/stats/probability.js';
import { type DistributionName, type MetricName, metrics, type ValueName } from '../../metrics/registry.js';
import { setOf } from '../../result/set-of.js';
import type { Cell, NumberName } from '../../result/types.js';
import { withUnit } from '../words/words.js';

/** A number of several repeats. */
export interface Combined {
  /** NaN: not measured. */
  readonly value: number;
  /** It is the least that it can be: operations that had not ended are in it with their age. */
  readonly isLowerBound: boolean;
}

/** Of one repeat; NaN where it was not measured. */
export function numberOfCell(cell: Cell, name: NumberName): number {
  const { metric, statistic } = name;
  const set = setOf(cell, name);
  if (statistic === 'value') return set?.values[metric as ValueName] ?? Number.NaN;
  const distribution = set?.distributions[metric as DistributionName];
  return distribution && distribution.count > 0 ? distribution[statistic] : Number.NaN;
}

/**
 * One number of all repeats. Counts of clients and messages are added up: the median of 0, 0 and 2 missing messages
 * would be none. The largest is the largest of all repeats. All else is the median.
 */
export function combine(cells: readonly Cell[], name: NumberName): Combined {
  const known = cells
    .map((cell) => ({ value: numberOfCell(cell, name), atLeast: isAtLeast(cell, name) }))
    .filter(({ value }) => !Number.isNaN(value));
  const isLowerBound = known.some(({ atLeast }) => atLeast);
  return {
    value: over(
      known.map(({ value }) => value),
      name,
    ),
    isLowerBound,
  };
}

function over(values: readonly number[], { metric, statistic }: NumberName): number {
  if (values.length === 0) return Number.NaN;
  if (isSummed(metric)) return values.reduce((sum, value) => sum + value, 0);
  if (statistic === 'max') return Math.max(...values);
  return statistic === 'min' ? Math.min(...values) : median(values);
}

/** Counts of clients and messages. */
export const isSummed = (metric: MetricName): boolean => metrics[metric].unit === 'count';

function isAtLeast(cell: Cell, name: NumberName): boolean {
  const { metric, statistic } = name;
  if (statistic === 'value') return false;
  const { atLeast = [] } = setOf(cell, name)?.distributions[metric as DistributionName] ?? {};
  return atLeast.includes(statistic);
}

/** "61.3 ms", ">= 2.10 s"; "-" where nothing was measured. */
export function combinedText({ value, isLowerBound }: Combined, metric: MetricName): string {
  if (Number.isNaN(value)) return '-';
  return `${isLowerBound ? '>= ' : ''}${withUnit(value, metrics[metric].unit)}`;
}

/** The median of the numbers there are; NaN of none. */
export const medianOfKnown = (numbers: readonly number[]): number => median(known(numbers));

/** Without those that were not measured. */
export const known = (numbers: readonly number[]): number[] => numbers.filter((number) => !Number.isNaN(number));
