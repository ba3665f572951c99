import { wrap } from '../../base/text/wrap.js';
import type { Comparison, ComparisonRow, Verdict } from '../../compare/types.js';
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

/** Rows under the name of their cell, columns aligned. What is too wide for that has the name of the number above it. */
function table(rows: readonly ComparisonRow[]): string[] {
  const texts = rows.map(rowText);
  const names = aligned(
    texts.map(({ number }) => number),
    'padEnd',
  );
  const numbers = columnsOf(texts);
  const beside = (gap: string) => texts.map((_, i) => `  ${names[i]}${gap}${numbers[i]?.join(gap)}`.trimEnd());
  const fitting = ['  ', ' '].map(beside).find((lines) => lines.every((line) => line.length <= width));
  return rows.flatMap((row, i) => [
    ...(row.cell === rows[i - 1]?.cell ? [] : [` ${row.cell}`]),
    ...(fitting === undefined
      ? [`  ${texts[i]?.number}`, `    ${numbers[i]?.join(' ').trim()}`]
      : [fitting[i] as string]),
  ]);
}

/** What stands behind the name of each number, padded to the width of its column. */
function columnsOf(texts: readonly RowText[]): string[][] {
  const columns = [
    aligned(texts.map(values), 'padStart'),
    aligned(
      texts.map(({ change }) => change),
      'padStart',
    ),
    aligned(
      texts.map(({ interval }) => interval),
      'padStart',
    ),
    texts.map(({ chance }) => chance),
  ];
  return texts.map((_, i) => columns.map((column) => column[i] as string));
}

function aligned(texts: readonly string[], how: 'padStart' | 'padEnd'): string[] {
  const widest = Math.max(...texts.map((text) => text.length));
  return texts.map((text) => text[how](widest));
}

function values({ base, head }: RowText): string {
  return `${base} → ${head}`;
}
