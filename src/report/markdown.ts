import type { Result } from '../result/types.js';
import { headline } from './headline/headline.js';
import { armsOn, type Row } from './rows/builders.js';
import { cubeOf, entryAt } from './rows/cube.js';
import { bestMeaning, type MarkedValue, type Marks, marksOf, readingOf } from './rows/marks.js';
import { pointOf } from './rows/point.js';
import { sectionsOf } from './rows/rows.js';
import { clientErrors, clientErrorsHeading, failedHeading, failures } from './words/client-errors.js';
import { noteMark, unequalHeading } from './words/doubts.js';
import { type NamedResult, titleOf } from './words/named-result.js';
import { heldText, networkTitle, outcomeMarks, provenanceLine, statusSentence } from './words/words.js';

/**
 * A result as Markdown for a pull request or a job summary: what was expected, what the result says in words, the rows that
 * are its point, and folded every row that the terminal prints with --full.
 */
export function renderMarkdown(result: NamedResult): string {
  const marks = marksOf(result);
  const lines = [`### ${escaped(titleOf(result))}${noteMark(marks.notes.ofResult())}`, ''];
  lines.push(...bullets(failedHeading, failures(result.cells)), ...verdictLines(result));
  lines.push(...headline(result).flatMap((sentence) => [`- ${escaped(sentence)}`]), '', ...pointLines(result, marks));
  const networks = [...new Set(result.cells.map((cell) => cell.network.name))];
  const every = networks.flatMap((network) => networkLines(result, network, marks));
  if (every.length > 0) lines.push('<details><summary>Every number</summary>', '', ...every, '</details>', '');
  const without = result.cells.map(statusSentence).filter((text) => text !== undefined);
  const errors = clientErrors(result.cells).map(({ text, hint }) => (hint === undefined ? text : `${text} → ${hint}`));
  lines.push(...bullets('Without numbers', without), ...bullets(clientErrorsHeading, errors));
  lines.push(...bullets(unequalHeading, marks.notes.unequal));
  lines.push(...bullets('Before you believe it', marks.notes.lines()));
  const explained = marks.notes.explained();
  if (explained !== undefined) lines.push(escaped(explained), '');
  const reading = `Bold: ${bestMeaning}; ${readingOf(result)}; ?1: see the first note`;
  lines.push(`<sub>${escaped(provenanceLine(result))}. ${escaped(result.startedAt)}. ${reading}.</sub>`, '');
  return lines.join('\n');
}

function verdictLines(result: Result): string[] {
  if (result.expectations.length === 0) return [];
  const missedFirst = [...result.expectations].sort(
    (a, b) => Number(a.outcome === 'held') - Number(b.outcome === 'held'),
  );
  const rows = missedFirst.map(
    ({ text, outcome, found }) => `| ${outcomeMarks[outcome]} | \`${cell(text)}\` | ${cell(escaped(found))} |`,
  );
  return [`${heldText(result.expectations)}.`, '', '| | Expectation | Found |', '|---|---|---|', ...rows, ''];
}

/** The rows that are the point, network by network. */
function pointLines(result: Result, marks: Marks): string[] {
  const { arms, networks, numbers } = cubeOf(result, marks, pointOf(result), true);
  if (numbers.length === 0) return [];
  return networks.flatMap(({ title, notes }, network) => [
    `| ${cell(escaped(title))} | ${arms.map((arm, i) => cell(escaped(arm)) + noteMark(notes[i] ?? [])).join(' | ')} |`,
    `|---|${arms.map(() => '---:|').join('')}`,
    ...numbers.map(({ label, entries }) => {
      const values = arms.map((_, arm) => valueText(entryAt(entries, network, arm).beside));
      return `| ${cell(escaped(label))} | ${values.join(' | ')} |`;
    }),
    '',
  ]);
}

function networkLines(result: Result, network: string, marks: Marks): string[] {
  const arms = armsOn(result, network).filter((arm) => arm.cells.length > 0);
  if (arms.length === 0) return [];
  const lines = [`**${escaped(networkTitle(result.cells, network))}**`, ''];
  lines.push(
    `| | | ${arms.map(({ arm, cells: own }) => cell(escaped(arm)) + noteMark(marks.notes.ofCells(own))).join(' | ')} |`,
    `|---|---|${arms.map(() => '---:|').join('')}`,
  );
  for (const section of sectionsOf(arms)) {
    lines.push(`| **${escaped(section.heading)}** | |${' |'.repeat(arms.length)}`);
    let above = '';
    for (const row of section.rows) {
      lines.push(rowLine(row, row.label === above ? '' : row.label, marks.ofRow(arms, row)));
      above = row.label;
    }
  }
  return [...lines, ''];
}

function rowLine({ detail }: Row, label: string, values: readonly MarkedValue[]): string {
  return `| ${label} | ${detail} | ${values.map(valueText).join(' | ')} |`;
}

function valueText({ text, best, notes }: MarkedValue): string {
  const shown = cell(text);
  return (best ? `**${shown}**` : shown) + noteMark(notes);
}

function bullets(heading: string, items: readonly string[]): string[] {
  return items.length === 0 ? [] : [`**${heading}**`, '', ...items.map((item) => `- ${escaped(item)}`), ''];
}

/** Names and messages may hold anything; in a table a bar or a line break would end the cell. */
const cell = (text: string): string => text.replaceAll('|', '\\|').replace(/\s*\n\s*/g, ' ');

const escaped = (text: string): string => text.replace(/[\\`*_[\]<>#]/g, '\\$&');
