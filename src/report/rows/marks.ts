import type { Cell, NumberName, Result } from '../../result/types.js';
import { DoubtNotes } from '../words/doubts.js';
import { BestMarks } from './best.js';
import type { ArmCells, Row } from './builders.js';

/** What stands at a number: that it is the best of its row, and the doubts about it. */
export interface MarkedValue {
  readonly text: string;
  readonly best: boolean;
  /** Numbers of notes; without those about all numbers of the arm, which stand at its name. */
  readonly notes: readonly number[];
}

/** The marks of a result. Every output takes them from here, so that all of them say the same. */
export class Marks {
  readonly notes: DoubtNotes;
  private readonly best: BestMarks;

  constructor(result: Result) {
    this.notes = new DoubtNotes(result);
    this.best = new BestMarks(result, this.notes);
  }

  /** @param arms as many as the row has values */
  ofRow(arms: readonly ArmCells[], { values, number }: Row): MarkedValue[] {
    return number ? this.ofNumber(arms, values, number) : values.map((text) => ({ text, best: false, notes: [] }));
  }

  ofNumber(arms: readonly ArmCells[], texts: readonly string[], name: NumberName): MarkedValue[] {
    const network = networkOf(arms.flatMap(({ cells }) => cells));
    const best = this.best.of(network, name);
    return arms.map(({ arm, cells }, i) => {
      const text = texts[i] ?? '-';
      const measured = text !== '-';
      return { text, best: measured && best.has(arm), notes: measured ? this.notes.at(cells, name) : [] };
    });
  }
}

const known = new WeakMap<Result, Marks>();

/** The marks of a result, worked out once. */
export function marksOf(result: Result): Marks {
  const marks = known.get(result) ?? new Marks(result);
  known.set(result, marks);
  return marks;
}

const networkOf = ([cell]: readonly Cell[]): string => cell?.network.name ?? '';

/** What marks and numbers of several repeats mean, in one sentence for the foot of a table. */
export function readingOf(result: Result): string {
  const repeats = Math.max(1, ...result.cells.map((cell) => cell.repeat));
  return repeats > 1
    ? `medians of ${repeats} repeats, max: the largest of all, counts of clients and messages: their sums`
    : 'one repeat, which says nothing about how much a number varies, so no best is marked';
}

/** What the mark of the best means. */
export const bestMeaning = 'best of its row, beyond what repeats vary by, and nothing in the row doubted';
