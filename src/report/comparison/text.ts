import type { Comparison, ComparisonRow, Verdict } from '../../compare/types.js';
import { wrap } from '../words.js';
import { type RowText, rowText } from './quantity.js';
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
  return sentences.length === 0 ? [] : ['', title, ...sentences.flatMap(bullet)];
}

function bullet(sentence: string): string[] {
  return wrap(`- ${sentence}`, width - 2, '  ').map((line) => `  ${line}`);
}

/** Rows under the name of their cell, columns aligned. */
function table(rows: readonly ComparisonRow[]): string[] {
  const texts = rows.map(rowText);
  const width = (of: (text: RowText) => string) => Math.max(...texts.map((text) => of(text).length));
  const widths = {
    number: width((text) => text.number),
    values: width(values),
    change: width((text) => text.change),
    interval: width((text) => text.interval),
  };
  const lines: string[] = [];
  rows.forEach((row, index) => {
    const text = texts[index] as RowText;
    if (row.cell !== rows[index - 1]?.cell) lines.push(` ${row.cell}`);
    const columns = [
      text.number.padEnd(widths.number),
      values(text).padStart(widths.values),
      text.change.padStart(widths.change),
      text.interval.padStart(widths.interval),
      text.chance,
    ];
    lines.push(`  ${columns.join('  ')}`.trimEnd());
  });
  return lines;
}

function values({ base, head }: RowText): string {
  return `${base} → ${head}`;
}
