import type { Random } from '../../../base/random.js';
import type { Impairment } from '../../contract.js';
import { Chance } from '../chance.js';
import type { Element, Surroundings } from './element.js';
import { jitterSource } from './jitter.js';

/**
 * Holds every packet for its delay: a heap ordered by due time, then by order of
 * arrival. Jitter therefore reorders packets, as netem's does (tc-netem(8)).
 * A share of the packets may overtake: they leave at once.
 */
export class Delay implements Element {
  private readonly heap: Int32Array;
  private readonly sequence: Float64Array;
  private count = 0;
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
    this.heap = new Int32Array(around.slots.count + 1);
    this.sequence = new Float64Array(around.slots.count);
    this.jitter = settings.jitterMicros ? jitterSource(random.fork(), settings) : undefined;
    this.overtake = settings.reorder
      ? new Chance(random.fork(), settings.reorder, settings.reorderCorrelation)
      : undefined;
    this.gap = settings.reorderGap ?? 1;
  }

  push(slot: number): void {
    if (this.count >= this.limit) {
      this.around.witness.dropped(slot, 'queue-full');
      this.around.slots.free(slot);
      return;
    }
    const due = this.around.slots.at[slot]! + this.delayOf(slot);
    this.around.slots.at[slot] = due;
    // Whatever made it early: the one that leaves last is still here then, and came before.
    if (due < this.lastDue) this.around.witness.reordered(slot);
    else this.lastDue = due;
    this.sequence[slot] = this.serial++;
    this.rise(slot);
  }

  /** netem's rule: only every gap-th packet is a candidate, and it overtakes with the given share. */
  private delayOf(slot: number): number {
    const fixed = this.settings.delayMicros ?? 0;
    if (this.overtake && this.sinceOvertake >= this.gap - 1) {
      this.around.witness.tried('reorder');
      if (this.overtake.next()) {
        this.sinceOvertake = 0;
        this.around.witness.sentAtOnce(slot);
        return 0;
      }
    }
    this.sinceOvertake++;
    return this.jitter ? Math.max(0, fixed + this.jitter()) : fixed;
  }

  pop(now: number): number {
    if (this.count === 0) return -1;
    const slot = this.heap[0]!;
    if (this.around.slots.at[slot]! > now) return -1;
    const last = this.heap[--this.count]!;
    if (this.count > 0) this.sink(last);
    return slot;
  }

  nextDue(): number {
    return this.count === 0 ? Number.POSITIVE_INFINITY : this.around.slots.at[this.heap[0]!]!;
  }

  get pending(): number {
    return this.count;
  }

  private before(a: number, b: number): boolean {
    const at = this.around.slots.at;
    return at[a]! < at[b]! || (at[a] === at[b] && this.sequence[a]! < this.sequence[b]!);
  }

  /** Constant delay appends in order, so this loop ends at once: O(1) in the common case. */
  private rise(slot: number): void {
    let i = this.count++;
    while (i > 0) {
      const parent = (i - 1) >> 1;
      if (!this.before(slot, this.heap[parent]!)) break;
      this.heap[i] = this.heap[parent]!;
      i = parent;
    }
    this.heap[i] = slot;
  }

  private sink(slot: number): void {
    let i = 0;
    for (;;) {
      let child = 2 * i + 1;
      if (child >= this.count) break;
      if (child + 1 < this.count && this.before(this.heap[child + 1]!, this.heap[child]!)) child++;
      if (!this.before(this.heap[child]!, slot)) break;
      this.heap[i] = this.heap[child]!;
      i = child;
    }
    this.heap[i] = slot;
  }
}
