import type { CellRepeats } from '../../compare/observations.js';
import type { NumberName } from '../../result/types.js';
import { combine, combinedText } from '../rows/number.js';
import { type DoubtNotes, noteMark } from '../words/doubts.js';
import { armLabel } from '../words/words.js';

/** A number of an arm with its unit and the doubts about it: "64.0 ms ?2". */
export interface Told {
  readonly who: string;
  readonly value: number;
  readonly text: string;
}

/** What each arm has of a number, smallest first; those without it are left out. */
export function told(groups: readonly CellRepeats[], name: NumberName, notes: DoubtNotes): Told[] {
  return groups
    .map(({ arm, repeats }): Told => {
      const number = combine(repeats, name);
      const text = combinedText(number, name.metric) + noteMark(notes.about(repeats, name));
      return { who: armLabel(arm), value: number.value, text };
    })
    .filter(({ value }) => !Number.isNaN(value))
    .sort((a, b) => a.value - b.value);
}
