import type { Result } from '../result/types.js';
import { headline } from './headline/headline.js';
import { blocksOf } from './rows/blocks.js';
import { cubeOf, type Grid, gridsBy, type Head } from './rows/cube.js';
import { bestMeaning, type MarkedValue, marksOf, readingOf } from './rows/marks.js';
import { pointOf } from './rows/point.js';
import { noteMark } from './words/doubts.js';
import { escapeMarkdown } from './words/escape.js';
import { type NamedResult, titleOf } from './words/named-result.js';
import { failedHeading, type Remarks, remarksOf, withHint } from './words/remarks.js';
import { heldWords, outcomeMarks, provenanceLine } from './words/words.js';

/**
 * A result as Markdown for a pull request or a job summary: what was expected, what the result says in words, the rows that
 * are its point, and folded every row that the terminal prints with --full.
 */
export function renderMarkdown(result: NamedResult): string {
  const { notes } = marksOf(result);
  const remarks = remarksOf(result, notes);
  const listed = (isWanted: (of: Remarks) => boolean): string[] => remarks.filter(isWanted).flatMap(bullets);
  const point = gridsBy(cubeOf(result, pointOf(result), true), 'network', 'number');
  const every = blocksOf(result).flatMap(({ grid }) => gridLines(grid));
  const explained = notes.explained();
  const reading = `Bold: ${bestMeaning}; ${readingOf(result)}; ?1: see the first note`;
  return [
    `### ${escapeMarkdown(titleOf(result))}${noteMark(notes.ofResult())}`,
    '',
    ...listed(({ heading }) => heading === failedHeading),
    ...verdictLines(result),
    ...headline(result).map((sentence) => `- ${escapeMarkdown(sentence)}`),
    '',
    ...point.flatMap(gridLines),
    ...(every.length > 0 ? ['<details><summary>Every number</summary>', '', ...every, '</details>', ''] : []),
    ...listed(({ heading }) => heading !== failedHeading),
    ...(explained === undefined ? [] : [escapeMarkdown(explained), '']),
    `<sub>${escapeMarkdown(provenanceLine(result))}. ${escapeMarkdown(result.startedAt)}. ${reading}.</sub>`,
    '',
  ].join('\n');
}

function verdictLines({ expectations }: Result): string[] {
  if (expectations.length === 0) return [];
  const missedFirst = [...expectations].sort((a, b) => Number(a.outcome === 'held') - Number(b.outcome === 'held'));
  const rows = missedFirst.map(({ text, outcome, found }) =>
    line(outcomeMarks[outcome], `\`${cell(text)}\``, escapeMarkdown(found)),
  );
  return [`${heldWords(expectations).text}.`, '', '| | Expectation | Found |', '|---|---|---|', ...rows, ''];
}

function gridLines({ corner, heads, rows }: Grid): string[] {
  if (heads.length === 0 || rows.length === 0) return [];
  return [
    line(headText(corner), ...heads.map(headText)),
    `|---|${heads.map(() => '---:|').join('')}`,
    ...rows.map(({ head, values }) =>
      values.length === 0
        ? line(`**${headText(head)}**`, ...heads.map(() => ''))
        : line(headText(head), ...values.map(valueText)),
    ),
    '',
  ];
}

const line = (...cells: readonly string[]): string =>
  `|${cells.map((text) => (text === '' ? ' |' : ` ${text} |`)).join('')}`;

const headText = ({ text, notes = [] }: Head): string => escapeMarkdown(text) + noteMark(notes);

function valueText({ text, best, notes }: MarkedValue): string {
  const shown = cell(text);
  return (best ? `**${shown}**` : shown) + noteMark(notes);
}

function bullets({ heading, items }: Remarks): string[] {
  return [`**${heading}**`, '', ...items.map((item) => `- ${escapeMarkdown(withHint(item))}`), ''];
}

/** Names and messages may hold anything; in a table a bar or a line break would end the cell. */
const cell = (text: string): string => text.replaceAll('|', '\\|').replace(/\s*\n\s*/g, ' ');
