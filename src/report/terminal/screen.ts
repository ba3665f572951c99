import { shortened } from '../../base/text/shortened.js';
import { wrap } from '../../base/text/wrap.js';
import { headline } from '../headline/headline.js';
import { cubeOf, type Grid } from '../rows/cube.js';
import { marksOf, readingOf, repeatCount } from '../rows/marks.js';
import { pointOf } from '../rows/point.js';
import { clientErrors, failures } from '../words/client-errors.js';
import { marksIn } from '../words/doubts.js';
import { type NamedResult, titleOf } from '../words/named-result.js';
import { withHint } from '../words/remarks.js';
import { heldWords, outcomeMarks, placeText, statusSentences } from '../words/words.js';
import { colourise, type Paint } from './colour.js';
import { drawGrid, heightOf } from './grid.js';
import { tablesOf } from './layout.js';
import { printableResult } from './printable-result.js';
import type { TableOptions } from './table.js';

export interface ScreenOptions extends TableOptions {
  /** Default 40. */
  readonly lines?: number;
}

/** How many lines a part may have, and the same where that would be more than a screen. */
const mostLines = { trouble: [8, 4], missed: [10, 6], doubts: [7, 4], headline: [14, 6] } as const;
/** Less is no table. */
const leastTable = 6;

/**
 * A result on one screen: the rows that are its point, what was expected, the doubts about what is shown, and last what
 * it says in words.
 */
export function renderScreen(given: NamedResult, options: ScreenOptions = {}): string {
  const result = printableResult(given);
  const { colour = false, columns = 80, lines = 40 } = options;
  return new Screen(result, colourise(colour), Math.max(80, Math.min(columns, 200))).render(lines);
}

class Screen {
  private readonly notes;
  /** Worked out once: of repeats they are tested. */
  private readonly sentences: readonly string[];

  constructor(
    private readonly result: NamedResult,
    private readonly paint: Paint,
    private readonly columns: number,
  ) {
    this.notes = marksOf(result).notes;
    this.sentences = headline(result);
  }

  render(lines: number): string {
    const loose = this.parts(0, lines);
    const parts = heightOf(loose.map(({ length }) => length)) <= lines ? loose : this.parts(1, lines);
    return parts.map((part) => part.join('\n')).join('\n\n');
  }

  /** @param tight 1: each part is as short as it can be */
  private parts(tight: 0 | 1, lines: number): string[][] {
    const title = this.title();
    const words = this.headline(mostLines.headline[tight]);
    const judged = this.expectations(mostLines.missed[tight]);
    const trouble = this.trouble(mostLines.trouble[tight]);
    const fixed = heightOf([title, trouble, judged, words].map(({ length }) => length).filter((length) => length > 0));
    // The doubts depend on what is shown: their lines are kept free.
    const doubtLines = Math.min(mostLines.doubts[tight], this.notes.codes().length);
    const room = Math.max(leastTable, lines - fixed - (doubtLines > 0 ? doubtLines + 1 : 0) - 1);
    const tables = tablesOf(cubeOf(this.result, pointOf(this.result), true), this.columns, room);
    const doubts = this.doubts([...notesOf(tables), ...marksIn(words.join('\n'))], mostLines.doubts[tight]);
    return [title, this.drawn(tables, room), trouble, judged, doubts, words].filter((part) => part.join('') !== '');
  }

  /** Where even the shortest form is too long, as much of it as there is room for. */
  private drawn(tables: readonly Grid[], room: number): string[] {
    const text = tables.map((grid) => drawGrid(grid, this.columns, this.paint)).join('\n\n');
    const lines = text.split('\n');
    return lines.length <= room ? lines : [...lines.slice(0, room - 1), this.paint.faint('  … all of it with --full')];
  }

