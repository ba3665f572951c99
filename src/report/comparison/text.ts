import { wrap } from '../../base/text/wrap.js';
import type { Comparison, ComparisonRow, Verdict } from '../../compare/types.js';
import { rowText } from './quantity.js';
import { cautions, outcomeSentence, premise, rowsWith, verdictOrder } from './words.js';

/** What every terminal has. */
const width = 80;

const titles: Record<Verdict, string> = {
  lost: 'no data any more',
  worse: 'worse',
  better: 'better',
  unclear: 'unclear: neither a change nor its absence can be shown',
  same: 'same: the change is within the margin',
};

/**
 * A comparison for a terminal, at most 80 columns wide with the shipped metric names.
 * @param verbose list the rows that are the same or unclear as well
 */
export function comparisonText(comparison: Comparison, options: { verbose?: boolean } = {}): string {
  const lines = wrap(`${comparison.scenario}: ${premise(comparison)}`, width);
  for (const verdict of verdictOrder) {
    const rows = rowsWith(comparison, verdict);
    if (rows.length === 0) continue;
    const listed = options.verbose || (verdict !== 'same' && verdict !== 'unclear');
    lines.push('', `${titles[verdict]} (${rows.length})${listed ? '' : ', listed with --verbose'}`);
    if (listed) lines.push(...table(rows));
  }
  lines.push(...section('What these repeats cannot show', comparison.limits));
  lines.push(...section('Before you believe it', cautions(comparison)));
  lines.push('', ...wrap(outcomeSentence(comparison), width));
  return lines.join('\n');
}

function section(title: string, sentences: readonly string[]): string[] {
  const bullets = sentences.flatMap((sentence) => wrap(`- ${sentence}`, width - 2, '  ').map((line) => `  ${line}`));
  return bullets.length === 0 ? [] : ['', title, ...bullets];
}

/** Rows under the name of their cell, columns aligned. What is too wide for that has the name of the number above it. */
function table(rows: readonly ComparisonRow[]): string[] {
  const texts = rows.map(rowText).map(({ number, base, head, change, interval, chance }) => {
    return [number, `${base} → ${head}`, change, interval, chance];
  });
  const widths = [0, 1, 2, 3].map((column) => Math.max(...texts.map((cells) => (cells[column] as string).length)));
  const aligned = texts.map(([name = '', ...numbers]) => [
    name.padEnd(widths[0] as number),
    ...numbers.map((text, i) => text.padStart(widths[i + 1] ?? 0)),
  ]);
  const beside = (gap: string) => aligned.map((cells) => `  ${cells.join(gap)}`.trimEnd());
  const fitting = ['  ', ' '].map(beside).find((lines) => lines.every((line) => line.length <= width));
  return rows.flatMap((row, i) => {
    const [name, ...numbers] = aligned[i] as string[];
    const lines = fitting ? [fitting[i] as string] : [`  ${name?.trimEnd()}`, `    ${numbers.join(' ').trim()}`];
    return row.cell === rows[i - 1]?.cell ? lines : [` ${row.cell}`, ...lines];
  });
}
