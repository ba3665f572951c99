import type { DoubtMeaning } from '../../result/doubts/meaning.js';
import { doubtFamilies } from '../../result/doubts/table.js';

/** docs/doubts.md: every doubt with what it spoils and what to do. */
export function doubtsMarkdown(): string {
  return [
    '# Doubts',
    '',
    'Generated from the code (`node scripts/docs/codes.mjs`); a test fails when it is stale.',
    '',
    'A doubt is a reason to distrust a number. It stands beside the number (`?1`), is spelt out below the table, and is in',
    'result.json (`cells[].doubts`) with its code. A run with doubts is no failed run: it says what its numbers are worth.',
    '',
    ...Object.entries(doubtFamilies).flatMap(([family, doubts]) => [
      `## ${family}`,
      '',
      ...Object.entries(doubts).flatMap(([code, meaning]) => doubtLines(code, meaning)),
    ]),
  ]
    .join('\n')
    .trimEnd()
    .concat('\n');
}

function doubtLines(code: string, { means, spoils, remedy }: DoubtMeaning): string[] {
  return [`### ${code}`, '', sentence(means), '', `- **What it spoils**: ${spoils}`, `- **What to do**: ${remedy}`, ''];
}

const sentence = (text: string): string => `${text[0]?.toUpperCase() ?? ''}${text.slice(1)}.`;
