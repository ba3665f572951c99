import Table from 'cli-table3';
import { formatDuration } from '../base/units.js';
import type { Cell, Result } from '../result/types.js';
import { colourise, type Paint } from './table-colour.js';
import { mostBlocks, overviewsOf } from './table-overview.js';
import { type ArmCells, type Row, type RowValue, sectionsOf } from './table-rows.js';
import { outcomeMarks, provenanceLine, statusSentence, wrap } from './words.js';
import { DoubtNotes } from './words-doubts.js';

export interface TableOptions {
  /** Default false. */
  readonly colour?: boolean;
  /** Width to fill at most; default and least 80. */
  readonly columns?: number;
}

/** A result for a terminal: per network the arms side by side, best values marked, doubts beside what they doubt. */
export function renderTable(result: Result, options: TableOptions = {}): string {
  const paint = colourise(options.colour ?? false);
  const columns = Math.max(80, Math.min(options.columns ?? 80, 160));
  const doubts = new DoubtNotes(result);
  const lines = [paint.bold(result.scenario.title), ...wrap(provenanceLine(result), columns).map(paint.faint), ''];
  const networks = [...new Set(result.cells.map((cell) => cell.network.name))];
  if (networks.length > mostBlocks) lines.push(...overviewLines(result.cells, paint, columns), '');
  for (const network of networks.length > mostBlocks ? [] : networks) {
    const cells = result.cells.filter((cell) => cell.network.name === network);
    lines.push(...networkLines(cells, doubts, paint, columns), '');
  }
  lines.push(...legend(result, paint));
  lines.push(
    ...list(
      'Without numbers',
      result.cells.map(statusSentence).filter((text) => text !== undefined),
      paint.bad,
      columns,
    ),
  );
  lines.push(...list('Before you believe it', doubts.lines(), paint.warn, columns));
  lines.push(...expectationLines(result, paint, columns));
  return lines.join('\n').trimEnd();
}

function networkLines(cells: readonly Cell[], doubts: DoubtNotes, paint: Paint, columns: number): string[] {
  const [first] = cells;
  if (!first) return [];
  const arms = armsOf(cells).filter((arm) => arm.cells.length > 0);
  const rtt = first.network.rttMicros > 0 ? `, round trip ${formatDuration(first.network.rttMicros)}` : '';
  const lines = [paint.bold(`Network ${first.network.name}${rtt}`)];
  const perTable = Math.max(1, Math.floor((columns - labelColumns) / valueColumns));
  for (let i = 0; i < arms.length; i += perTable) {
    lines.push(armTable(arms.slice(i, i + perTable), arms, doubts, paint));
  }
  const without = [...new Set(cells.map((cell) => cell.arm))].filter((name) => !arms.some((arm) => arm.arm === name));
  if (without.length > 0) lines.push(paint.bad(`  without numbers, see below: ${without.join(', ')}`));
  return lines;
}

/** Many networks: one table per number. What is doubted, and all the rest, is in the report. */
function overviewLines(cells: readonly Cell[], paint: Paint, columns: number): string[] {
  const { arms, overviews } = overviewsOf(cells);
  const first = Math.max(...overviews.flatMap(({ rows }) => rows.map(({ network }) => network.length)), 0) + 3;
  const each = Math.max(8, Math.min(15, Math.floor((columns - first) / arms.length) - 1));
  return overviews.flatMap(({ heading, rows }) => {
    const table = plainTable([first, ...arms.map(() => each)]);
    table.push([{ colSpan: arms.length + 1, content: paint.heading(heading) }]);
    table.push(['', ...arms.map((arm) => paint.bold(arm))]);
    for (const { network, values } of rows) {
      table.push([`  ${network}`, ...values.map(({ text, best }) => (best ? paint.good(`${text}*`) : text))]);
    }
    return [table.toString().replace(/[ \t]+$/gm, ''), ''];
  });
}

/** Label and detail with their gaps; a value such as `5,000 of 5,000*`, with its gap. */
const labelColumns = 32;
const valueColumns = 16;

/** Arms in the order of the run, each with its finished repeats. */
function armsOf(cells: readonly Cell[]): ArmCells[] {
  const names = [...new Set(cells.map((cell) => cell.arm))];
  return names.map((arm) => ({ arm, cells: cells.filter((cell) => cell.arm === arm && cell.status === 'finished') }));
}

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

function armTable(shown: readonly ArmCells[], all: readonly ArmCells[], doubts: DoubtNotes, paint: Paint): string {
  const table = plainTable([20, 10, ...shown.map(() => valueColumns - 1)], 2);
  const places = shown.map((arm) => all.indexOf(arm));
  table.push(['', '', ...shown.map((arm) => paint.bold(arm.arm) + doubts.mark(arm))]);
  for (const section of sectionsOf(all)) {
    table.push([{ colSpan: 2 + shown.length, content: paint.heading(section.heading) }]);
    let above = '';
    for (const row of section.rows) {
      table.push(rowCells(row, row.label === above ? '' : row.label, { places, shown, doubts, paint }));
      above = row.label;
    }
  }
  return table.toString().replace(/[ \t]+$/gm, '');
}

interface RowContext {
  readonly places: readonly number[];
  readonly shown: readonly ArmCells[];
  readonly doubts: DoubtNotes;
  readonly paint: Paint;
}

function rowCells(row: Row, label: string, { places, shown, doubts, paint }: RowContext): string[] {
  const faint = row.detail === 'theory' ? paint.faint : (text: string) => text;
  const text = (value: RowValue, arm: ArmCells): string => {
    const number = value.best ? paint.good(`${value.text}*`) : faint(value.text);
    return value.metric === undefined ? number : number + doubts.mark(arm, value.metric, row.detail);
  };
  const values = places.map((place, i) => text(row.values[place] ?? { text: '-' }, shown[i] as ArmCells));
  return [`  ${label}`, faint(row.detail), ...values];
}

function legend(result: Result, paint: Paint): string[] {
  const repeats = Math.max(1, ...result.cells.map((cell) => cell.repeat));
  const parts = ['* best of its row', 'theory: round trips × the round trip asked for'];
  if (repeats > 1) parts.push(`medians of ${repeats} repeats`);
  return [paint.faint(parts.join('; ')), ''];
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
