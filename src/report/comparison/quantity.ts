import { formatDuration, formatSize } from '../../base/units.js';
import type { Interval } from '../../compare/bootstrap.js';
import { median } from '../../compare/probability.js';
import type { ComparisonRow } from '../../compare/types.js';
import type { Unit } from '../../metrics/registry.js';

/** A number with its unit for a reader: "61.0 ms", "12,345", "998/s". "-" when there is none. */
export function formatQuantity(value: number, unit: Unit): string {
  if (!Number.isFinite(value)) return '-';
  switch (unit) {
    case 'us':
      return formatDuration(value);
    case 'bytes':
      return formatSize(value);
    case 'share':
      return percent(value);
    case 'per-second':
      return `${round(value)}/s`;
    case 'cores':
      return `${round(value)} cores`;
    default:
      return round(value);
  }
}

/** Three significant digits below 1,000, whole numbers with thousands above. */
function round(value: number): string {
  return (Math.abs(value) >= 1000 ? Math.round(value) : Number(value.toPrecision(3))).toLocaleString('en-US');
}

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

/** "P95" or nothing. */
export function statisticName(statistic: ComparisonRow['statistic']): string {
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
  const texts = difference?.relative
    ? { change: signedPercent(difference.relative.estimate), interval: percentRange(difference.relative) }
    : { change: absolute(row), interval: '' };
  return {
    number: `${row.metric}${statisticName(row.statistic)}`,
    base: formatQuantity(median(row.base), row.unit),
    head: row.head.length > 0 ? formatQuantity(median(row.head), row.unit) : 'no data',
    ...texts,
    chance: row.head.length > 0 ? chance(row.pAdjusted) : '',
  };
}

function percentRange({ low, high }: Interval): string {
  return `${signed(low * 100)} … ${signedPercent(high)}`;
}

function absolute({ difference, unit }: ComparisonRow): string {
  if (!difference) return '-';
  const { estimate } = difference.shift;
  return estimate === 0 ? '0' : `${estimate > 0 ? '+' : '−'}${formatQuantity(Math.abs(estimate), unit)}`;
}

function chance(p: number): string {
  if (p >= 0.995) return 'p 1';
  return p < 0.0001 ? 'p <0.0001' : `p ${p.toPrecision(2)}`;
}
