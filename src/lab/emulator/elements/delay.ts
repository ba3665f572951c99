import { Heap } from '../../../base/heap.js';
import type { Random } from '../../../base/numbers/random.js';
import type { Impairment } from '../../contract.js';
import { Chance } from '../chance.js';
import type { Element, Surroundings } from './element.js';
import { jitterSource } from './jitter.js';

/**
 * Holds every packet for its delay: a heap ordered by due time, then by order of arrival. Jitter therefore reorders packets, as
 * netem's does (tc-netem(8)). A share of the packets may overtake: they leave at once.
 */
export class Delay implements Element {
  private readonly heap: Heap;
  private readonly sequence: Float64Array;
  private serial = 0;
  private readonly jitter: (() => number) | undefined;
  private readonly overtake: Chance | undefined;
  private readonly gap: number;
  private sinceOvertake = 0;
  /** When the packet that leaves last of all that came will leave. */
  private lastDue = 0;

  constructor(
    private readonly around: Surroundings,
    random: Random,
    private readonly settings: Impairment,
    private readonly limit: number,
  ) {
    const { at, count } = around.slots;
    const sequence = new Float64Array(count);
    this.sequence = sequence;
    this.heap = new Heap(count, (a, b) => at[a]! < at[b]! || (at[a] === at[b] && sequence[a]! < sequence[b]!));
    this.jitter = settings.jitterMicros ? jitterSource(random.fork(), settings) : undefined;
    this.overtake = settings.reorder
      ? new Chance(random.fork(), settings.reorder, settings.reorderCorrelation)
      : undefined;
    this.gap = settings.reorderGap ?? 1;
  }

  push(slot: number): void {
    if (this.heap.size >= this.limit) {
      this.around.witness.dropped(slot, 'queue-full');
      this.around.slots.free(slot);
      return;
    }
    const due = this.around.slots.at[slot]! + this.delay();
    this.around.slots.at[slot] = due;
    // Whatever made it early: the one that leaves last is still here then, and came before.
    if (due < this.lastDue) this.around.witness.reordered();
    else this.lastDue = due;
    this.sequence[slot] = this.serial++;
    this.heap.push(slot); // a constant delay appends in order: O(1) in the common case
  }

  /** netem's rule: only every gap-th packet is a candidate, and it overtakes with the given share. */
  private delay(): number {
    const fixed = this.settings.delayMicros ?? 0;
    if (this.overtake && this.sinceOvertake >= this.gap - 1) {
      this.around.witness.tried('reorder');
      if (this.overtake.next()) {
        this.sinceOvertake = 0;
        this.around.witness.hit('reorder');
        return 0;
      }
    }
    this.sinceOvertake++;
    return this.jitter ? Math.max(0, fixed + this.jitter()) : fixed;
  }

  pop(now: number): number {
    return this.nextDue() > now ? -1 : this.heap.pop();
  }

  nextDue(): number {
    return this.heap.size === 0 ? Number.POSITIVE_INFINITY : this.around.slots.at[this.heap.top]!;
  }

  get pending(): number {
    return this.heap.size;
  }
}
