import type { MetricName } from '../../metrics/registry.js';
import { fewSamplesDoubts } from '../../result/doubts/few-samples.js';
import { isOfFleet } from '../../result/doubts/of-fleet.js';
import type { DoubtCode } from '../../result/doubts/table.js';
import type { Cell, Doubt, NumberName, Result } from '../../result/types.js';
import { isOfWholeCell, type NotedDoubt, noteInBrief, noteOfCell, noteSentence } from './note-sentence.js';

interface Raised {
  readonly doubt: Doubt;
  /** The number of its note, from 1. */
  readonly note: number;
}

/** Metrics of the time until the clients were connected; a doubt of that phase is about these. */
const ofConnecting = /^(connect\.|rate\.connect$|clients\.(connected|failed)$|wire\.connect\.|broker\.connect\.)/;

/**
 * The doubts of a result, alike ones together and numbered, and which of them stands at which number. Every output asks
 * here, so that all of them show the same doubts at the same numbers.
 */
export class DoubtNotes {
  /** The doubts of each note: all of one code. */
  private readonly notes: NotedDoubt[][] = [];
  private readonly byCell = new Map<string, Raised[]>();
  /** Of the whole result. */
  private readonly general: Raised[];
  /** In what the arms differ beside their transport, a sentence each; these stand apart and have no number. */
  readonly unequal: readonly string[];

  constructor({ cells, doubts }: Pick<Result, 'cells' | 'doubts'>) {
    for (const cell of cells) {
      const raised = doubtsOf(cell).map((doubt) => this.add(cell.id, doubt));
      this.byCell.set(cell.id, raised);
    }
    const isUnequal = ({ code }: Doubt): boolean => code === 'unequal-terms';
    this.general = doubts.filter((doubt) => !isUnequal(doubt)).map((doubt) => this.add('all cells', doubt));
    this.unequal = doubts.filter(isUnequal).map(({ message }) => message);
  }

  private add(cellId: string, doubt: Doubt): Raised {
    let index = this.notes.findIndex(([first]) => first?.doubt.code === doubt.code);
    if (index < 0) index = this.notes.push([]) - 1;
    (this.notes[index] as NotedDoubt[]).push({ cellId, doubt });
    return { doubt, note: index + 1 };
  }

  /** Notes about this number of these repeats, without those that spoil all numbers of their cells ({@link ofCells}). */
  at(cells: readonly Cell[], name: NumberName): number[] {
    const ofCells = new Set(this.ofCells(cells));
    return this.numbers(cells, (doubt, all) => concerns(doubt, name, all)).filter((note) => !ofCells.has(note));
  }

  /** Notes that spoil all numbers of these repeats. */
  ofCells(cells: readonly Cell[]): number[] {
    return this.numbers(cells, isOfWholeCell);
  }

  /** All notes that spoil this number: {@link at} and {@link ofCells}. */
  about(cells: readonly Cell[], name: NumberName): number[] {
    return inOrder([...this.ofCells(cells), ...this.at(cells, name)]);
  }

  /** The codes of {@link about}. */
  codesAbout(cells: readonly Cell[], name: NumberName): DoubtCode[] {
    return this.about(cells, name).flatMap((note) => this.notes[note - 1]?.[0]?.doubt.code ?? []);
  }

  /** Where to read what the doubts mean; nothing without any. */
  explained(): string | undefined {
    const codes = this.codes().map(({ code }) => code);
    return codes.length === 0
      ? undefined
      : `What each means, spoils and asks for is in docs/doubts.md: ${codes.join(', ')}.`;
  }

  /** Notes on the result as a whole. */
  ofResult(): number[] {
    return [...new Set(this.general.map(({ note }) => note))];
  }

  private numbers(cells: readonly Cell[], wanted: (doubt: Doubt, all: readonly Raised[]) => boolean): number[] {
    const found = cells.flatMap(({ id }) => {
      const all = this.byCell.get(id) ?? [];
      return all.filter(({ doubt }) => wanted(doubt, all)).map(({ note }) => note);
    });
    return inOrder(found);
  }

  /** What was found and the advice apart, where there is one cell only. */
  ofOneCell(): { found: string; advice: string | undefined }[] {
    return this.notes.map(noteOfCell);
  }

  /** One line for each of these notes: its number, its code, in how many cells, and what was found with its range. */
  inBrief(wanted: readonly number[]): string[] {
    return inOrder(wanted).map(
      (note) => `?${note} ${noteInBrief(this.notes[note - 1] as NotedDoubt[], this.byCell.size)}`,
    );
  }

  /** The numbers of all notes, each with its code. */
  codes(): { readonly note: number; readonly code: DoubtCode }[] {
    return this.notes.map(([first], i) => ({ note: i + 1, code: (first as NotedDoubt).doubt.code }));
  }

  /** One sentence per note with its number, in their order. */
  lines(): string[] {
    return this.notes.map((doubts, i) => `?${i + 1} ${noteSentence(doubts)}`);
  }
}

/** Each number once. */
export const inOrder = (notes: readonly number[]): number[] => [...new Set(notes)].sort((a, b) => a - b);

export const unequalHeading = 'Not equal between the arms';

/** " ?3" or " ?1,3" to stand behind a number; nothing without a note. */
export function noteMark(notes: readonly number[]): string {
  return notes.length === 0 ? '' : ` ?${notes.join(',')}`;
}

/** The numbers of the notes that are marked in a text, in the form of {@link noteMark}. */
export function marksIn(text: string): number[] {
  return [...text.matchAll(noteMarks)].flatMap(([, list = '']) => list.split(',').map(Number));
}

/** What {@link noteMark} writes. */
export const noteMarks = / \?(\d+(?:,\d+)*)/g;

/**
 * Whether a doubt is about a number. A doubt of the whole cell also spoils the windows, unless the same is said of
 * windows by name: then the others were found to be fine.
 */
function concerns(doubt: Doubt, { metric, statistic, window, fleet }: NumberName, all: readonly Raised[]): boolean {
  if (isOfWholeCell(doubt)) return false; // it stands at the name of the arm
  if (!isOfFleet(doubt, fleet)) return false;
  if (doubt.metric !== undefined && doubt.metric !== metric) return false;
  if (doubt.phase === 'connect' && doubt.metric === undefined && !ofConnecting.test(metric)) return false;
  if (doubt.statistics !== undefined && !doubt.statistics.some((one) => one === statistic)) return false;
  if (doubt.window !== undefined || window === undefined) return doubt.window === window;
  return !all.some(
    ({ doubt: other }) => other.code === doubt.code && other.metric === doubt.metric && other.window !== undefined,
  );
}

/** Results of schema 1 say "few samples" of the P99 only and of no window: it is judged again, from the counts. */
function doubtsOf(cell: Cell): Doubt[] {
  const old = cell.doubts.filter(({ code, metric, statistics }) => code === 'few-samples' && metric && !statistics);
  if (old.length === 0) return [...cell.doubts];
  const windows = Object.entries(cell.windows);
  const again = [fewSamplesDoubts(cell.metrics), ...windows.map(([name, set]) => fewSamplesDoubts(set, name))].flat();
  const known = new Set<MetricName | undefined>(again.map(({ metric }) => metric));
  const rest = old
    .filter(({ metric }) => !known.has(metric))
    .map((doubt) => ({ ...doubt, statistics: ['p99'] as const }));
  return [...cell.doubts.filter((doubt) => !old.includes(doubt)), ...rest, ...again];
}
