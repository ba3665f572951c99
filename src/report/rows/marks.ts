import type { Result } from '../../result/types.js';
import { DoubtNotes, noteMark } from '../words/doubts.js';
import { BestMarks } from './best.js';
import type { ArmCells, Row } from './builders.js';

/** What stands at a number: that it is the best of its row, and the doubts about it. */
export interface MarkedValue {
  readonly text: string;
  readonly best: boolean;
  /** Numbers of notes; without those about all numbers of the arm, which stand at its name. */
  readonly notes: readonly number[];
}

/** The same in plain text. @param good paints the best */
export const valueText = ({ text, best, notes }: MarkedValue, good = (one: string) => one): string =>
  (best ? good(`${text}*`) : text) + noteMark(notes);

/** The marks of a result. Every output takes them from here, so that all of them say the same. */
export class Marks {
  readonly notes: DoubtNotes;
  private readonly best: BestMarks;

  constructor(result: Result) {
    this.notes = new DoubtNotes(result);
    this.best = new BestMarks(result, this.notes);
  }

  /** @param arms as many as the row has values */
  ofRow(arms: readonly ArmCells[], { values, number }: Pick<Row, 'values' | 'number'>): MarkedValue[] {
    const network = arms.flatMap(({ cells }) => cells)[0]?.network.name ?? '';
    const best = number === undefined ? new Set() : this.best.of(network, number);
    return arms.map(({ arm, cells }, i) => {
      const text = values[i] ?? '-';
      if (number === undefined || text === '-') return { text, best: false, notes: [] };
      return { text, best: best.has(arm), notes: this.notes.at(cells, number) };
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

export const repeatCount = ({ cells }: Pick<Result, 'cells'>): number =>
  Math.max(1, ...cells.map(({ repeat }) => repeat));

/** What marks and numbers of several repeats mean, in one sentence for the foot of a table. */
export function readingOf(result: Result): string {
  const repeats = repeatCount(result);
  return repeats > 1
    ? `medians of ${repeats} repeats, max: the largest of all, counts of clients and messages: their sums`
    : 'one repeat, which says nothing about how much a number varies, so no best is marked';
}

/** What the mark of the best means. */
export const bestMeaning = 'best of its row, beyond what repeats vary by, and nothing in the row doubted';
