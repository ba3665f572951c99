import Table from 'cli-table3';
import { wrap } from '../../base/text/wrap.js';
import { type Grid, headText } from '../rows/cube.js';
import { type MarkedValue, valueText } from '../rows/marks.js';
import { type Paint, type Style, unpainted } from './colour.js';

const noLines = Object.fromEntries(
  ['top', 'bottom', 'left', 'mid', 'right'].flatMap((side) =>
    ['', '-mid', '-left', '-right'].map((end) => [`${side}${end}`, '']),
  ),
);

/** A head that is longer than its numbers is broken where it can be. */
const headWidth = 10;
/** Names stand below what they are of. */
const indent = '  ';
/** A column is at least one wider than its numbers. */
const gap = 2;

const numbersOf = (rows: Grid['rows']): Grid['rows'] => rows.filter(({ values }) => values.length > 0);

/** Names may be broken down to this width, where arms fit beside each other so. */
const leastNames = 26;

/** Of the column of names, when nothing is broken. */
const namesWidth = ({ corner, rows }: Grid): number =>
  Math.max(corner.text.length, ...numbersOf(rows).map(({ head }) => indent.length + headText(head).length));

const numbersWidth = (grid: Grid): number => columnsOf(grid).reduce((sum, { width }) => sum + gap + width, 0);

export const gridWidth = (grid: Grid): number => namesWidth(grid) + numbersWidth(grid);

/** The names in lines, and the width that they take. */
function namesOf(grid: Grid, columns: number): { readonly width: number; readonly names: string[][] } {
  const width = Math.min(namesWidth(grid), Math.max(leastNames, columns - numbersWidth(grid)));
  const names = grid.rows.map(({ head }) => {
    const name = headText(head);
    const room = width - indent.length;
    return (name.length <= room ? [name] : wrap(name, room, indent)).map((line) => indent + line);
  });
  return { width, names: [wrap(grid.corner.text, width), ...names] };
}

/** Each column's width, and its head in lines of that width. */
function columnsOf({ heads, rows }: Grid): { readonly width: number; readonly lines: string[] }[] {
  return heads.map((one, i) => {
    const head = headText(one);
    const words = head.split(' ').map((word) => word.length);
    const least = head.length <= headWidth ? head.length : Math.max(headWidth, ...words);
    const width = Math.max(least, ...numbersOf(rows).map(({ values }) => valueText(values[i] as MarkedValue).length));
    return { width, lines: wrap(head, width) };
  });
}

/** What stands below one another takes, with an empty line between. @param heights in lines */
export const heightOf = (heights: readonly number[]): number =>
  heights.reduce((sum, height) => sum + height + 1, heights.length > 0 ? -1 : 0);

/** How many lines it takes. */
export function gridHeight(grid: Grid, columns: number): number {
  const [corner = [], ...names] = namesOf(grid, columns).names;
  const heads = columnsOf(grid).map(({ lines }) => lines.length);
  const rows = names.map((lines, i) => (grid.rows[i]?.values.length === 0 ? 1 : lines.length));
  return (grid.groups ? 1 : 0) + Math.max(corner.length, ...heads) + rows.reduce((sum, lines) => sum + lines, 0);
}

/** The whole table, if need be with names in several lines; else as many parts as the width asks for, each with some of the columns. */
export function fitted(grid: Grid, columns: number): Grid[] {
  const least = Math.min(namesWidth(grid), leastNames) + numbersWidth(grid);
  if (least <= columns || grid.heads.length === 1) return [grid];
  let count = grid.heads.length - 1;
  while (count > 1 && gridWidth(part(grid, 0, count)) > columns) count--;
  return [part(grid, 0, count), ...fitted(part(grid, count, grid.heads.length), columns)];
}

const part = ({ corner, heads, rows }: Grid, from: number, to: number): Grid => ({
  corner,
  heads: heads.slice(from, to),
  rows: rows.map((row) => ({ ...row, values: row.values.slice(from, to) })),
});

export function drawGrid(grid: Grid, columns: number, paint: Paint): string {
  const drawn = columnsOf(grid);
  const { width: first, names } = namesOf(grid, columns);
  const colWidths = [first, ...drawn.map(({ width }) => Math.min(width, columns - first - gap) + gap - 1)];
  const table = new Table({
    chars: { ...noLines, middle: ' ' },
    style: { 'padding-left': 0, 'padding-right': 0, head: [], border: [] },
    colWidths,
    colAligns: colWidths.map((_, i) => (i === 0 ? 'left' : 'right')),
    wordWrap: false,
  });
  const cell = (lines: readonly string[], style: Style) => ({
    content: lines.map(style).join('\n'),
    vAlign: 'bottom' as const,
  });
  if (grid.groups) {
    const titles = grid.groups.map(({ title, span }) => ({ colSpan: span, content: paint.bold(title) }));
    table.push(['', ...titles.map((title) => ({ ...title, hAlign: 'right' as const }))]);
  }
  table.push([cell(names[0] as string[], paint.bold), ...drawn.map(({ lines }) => cell(lines, paint.bold))]);
  for (const [i, { head, faint, values }] of grid.rows.entries()) {
    const shade = faint ? paint.faint : unpainted;
    const numbers = values.map((value) => cell([valueText(value, paint.good)], shade));
    if (values.length === 0) table.push([{ colSpan: drawn.length + 1, content: paint.heading(head.text) }]);
    else table.push([cell(names[i + 1] as string[], shade), ...numbers]);
  }
  return table.toString().replace(/[ \t]+$/gm, ''); // without blanks at the ends of lines
}
