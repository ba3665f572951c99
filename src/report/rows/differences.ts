import { wrap } from '../../base/text/wrap.js';
import { compareArms } from '../../compare/compare.js';
import type { ComparisonRow } from '../../compare/types.js';
import type { Result } from '../../result/types.js';
import { rowText } from '../comparison/quantity.js';
import { armLabel } from '../words/words.js';

/** What people ask first; the report has the rest. */
const asked = [
  'connect.connack.p50',
  'connect.connack.p95',
  'publish.ack.p50',
  'publish.ack.p95',
  'delivery.e2e.p95',
  'delivery.gap.p95',
  'reconnect.connack.p50',
  'broker.message.cpu',
];

/**
 * How the arms differ from the first one, with 95 % intervals over repeats, for a terminal
 * of 80 columns. Empty with one repeat, which says nothing about its own spread, or one arm.
 */
export function renderDifferences(result: Result): string {
  const arms = [...new Set(result.cells.map((cell) => cell.arm))];
  const [reference, ...others] = arms;
  if (reference === undefined || !result.cells.some((cell) => cell.repeat > 1)) return '';
  const rows = compareArms(result, reference, others, [{ only: asked }], { resamples: 400 }).map((row) => ({
    arm: row.arm,
    row,
  }));
  const shown = rows.filter(({ row }) => row.difference?.relative !== undefined && !row.atLeast);
  if (shown.length === 0) return '';
  const networks = [...new Set(shown.map(({ row }) => row.cell))];
  const lines = networks.flatMap((network) => [
    ` ${network}`,
    ...shown.filter(({ row }) => row.cell === network).map(({ arm, row }) => line(arm, row)),
  ]);
  const title = `Differences from ${armLabel(reference)}, with the 95 % interval over repeats; "sure" means that the rank test, corrected for all of these numbers together, agrees`;
  return [...wrap(title, 80, '  '), ...lines].join('\n');
}

function line(arm: string, row: ComparisonRow): string {
  const { number, change, interval } = rowText(row);
  const sure = row.pAdjusted <= 0.05 ? 'sure' : '';
  return `  ${armLabel(arm).padEnd(12)} ${number.padEnd(22)} ${change.padStart(10)}  ${interval.padStart(22)}  ${sure}`.trimEnd();
}
