import type { Interval } from '../../compare/stats/bootstrap.js';
import { median } from '../../compare/stats/probability.js';
import type { ComparisonRow } from '../../compare/types.js';
import { withUnit } from '../words/words.js';

/** "5 %", "0.35 %": at most three digits, no needless zeros. */
export function percent(share: number): string {
  return `${Number((share * 100).toPrecision(3))} %`;
}

/** "+21.8 %", "−3 %", "0 %"; whole percents from 100 on. */
export function signedPercent(share: number): string {
  return `${signed(share * 100)} %`;
}

function signed(value: number): string {
  const size = Math.abs(value);
  const text = size >= 100 ? Math.round(size).toLocaleString('en-US') : size.toFixed(1);
  if (Number(text) === 0) return '0';
  return `${value > 0 ? '+' : '−'}${text}`;
}

/** "P95", nothing, or "there": in how many repeats there is anything of it. */
export function statisticName(statistic: ComparisonRow['statistic']): string {
  if (statistic === 'present') return ' there';
  return statistic === 'value' ? '' : ` ${statistic.toUpperCase()}`;
}

/** A row of a comparison in words, piece by piece. */
export interface RowText {
  /** "publish.ack P95" */
  readonly number: string;
  /** Medians over repeats. */
  readonly base: string;
  readonly head: string;
  /** "+21.8 %"; the absolute difference where the base is 0; "-" when it is not known. */
  readonly change: string;
  /** "+18.1 … +24.9 %" */
  readonly interval: string;
  /** "p 0.0004" after correction */
  readonly chance: string;
}

export function rowText(row: ComparisonRow): RowText {
  const { difference } = row;
  if (row.statistic === 'present') return presenceText(row);
  const texts = difference?.relative
    ? { change: signedPercent(difference.relative.estimate), interval: percentRange(difference.relative) }
    : { change: absolute(row), interval: '' };
  return {
    number: `${row.metric}${statisticName(row.statistic)}`,
    base: atLeastMark(row.atLeast?.base) + withUnit(median(row.base), row.unit),
    head: row.head.length > 0 ? atLeastMark(row.atLeast?.head) + withUnit(median(row.head), row.unit) : 'no data',
    ...texts,
    chance: row.head.length > 0 ? chance(row.pAdjusted) : '',
  };
}

const atLeastMark = (isBound = false): string => (isBound ? '>= ' : '');

/** "1 of 10 → 8 of 10": repeats that have it. */
function presenceText(row: ComparisonRow): RowText {
  const text = (side: readonly number[]) => `${side.filter((value) => value > 0).length} of ${side.length}`;
  return {
    number: `${row.metric}${statisticName(row.statistic)}`,
    base: text(row.base),
    head: text(row.head),
    change: '',
    interval: '',
    chance: chance(row.pAdjusted),
  };
}

function percentRange({ low, high }: Interval): string {
  return `${signed(low * 100)} … ${signedPercent(high)}`;
}

function absolute({ difference, unit }: ComparisonRow): string {
  if (!difference) return '-';
  const { estimate } = difference.shift;
  return estimate === 0 ? '0' : `${estimate > 0 ? '+' : '−'}${withUnit(Math.abs(estimate), unit)}`;
}

function chance(p: number): string {
  if (p >= 0.995) return 'p 1';
  return p < 0.0001 ? 'p <0.0001' : `p ${p.toPrecision(2)}`;
}
