import { wrap } from '../../base/text/wrap.js';
import type { MarkedValue } from '../rows/marks.js';
import type { Paint } from './colour.js';
import { paintedText, plainTable, plainText, tableText } from './plain-table.js';

/** A table of numbers: names down, heads across. */
export interface Grid {
  /** Above the names: what the whole table is about. */
  readonly corner: string;
  /** What heads that stand beside each other have in common, on a line of its own. */
  readonly groups?: readonly { readonly title: string; readonly span: number }[];
  readonly heads: readonly string[];
  readonly rows: readonly { readonly name: string; readonly faint: boolean; readonly values: readonly MarkedValue[] }[];
}

/** A head that is longer than its numbers is broken where it can be. */
const headWidth = 10;

/** Two columns between the names and the first number. */
const namesWidth = ({ corner, rows }: Grid): number =>
  Math.max(corner.length, ...rows.map(({ name }) => name.length)) + 2;

function columnWidths({ heads, rows }: Grid): number[] {
  return heads.map((head, i) => {
    const words = head.split(' ').map((word) => word.length);
    const least = head.length <= headWidth ? head.length : Math.max(headWidth, ...words);
    return Math.max(least, ...rows.map(({ values }) => plainText(values[i] as MarkedValue).length));
  });
}

/** A column is at least one wider than its numbers. */
const gap = 2;

export const gridWidth = (grid: Grid): number =>
  namesWidth(grid) + columnWidths(grid).reduce((sum, width) => sum + width + gap, -gap);

/** What stands below one another takes, with an empty line between. @param heights in lines */
export const heightOf = (heights: readonly number[]): number =>
  heights.reduce((sum, height) => sum + height + 1, heights.length > 0 ? -1 : 0);

/** How many lines it takes. */
export function gridHeight(grid: Grid): number {
  return (grid.groups ? 1 : 0) + headLines(grid).length + grid.rows.length;
}

/** Heads with their line breaks, line by line, the last line full. */
function headLines(grid: Grid): string[][] {
  const widths = columnWidths(grid);
  const wrapped = grid.heads.map((head, i) => wrap(head, widths[i] as number));
  const most = Math.max(1, ...wrapped.map((lines) => lines.length));
  return Array.from({ length: most }, (_, line) => wrapped.map((lines) => lines[line - (most - lines.length)] ?? ''));
}

/** The table in as many parts as the width asks for, each with some of the columns. */
export function fitted(grid: Grid, columns: number): Grid[] {
  if (gridWidth(grid) <= columns || grid.heads.length === 1) return [grid];
  let count = grid.heads.length - 1;
  while (count > 1 && gridWidth(part(grid, 0, count)) > columns) count--;
  return [part(grid, 0, count), ...fitted(part(grid, count, grid.heads.length), columns)];
}

function part({ corner, heads, rows }: Grid, from: number, to: number): Grid {
  return {
    corner,
    heads: heads.slice(from, to),
    rows: rows.map((row) => ({ ...row, values: row.values.slice(from, to) })),
  };
}

export function drawGrid(grid: Grid, columns: number, paint: Paint): string {
  const first = Math.min(namesWidth(grid), columns - 12) - gap;
  const most = columns - first - gap;
  const widths = columnWidths(grid).map((width) => Math.min(width, most));
  const table = plainTable([first, ...widths.map((width) => width + gap - 1)]);
  const groups = grid.groups?.map(({ title, span }) => ({ colSpan: span, content: paint.bold(title) }));
  if (groups) table.push(['', ...groups.map((group) => ({ ...group, hAlign: 'right' as const }))]);
  const lines = headLines(grid);
  for (const [i, line] of lines.entries()) {
    const corner = i === lines.length - 1 ? grid.corner : '';
    table.push([paint.bold(corner), ...line.map(paint.bold)]);
  }
  for (const { name, faint, values } of grid.rows) {
    const shade = faint ? paint.faint : (text: string) => text;
    table.push([shade(name), ...values.map((value) => shade(paintedText(value, paint)))]);
  }
  return tableText(table);
}
