import type { Result } from '../../result/types.js';
import { armLabel, networkTitle } from '../words/words.js';
import { armsOn, networksOf, withDetail } from './builders.js';
import type { Grid } from './cube.js';
import { marksOf } from './marks.js';
import { sectionsOf } from './rows.js';

/** Every number of one network, the arms side by side. */
export interface Block {
  readonly network: string;
  readonly grid: Grid;
  /** Names of arms of which no repeat finished; the table is of the others. */
  readonly without: readonly string[];
}

/** Every number of a result, network by network: what all outputs that show everything draw. */
export function blocksOf(result: Result): Block[] {
  const marks = marksOf(result);
  return networksOf(result).map((network) => {
    const all = armsOn(result, network);
    const arms = all.filter(({ cells }) => cells.length > 0);
    const rows = sectionsOf(arms).flatMap(({ heading, rows: ofSection }): Grid['rows'] => [
      { head: { text: heading }, faint: false, values: [] },
      ...ofSection.map((row) => ({
        head: { text: withDetail(row.label, row.detail), number: row.number },
        faint: row.isTheory === true,
        values: marks.ofRow(arms, row),
      })),
    ]);
    return {
      network,
      grid: {
        corner: { text: networkTitle(result.cells, network) },
        heads: arms.map(({ arm, cells }) => ({ text: armLabel(arm), arm, notes: marks.notes.ofCells(cells) })),
        rows,
      },
      without: all.filter((one) => !arms.includes(one)).map(({ arm }) => armLabel(arm)),
    };
  });
}
