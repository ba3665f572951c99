import { errorGroups } from '../../base/error-codes/codes.js';
import type { ErrorMeaning } from '../../base/error-codes/meaning.js';
import type { DoubtMeaning } from '../../result/doubts/meaning.js';
import { doubtFamilies } from '../../result/doubts/table.js';

const generated = 'Generated from the code (`node scripts/docs/codes.mjs`); a test fails when it is stale.';

/** docs/doubts.md: every doubt with what it spoils and what to do. */
export function doubtsMarkdown(): string {
  return [
    '# Doubts',
    '',
    generated,
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

/** docs/errors.md: every error code with its meaning. */
export function errorsMarkdown(): string {
  return [
    '# Error codes',
    '',
    generated,
    '',
    'Codes are stable: match on them, not on the messages. They stand in brackets behind messages, in result.json',
    '(`cells[].errors`, `cells[].error`) and in reports. A number at the end (`MQB_CONNACK_5`) is the code that the broker',
    'sent: look up the one without. Codes without `MQB_` (`ECONNREFUSED`) are the system’s own.',
    '',
    ...Object.entries(errorGroups).flatMap(([group, codes]) => [
      `## ${group}`,
      '',
      ...Object.entries(codes).flatMap(([code, meaning]) => errorLines(code, meaning)),
    ]),
  ]
    .join('\n')
    .trimEnd()
    .concat('\n');
}

function errorLines(code: string, { means, spoils, remedy }: ErrorMeaning): string[] {
  return [
    `### ${code}`,
    '',
    means,
    '',
    ...(spoils === undefined ? [] : [`- **What it spoils**: ${spoils}`]),
    `- **What to do**: ${remedy}`,
    '',
  ];
}

const sentence = (text: string): string => `${text[0]?.toUpperCase() ?? ''}${text.slice(1)}.`;