  private title(): string[] {
    const { provenance } = this.result;
    const { machine, seed } = provenance;
    const reading = repeatCount(this.result) > 1 ? readingOf(this.result).split(',')[0] : 'one repeat';
    const about = `${machine.cpu}, ${machine.cores} cores, ${placeText(provenance)}, seed ${seed}; ${reading}`;
    return [
      ...wrap(titleOf(this.result), this.columns).map(this.paint.bold),
      this.paint.faint(shortened(about, this.columns)),
    ];
  }

  /** What did not run, is no success, or went wrong for clients by no event of the run. */
  private trouble(most: number): string[] {
    const { cells } = this.result;
    const sentences = [
      ...statusSentences(cells),
      ...failures(cells).map((text) => `Failed: ${text}`),
      ...clientErrors(cells)
        .filter(({ isOfTheRun }) => !isOfTheRun)
        .map(withHint),
    ];
    const blocks = sentences.map((text) => wrap(text, this.columns, '  ').map(this.paint.bad));
    return this.clipped(blocks, most, (left) => `${left} more of what went wrong`);
  }

  /** What did not hold, each in full, and how many did. */
  private expectations(most: number): string[] {
    const { expectations } = this.result;
    if (expectations.length === 0) return [];
    const missed = expectations.filter(({ outcome }) => outcome === 'missed' || outcome === 'no-data');
    const blocks = missed.map(({ text, outcome, found }) => {
      const mark = outcomeMarks[outcome];
      const [first = '', ...rest] = wrap(`${mark}: ${text}; found ${found}`, this.columns, '    ');
      return [first.replace(mark, this.paint.bad(mark)), ...rest];
    });
    const { text, isGood } = heldWords(expectations);
    return [
      ...this.clipped(blocks, most, (left) => `${left} more not met`),
      (isGood ? this.paint.good : this.paint.bad)(text),
    ];
  }

  /** A line for each kind of doubt about what is shown; those about other numbers by name. */
  private doubts(shown: readonly number[], most: number): string[] {
    const ofResult = this.notes.ofResult();
    const codes = this.notes.codes();
    const wanted = codes.filter(({ note }) => shown.includes(note) || ofResult.includes(note));
    const others = codes.filter((one) => !wanted.includes(one));
    const room = most - (others.length > 0 ? 1 : 0);
    const lines = this.notes.inBrief(wanted.slice(0, room).map(({ note }) => note));
    const left = wanted.slice(room);
    const rest = [...left, ...others].map(({ note, code }) => `?${note} ${code}`);
    const which = left.length > 0 ? 'More doubts' : 'Doubts about numbers not shown here';
    const restLine = shortened(`${which}: ${rest.join(', ')}`, this.columns);
    return [
      ...lines.map((line) => shortened(line, this.columns).replace(/^\?\d+ [\w-]+/, this.paint.warn)),
      ...(rest.length > 0 ? [this.paint.faint(restLine)] : []),
    ];
  }

  private headline(most: number): string[] {
    const blocks = this.sentences.map((sentence) => wrap(sentence, this.columns, '  '));
    return this.clipped(blocks, most, (left) => `${left} more ${left === 1 ? 'sentence' : 'sentences'}`);
  }

  /** The first of some blocks, whole, and how many are left. */
  private clipped(blocks: readonly string[][], most: number, more: (left: number) => string): string[] {
    const lines: string[] = [];
    for (const [i, block] of blocks.entries()) {
      const isLast = i === blocks.length - 1;
      if (lines.length + block.length > most - (isLast ? 0 : 1) && lines.length > 0) {
        return [...lines, this.paint.faint(`  … ${more(blocks.length - i)}`)];
      }
      lines.push(...block);
    }
    return lines;
  }
}

/** Of everything that tables show. */
const notesOf = (grids: readonly Grid[]): number[] =>
  grids.flatMap(({ heads, rows }) => [
    ...[...heads, ...rows.map(({ head }) => head)].flatMap(({ notes = [] }) => notes),
    ...rows.flatMap(({ values }) => values.flatMap(({ notes }) => notes)),
  ]);
