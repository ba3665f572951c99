import Table from 'cli-table3';
import type { MarkedValue } from '../rows/marks.js';
import { noteMark } from '../words/doubts.js';
import type { Paint } from './colour.js';

const noLines = Object.fromEntries(
  ['top', 'bottom', 'left', 'mid', 'right'].flatMap((side) =>
    ['', '-mid', '-left', '-right'].map((end) => [`${side}${end}`, '']),
  ),
);

/** Columns without lines, one space apart; names to the left, numbers to the right. */
export function plainTable(colWidths: number[], names = 1): Table.Table {
  return new Table({
    chars: { ...noLines, middle: ' ' },
    style: { 'padding-left': 0, 'padding-right': 0, head: [], border: [] },
    colWidths,
    colAligns: colWidths.map((_, i) => (i < names ? 'left' : 'right')),
    wordWrap: false,
  });
}

/** Its lines, without blanks at their ends. */
export const tableText = (table: Table.Table): string => table.toString().replace(/[ \t]+$/gm, '');

/** A number with its marks, without colours. */
export const plainText = ({ text, best, notes }: MarkedValue): string => `${text}${best ? '*' : ''}${noteMark(notes)}`;

/** The same with the best in its colour. */
export const paintedText = ({ text, best, notes }: MarkedValue, paint: Paint): string =>
  (best ? paint.good(`${text}*`) : text) + noteMark(notes);
