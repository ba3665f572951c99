import { wrap } from '../../base/text/wrap.js';
import type { NumberName, Result } from '../../result/types.js';
import { armDifferences, type ComparedNumber } from '../comparison/arms.js';
import { rowText } from '../comparison/quantity.js';
import { armLabel } from '../words/words.js';
import { networksOf, numberLabel } from './builders.js';
import { repeatCount } from './marks.js';

/** What people ask first; the report has the rest. */
const asked: readonly ComparedNumber[] = [
  { metric: 'connect.connack', statistic: 'p50' },
  { metric: 'connect.connack', statistic: 'p95' },
  { metric: 'publish.ack', statistic: 'p50' },
  { metric: 'publish.ack', statistic: 'p95' },
  { metric: 'delivery.e2e', statistic: 'p95' },
  { metric: 'delivery.gap', statistic: 'p95' },
  { metric: 'reconnect.connack', statistic: 'p50' },
  { metric: 'broker.message.cpu', statistic: 'value' },
];

/**
 * How the arms differ from the first one, with 95 % intervals over repeats, for a terminal
 * of 80 columns. Empty with one repeat, which says nothing about its own spread, or one arm.
 */
export function renderDifferences(result: Result): string {
  const [reference, ...others] = [...new Set(result.cells.map((cell) => cell.arm))];
  if (reference === undefined || repeatCount(result) < 2) return '';
  const differences = armDifferences(result, [reference, others], asked, 400);
  const blocks = networksOf(result).flatMap((network) => {
    const lines = others.flatMap((arm) =>
      asked.flatMap((number) => {
        const row = differences(arm, network, number);
        if (row?.difference?.relative === undefined || row.atLeast) return [];
        const { change, interval } = rowText(row);
        return [line(arm, number, change, interval, row.pAdjusted <= 0.05 ? 'sure' : '')];
      }),
    );
    return lines.length === 0 ? [] : [` ${network}`, ...lines];
  });
  if (blocks.length === 0) return '';
  const title = `Differences from ${armLabel(reference)}, with the 95 % interval over repeats; "sure" means that the rank test, corrected for all of these numbers together, agrees`;
  return [...wrap(title, 80, '  '), ...blocks].join('\n');
}

function line(arm: string, number: NumberName, change: string, interval: string, sure: string): string {
  const name = `${armLabel(arm).padEnd(12)} ${numberLabel(number).padEnd(23)}`;
  return `  ${name} ${change.padStart(10)}  ${interval.padStart(22)}  ${sure}`.trimEnd();
}
