import { printableValue } from '../../base/text/printable.js';
import { wrap } from '../../base/text/wrap.js';
import type { Result } from '../../result/types.js';
import { armsOn, type Row } from '../rows/builders.js';
import { cubeOf } from '../rows/cube.js';
import { bestMeaning, type MarkedValue, type Marks, marksOf, readingOf } from '../rows/marks.js';
import { sectionsOf } from '../rows/rows.js';
import { clientErrors, clientErrorsHeading, failedHeading, failures } from '../words/client-errors.js';
import { noteMark, unequalHeading } from '../words/doubts.js';
import { type NamedResult, titleOf } from '../words/named-result.js';
import { networkTitle, outcomeMarks, provenanceLine, statusSentence } from '../words/words.js';
import { colourise, type Paint } from './colour.js';
import { drawGrid, fitted } from './grid.js';
import { byNumber } from './layout.js';
import { mostBlocks, ofMany } from './overview.js';
import { paintedText, plainTable, plainText, tableText } from './plain-table.js';

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
  lines.push(...list(failedHeading, failures(result.cells), paint.bad, columns));
  lines.push(...errorLines(result, paint, columns));
  lines.push(...list(unequalHeading, marks.notes.unequal, paint.warn, columns));
  lines.push(...list('Before you believe it', marks.notes.lines(), paint.warn, columns));
  const explained = marks.notes.explained();
  if (explained !== undefined) lines.push(...wrap(explained, columns).map(paint.faint), '');
  lines.push(...expectationLines(result, paint, columns));
  return lines.join('\n').trimEnd();
}

function networkLines(result: Result, network: string, marks: Marks, paint: Paint, columns: number): string[] {
  const all = armsOn(result, network);
  const arms = all.filter((arm) => arm.cells.length > 0);
  const lines = [paint.bold(networkTitle(result.cells, network))];
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

/** Wide enough for the longest, where one column of that width fits. */
function columnWidth(texts: readonly string[], available: number): number {
  return Math.min(available - 1, Math.max(leastColumn, ...texts.map((text) => text.length)));
}

/** Many networks: one table per number. All the rest is in the report. */
function overviewLines(result: Result, marks: Marks, paint: Paint, columns: number): string[] {
  const grids = byNumber(cubeOf(result, marks, ofMany(result), false));
  return grids.flatMap((grid) => fitted(grid, columns).flatMap((part) => [drawGrid(part, columns, paint), '']));
}

/** Label and detail with their gaps. */
const labelColumns = 32;
/** A value such as `5,000 of 5,000*`. */
const leastColumn = 15;

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
  return tableText(table);
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
