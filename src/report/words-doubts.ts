import type { Cell, Doubt, Result } from '../result/types.js';

/** The same doubt, wherever it was raised. */
interface Note {
  readonly doubt: Doubt;
  readonly cells: Set<string>;
  readonly metrics: Set<string>;
}

/** Numbers the doubts of a result, alike ones together, and says which of them stands beside a value. */
export class DoubtNotes {
  private readonly notes: Note[] = [];
  private readonly byPlace = new Map<string, { readonly number: number; readonly code: Doubt['code'] }>();

  constructor(result: Result) {
    for (const cell of result.cells) {
      for (const doubt of cell.doubts) this.add(cell.id, doubt);
    }
    for (const doubt of result.doubts) this.add('all cells', doubt);
  }

  private add(cellId: string, doubt: Doubt): void {
    const same = ({ doubt: other }: Note): boolean =>
      other.code === doubt.code && other.message === doubt.message && other.advice === doubt.advice;
    let index = this.notes.findIndex(same);
    if (index < 0) index = this.notes.push({ doubt, cells: new Set(), metrics: new Set() }) - 1;
    const note = this.notes[index] as Note;
    note.cells.add(cellId);
    if (doubt.metric) note.metrics.add(doubt.metric);
    const place = `${cellId} ${doubt.metric ?? ''}`;
    if (!this.byPlace.has(place)) this.byPlace.set(place, { number: index + 1, code: doubt.code });
  }

  /**
   * ` ?3` for a doubted metric of an arm, or of the whole arm without a metric, else nothing.
   * @param detail which percentile the value is: that there are few samples is said of the outermost only
   */
  mark(arm: { readonly cells: readonly Cell[] }, metric?: string, detail?: string): string {
    for (const cell of arm.cells) {
      const note = this.byPlace.get(`${cell.id} ${metric ?? ''}`);
      if (note && (note.code !== 'few-samples' || metric === undefined || detail === 'P99')) return ` ?${note.number}`;
    }
    return '';
  }

  /** One sentence per doubt, in the order of their numbers. */
  sentences(): string[] {
    return this.notes.map(({ doubt, cells, metrics }) => {
      const about = metrics.size > 0 ? ` ${some([...metrics], 'metrics')}:` : '';
      const advice = doubt.advice ? ` (${doubt.advice})` : '';
      return `${some([...cells], 'cells')}:${about} ${doubt.message}${advice}`;
    });
  }

  /** {@link sentences} with their numbers. */
  lines(): string[] {
    return this.sentences().map((sentence, i) => `?${i + 1} ${sentence}`);
  }
}

/** Up to four names; of more, the first three and how many there are. */
function some(names: readonly string[], what: string): string {
  return names.length <= 4 ? names.join(', ') : `${names.slice(0, 3).join(', ')} … (${names.length} ${what})`;
}
