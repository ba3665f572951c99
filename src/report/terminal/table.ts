import Table from 'cli-table3';
import { printableValue } from '../../base/text/printable.js';
import { wrap } from '../../base/text/wrap.js';
import { formatDuration } from '../../base/units.js';
import type { Result } from '../../result/types.js';
import { armsOn, type Row } from '../rows/builders.js';
import { bestMeaning, type MarkedValue, type Marks, marksOf, readingOf } from '../rows/marks.js';
import { sectionsOf } from '../rows/rows.js';
import { clientErrors, clientErrorsHeading } from '../words/client-errors.js';
import { noteMark, unequalHeading } from '../words/doubts.js';
import { type NamedResult, titleOf } from '../words/named-result.js';
import { outcomeMarks, provenanceLine, statusSentence } from '../words/words.js';
import { colourise, type Paint } from './colour.js';
import { mostBlocks, overviewsOf } from './overview.js';

export interface TableOptions {
  /** Default false. */
  readonly colour?: boolean;
  /** Width to fill at most; default and least 80. */
  readonly columns?: number;
}

/** A result for a terminal: per network the arms side by side, best values marked, doubts beside what they doubt. */
export function renderTable(given: NamedResult, options: TableOptions = {}): string {
  const result = printableValue(given); // what is coloured is drawn as it is, and a result holds text of others
  const paint = colourise(options.colour ?? false);
  const columns = Math.max(80, Math.min(options.columns ?? 80, 160));
  const marks = marksOf(result);
  const title = paint.bold(titleOf(result)) + noteMark(marks.notes.ofResult());
  const lines = [title, ...wrap(provenanceLine(result), columns).map(paint.faint), ''];
  const networks = [...new Set(result.cells.map((cell) => cell.network.name))];
  if (networks.length > mostBlocks) lines.push(...overviewLines(result, marks, paint, columns), '');
  for (const network of networks.length > mostBlocks ? [] : networks) {
    lines.push(...networkLines(result, network, marks, paint, columns), '');
  }
  lines.push(...legend(result, paint, columns));
  lines.push(
    ...list(
      'Without numbers',
      result.cells.map(statusSentence).filter((text) => text !== undefined),
      paint.bad,
      columns,
    ),
  );
  lines.push(...errorLines(result, paint, columns));
  lines.push(...list(unequalHeading, marks.notes.unequal, paint.warn, columns));
  lines.push(...list('Before you believe it', marks.notes.lines(), paint.warn, columns));
  const explained = marks.notes.explained();
  if (explained !== undefined) lines.push(...wrap(explained, columns).map(paint.faint), '');
  lines.push(...expectationLines(result, paint, columns));
  return lines.join('\n').trimEnd();
}

function networkLines(result: Result, network: string, marks: Marks, paint: Paint, columns: number): string[] {
  const first = result.cells.find((cell) => cell.network.name === network);
  if (!first) return [];
  const all = armsOn(result, network);
  const arms = all.filter((arm) => arm.cells.length > 0);
  const rtt = first.network.rttMicros > 0 ? `, round trip ${formatDuration(first.network.rttMicros)}` : '';
  const lines = [paint.bold(`Network ${first.network.name}${rtt}`)];
  const blocks = sectionsOf(arms).map(({ heading, rows }): Block => {
    return { heading, rows: rows.map((row) => ({ row, values: marks.ofRow(arms, row) })) };
  });
  const heads = arms.map((arm) => arm.arm + noteMark(marks.notes.ofCells(arm.cells)));
  const texts = blocks.flatMap(({ rows }) => rows.flatMap(({ values }) => values.map(plainText)));
  const width = columnWidth(texts, columns - labelColumns);
  const perTable = Math.max(1, Math.floor((columns - labelColumns) / (width + 1)));
  for (let from = 0; from < arms.length; from += perTable) {
    lines.push(armTable(blocks, heads, { from, to: Math.min(arms.length, from + perTable), width }, paint));
  }
  const without = all.filter((arm) => arm.cells.length === 0).map((arm) => arm.arm);
  if (without.length > 0) lines.push(paint.bad(`  without numbers, see below: ${without.join(', ')}`));
  return lines;
}

/** A number with its marks, without colours. */
const plainText = ({ text, best, notes }: MarkedValue): string => `${text}${best ? '*' : ''}${noteMark(notes)}`;

/** Wide enough for the longest, where one column of that width fits. */
function columnWidth(texts: readonly string[], available: number): number {
  return Math.min(available - 1, Math.max(leastColumn, ...texts.map((text) => text.length)));
}

