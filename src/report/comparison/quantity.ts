import { inThousands } from '../../base/units.js';
import type { Interval } from '../../compare/stats/bootstrap.js';
import { median } from '../../compare/stats/probability.js';
import type { ComparisonRow } from '../../compare/types.js';
import { withUnit } from '../words/words.js';

/** "5 %", "0.35 %": at most so many digits, no needless zeros. */
export function percent(share: number, digits = 3): string {
  return `${Number((share * 100).toPrecision(digits))} %`;
}

/** "+21.8 %", "−3 %", "0 %"; whole percents from 100 on. */
function signedPercent(share: number): string {
  return `${signed(share * 100)} %`;
}

function signed(value: number): string {
  const size = Math.abs(value);
  const text = size >= 100 ? inThousands(Math.round(size)) : size.toFixed(1);
  if (Number(text) === 0) return '0';
  return `${value > 0 ? '+' : '−'}${text}`;
}

/** A row of a comparison in words, piece by piece. */
export interface RowText {
  /** "publish.ack P95"; "publish.ack there": in how many repeats there is anything of it. */
  readonly number: string;
  /** Medians over repeats; "1 of 10": repeats that have it. */
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
  const { metric, statistic, head, difference, atLeast } = row;
  const chance = head.length > 0 ? chanceText(row.pAdjusted) : '';
  if (statistic === 'present') {
    const [had, has] = [row.base, head].map((side) => `${side.filter((value) => value > 0).length} of ${side.length}`);
    return { number: `${metric} there`, base: had as string, head: has as string, change: '', interval: '', chance };
  }
  const text = (side: readonly number[], isBound = false): string =>
    `${isBound ? '>= ' : ''}${withUnit(median(side), row.unit)}`;
  return {
    number: statistic === 'value' ? metric : `${metric} ${statistic.toUpperCase()}`,
    base: text(row.base, atLeast?.base),
    head: head.length > 0 ? text(head, atLeast?.head) : 'no data',
    change: difference?.relative ? signedPercent(difference.relative.estimate) : absolute(row),
    interval: difference?.relative ? percentRange(difference.relative) : '',
    chance,
  };
}

const percentRange = ({ low, high }: Interval): string => `${signed(low * 100)} … ${signedPercent(high)}`;

function absolute({ difference, unit }: ComparisonRow): string {
  if (!difference) return '-';
  const { estimate } = difference.shift;
  return estimate === 0 ? '0' : `${estimate > 0 ? '+' : '−'}${withUnit(Math.abs(estimate), unit)}`;
}

function chanceText(p: number): string {
  if (p >= 0.995) return 'p 1';
  return p < 0.0001 ? 'p <0.0001' : `p ${p.toPrecision(2)}`;
}
