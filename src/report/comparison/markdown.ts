import type { Comparison, ComparisonRow, Verdict } from '../../compare/types.js';
import { escapeMarkdown } from '../words/escape.js';
import { rowText } from './quantity.js';
import { cautions, outcomeSentence, premise, rowsInOrder } from './words.js';

const words: Record<Verdict, string> = {
  lost: '**no data**',
  worse: '**worse**',
  better: 'better',
  unclear: 'unclear',
  same: 'same',
};

/** A comparison for a pull request or a job summary: what changed in sight, the rest folded away. */
export function comparisonMarkdown(comparison: Comparison): string {
  const isChanged = ({ verdict }: ComparisonRow): boolean => verdict !== 'unclear' && verdict !== 'same';
  const rows = rowsInOrder(comparison);
  const [changed, others] = [rows.filter(isChanged), rows.filter((row) => !isChanged(row))];
  const rest = `${others.length} numbers unclear or the same`;
  const blocks = [
    `### ${escapeMarkdown(`${comparison.scenario}: ${outcomeSentence(comparison)}`)}`,
    escapeMarkdown(premise(comparison)),
    changed.length > 0 ? table(changed) : '',
    list('What these repeats cannot show', comparison.limits),
    list('Before you believe it', cautions(comparison)),
    others.length > 0 ? `<details><summary>${rest}</summary>\n\n${table(others)}\n\n</details>` : '',
  ];
  return `${blocks.filter((block) => block !== '').join('\n\n')}\n`;
}

function table(rows: readonly ComparisonRow[]): string {
  const lines = rows.map((row) => {
    const { number, base, head, change, interval, chance } = rowText(row);
    const cells = [row.cell, number, base, head, change, interval, chance].map(escapeMarkdown);
    return `| ${[...cells, words[row.verdict]].join(' | ')} |`;
  });
  return [
    '| cell | number | base | head | change | 95 % interval | chance | verdict |',
    '|---|---|--:|--:|--:|--:|--:|---|',
    ...lines,
  ].join('\n');
}

const list = (title: string, sentences: readonly string[]): string =>
  sentences.length === 0 ? '' : `**${title}**\n\n${sentences.map((one) => `- ${escapeMarkdown(one)}`).join('\n')}`;
