import type { Comparison, ComparisonRow, Verdict } from '../../compare/types.js';
import { rowText } from './quantity.js';
import { cautions, outcomeSentence, premise, rowsWith } from './words.js';

/** A comparison for a pull request or a job summary: what changed in sight, the rest folded away. */
export function comparisonMarkdown(comparison: Comparison): string {
  const changed = (['lost', 'worse', 'better'] as const).flatMap((verdict) => rowsWith(comparison, verdict));
  const others = (['unclear', 'same'] as const).flatMap((verdict) => rowsWith(comparison, verdict));
  const blocks = [`### ${plain(`${comparison.scenario}: ${outcomeSentence(comparison)}`)}`, plain(premise(comparison))];
  if (changed.length > 0) blocks.push(table(changed));
  if (comparison.limits.length > 0) blocks.push(list('What these repeats cannot show', comparison.limits));
  const doubts = cautions(comparison);
  if (doubts.length > 0) blocks.push(list('Before you believe it', doubts));
  if (others.length > 0) {
    blocks.push(
      `<details><summary>${others.length} numbers unclear or the same</summary>\n\n${table(others)}\n\n</details>`,
    );
  }
  return `${blocks.join('\n\n')}\n`;
}

const words: Record<Verdict, string> = {
  lost: '**no data**',
  worse: '**worse**',
  better: 'better',
  unclear: 'unclear',
  same: 'same',
};

function table(rows: readonly ComparisonRow[]): string {
  const lines = rows.map((row) => {
    const text = rowText(row);
    const cells = [row.cell, text.number, text.base, text.head, text.change, text.interval, text.chance];
    return `| ${[...cells.map(plain), words[row.verdict]].join(' | ')} |`;
  });
  return [
    '| cell | number | base | head | change | 95 % interval | chance | verdict |',
    '|---|---|--:|--:|--:|--:|--:|---|',
    ...lines,
  ].join('\n');
}

function list(title: string, sentences: readonly string[]): string {
  return `**${title}**\n\n${sentences.map((sentence) => `- ${plain(sentence)}`).join('\n')}`;
}

/** Names come from scenario files: nothing in them may become markup. */
function plain(text: string): string {
  return text
    .replace(/[\\`*_[\]<>|]/g, (character) => (character === '<' ? '&lt;' : `\\${character}`))
    .replace(/\n/g, ' ');
}
