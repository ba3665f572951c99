import { isAtLeast, numberOf } from '../../compare/observations.js';
import { median } from '../../compare/stats/probability.js';
import { type MetricName, metrics } from '../../metrics/registry.js';
import type { Cell, NumberName, RoleResources } from '../../result/types.js';
import { withUnit } from '../words/words.js';

/** A number of several repeats. */
export interface Combined {
  /** NaN: not measured. */
  readonly value: number;
  /** It is the least that it can be: operations that had not ended are in it with their age. */
  readonly isLowerBound: boolean;
}

/**
 * One number of all repeats. Counts of clients and messages are added up: the median of 0, 0 and 2 missing messages
 * would be none. The largest is the largest of all repeats. All else is the median.
 */
export function combine(cells: readonly Cell[], name: NumberName): Combined {
  const measured = cells.filter((cell) => !Number.isNaN(numberOf(cell, name)));
  const values = measured.map((cell) => numberOf(cell, name));
  return { value: over(values, name), isLowerBound: measured.some((cell) => isAtLeast(cell, name)) };
}

function over(values: readonly number[], { metric, statistic }: NumberName): number {
  if (metrics[metric].unit === 'count') return sum(values);
  if (values.length === 0) return Number.NaN;
  if (statistic === 'max') return Math.max(...values);
  return statistic === 'min' ? Math.min(...values) : median(values);
}

/** "61.3 ms", ">= 2.10 s"; "-" where nothing was measured. */
export function combinedText({ value, isLowerBound }: Combined, metric: MetricName): string {
  if (Number.isNaN(value)) return '-';
  return `${isLowerBound ? '>= ' : ''}${withUnit(value, metrics[metric].unit)}`;
}

type Read = (cell: Cell) => number | undefined;

const known = (cells: readonly Cell[], read: Read): number[] =>
  cells.map(read).filter((number): number is number => number !== undefined && !Number.isNaN(number));

/** The median of what the repeats have; NaN of none. */
export const typical = (cells: readonly Cell[], read: Read): number => median(known(cells, read));

/** Of all repeats; NaN of none: what nobody counts is not 0. */
export const total = (cells: readonly Cell[], read: Read): number => sum(known(cells, read));

const sum = (numbers: readonly number[]): number =>
  numbers.length === 0 ? Number.NaN : numbers.reduce((all, number) => all + number, 0);

/** What a role used of the machine. */
export const useOf = ({ resources }: Cell, role: string): RoleResources | undefined =>
  resources.find((one) => one.role === role);

export const cpuMicros = (use?: RoleResources): number | undefined => use && use.cpuUserMicros + use.cpuSystemMicros;