/** Many networks: one table per number. All the rest is in the report. */
function overviewLines(result: Result, marks: Marks, paint: Paint, columns: number): string[] {
  const { arms, overviews } = overviewsOf(result, marks);
  const first = Math.max(...overviews.flatMap(({ rows }) => rows.map(({ network }) => network.length)), 0) + 3;
  return overviews.flatMap(({ heading, rows }) => {
    const texts = rows.flatMap(({ values }) => values.map(plainText));
    const longest = Math.max(8, ...texts.map((text) => text.length), ...arms.map((arm) => Math.min(arm.length, 15)));
    const each = Math.min(columns - first - 1, longest);
    const perTable = Math.max(1, Math.floor((columns - first) / (each + 1)));
    const tables: string[] = [];
    for (let from = 0; from < arms.length; from += perTable) {
      const table = plainTable([first, ...arms.slice(from, from + perTable).map(() => each)]);
      const shown = arms.slice(from, from + perTable);
      table.push([{ colSpan: shown.length + 1, content: paint.heading(heading) }]);
      table.push(['', ...shown.map((arm) => paint.bold(arm))]);
      for (const { network, values } of rows) {
        table.push([`  ${network}`, ...values.slice(from, from + perTable).map((value) => paintedText(value, paint))]);
      }
      tables.push(table.toString().replace(/[ \t]+$/gm, ''), '');
    }
    return tables;
  });
}

const paintedText = ({ text, best, notes }: MarkedValue, paint: Paint): string =>
  (best ? paint.good(`${text}*`) : text) + noteMark(notes);

/** Label and detail with their gaps. */
const labelColumns = 32;
/** A value such as `5,000 of 5,000*`. */
const leastColumn = 15;

const noLines = Object.fromEntries(
  ['top', 'bottom', 'left', 'mid', 'right'].flatMap((side) =>
    ['', '-mid', '-left', '-right'].map((end) => [`${side}${end}`, '']),
  ),
);

/** Columns without lines, one space apart; names to the left, numbers to the right. */
function plainTable(colWidths: number[], names = 1): Table.Table {
  return new Table({
    chars: { ...noLines, middle: ' ' },
    style: { 'padding-left': 0, 'padding-right': 0, head: [], border: [] },
    colWidths,
    colAligns: colWidths.map((_, i) => (i < names ? 'left' : 'right')),
    wordWrap: false,
  });
}

/** A section of the table with its values as they are shown. */
interface Block {
  readonly heading: string;
  readonly rows: readonly { readonly row: Row; readonly values: readonly MarkedValue[] }[];
}

function armTable(
  blocks: readonly Block[],
  heads: readonly string[],
  { from, to, width }: { readonly from: number; readonly to: number; readonly width: number },
  paint: Paint,
): string {
  const shown = heads.slice(from, to);
  const table = plainTable([20, 10, ...shown.map(() => width)], 2);
  table.push(['', '', ...shown.map((head) => paint.bold(head))]);
  for (const { heading, rows } of blocks) {
    table.push([{ colSpan: 2 + shown.length, content: paint.heading(heading) }]);
    let above = '';
    for (const { row, values } of rows) {
      const faint = row.detail === 'theory' ? paint.faint : (text: string) => text;
      const texts = values.slice(from, to).map((value) => faint(paintedText(value, paint)));
      table.push([`  ${row.label === above ? '' : row.label}`, faint(row.detail), ...texts]);
      above = row.label;
    }
  }
  return table.toString().replace(/[ \t]+$/gm, '');
}

function legend(result: Result, paint: Paint, columns: number): string[] {
  const parts = [`* ${bestMeaning}`, 'theory: round trips × the round trip asked for', readingOf(result)];
  return [...wrap(parts.join('; '), columns).map(paint.faint), ''];
}

function list(
  heading: string,
  items: readonly string[],
  paintHeading: (text: string) => string,
  columns: number,
): string[] {
  if (items.length === 0) return [];
  return [
    paintHeading(heading),
    ...items.flatMap((item) => wrap(item, columns - 4, '   ').map((line) => `  ${line}`)),
    '',
  ];
}

function errorLines(result: Result, paint: Paint, columns: number): string[] {
  const errors = clientErrors(result.cells);
  if (errors.length === 0) return [];
  const lines = errors.flatMap(({ text, hint }) => [
    ...wrap(text, columns - 4, '   ').map((line) => `  ${line}`),
    ...(hint === undefined ? [] : wrap(`→ ${hint}`, columns - 7, '  ').map((line) => `     ${line}`)),
  ]);
  return [paint.bold(clientErrorsHeading), ...lines, ''];
}

function expectationLines(result: Result, paint: Paint, columns: number): string[] {
  if (result.expectations.length === 0) return [];
  const lines = result.expectations.flatMap(({ text, outcome, found }) => {
    const colour = outcome === 'held' ? paint.good : outcome === 'unsupported' ? paint.warn : paint.bad;
    const [first = '', ...rest] = wrap(`${outcomeMarks[outcome]}: ${text}`, columns - 2, '    ');
    const painted = first.replace(outcomeMarks[outcome], colour(outcomeMarks[outcome]));
    return [
      `  ${painted}`,
      ...rest.map((line) => `  ${line}`),
      ...wrap(`      ${found}`, columns - 6).map((line) => `      ${line}`),
    ];
  });
  return [paint.bold('Expectations'), ...lines, ''];
}
