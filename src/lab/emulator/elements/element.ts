import type { Chanced } from '../../reading.js';
import type { Slots } from '../slots.js';

/** Why a packet did not get through, as captures and counters name it. */
export type DropReason = 'loss' | 'blackout' | 'queue-full' | 'queue-time' | 'no-memory';

/**
 * One impairment. All of them answer the same questions, so any number of them
 * make a pipeline (the idea is mahimahi's). No element knows a clock: time
 * comes as an argument, so a virtual one tests them exactly.
 *
 * `slots.at[slot]` is the packet's own time. It is when the packet *should*
 * have arrived here, so a pump that is late now and then adds its lateness once
 * and not once per element.
 */
export interface Element {
  /** Takes a packet. Owns the slot from here on: passes it on by `pop`, or frees it. */
  push(slot: number): void;
  /** The next packet due at `now` (microseconds), its `slots.at` set to when it was due; -1 when there is none. */
  pop(now: number): number;
  /** When `pop` will have something to give; Infinity when nothing is pending. */
  nextDue(): number;
  readonly pending: number;
}

/** What elements tell about packets they did not leave alone. */
export interface Witness {
  dropped(slot: number, reason: DropReason): void;
  duplicated(slot: number): void;
  corrupted(slot: number): void;
  /** It left at once instead of after the delay. */
  sentAtOnce(slot: number): void;
  /** It will leave before one that came earlier. */
  reordered(slot: number): void;
  /** A packet was put to a chance, whatever became of it. That of being lost is not told: it is everybody's. */
  tried(what: Exclude<Chanced, 'loss'>): void;
}

/** What every element is made with. */
export interface Surroundings {
  readonly slots: Slots;
  readonly witness: Witness;
}

/** A queue of slots in order of arrival, over a ring that never grows. */
export class SlotRing {
  private readonly ring: Int32Array;
  private head = 0;
  private count = 0;

  constructor(capacity: number) {
    this.ring = new Int32Array(capacity);
  }

  get length(): number {
    return this.count;
  }

  /** @returns false when it is full */
  push(slot: number): boolean {
    if (this.count === this.ring.length) return false;
    let end = this.head + this.count;
    if (end >= this.ring.length) end -= this.ring.length;
    this.ring[end] = slot;
    this.count++;
    return true;
  }

  /** The oldest, or -1. */
  peek(): number {
    return this.count === 0 ? -1 : this.ring[this.head]!;
  }

  shift(): number {
    if (this.count === 0) return -1;
    const slot = this.ring[this.head]!;
    this.head = this.head + 1 === this.ring.length ? 0 : this.head + 1;
    this.count--;
    return slot;
  }
}

/**
 * An element that decides at once: keep, drop, alter, double. Subclasses
 * implement {@link decide} and hand on what goes through with {@link pass}.
 */
export abstract class Instant implements Element {
  private readonly out: SlotRing;

  constructor(protected readonly around: Surroundings) {
    this.out = new SlotRing(around.slots.count);
  }

  protected abstract decide(slot: number): void;

  protected pass(slot: number): void {
    this.out.push(slot); // as large as the memory of packets: never full
  }

  protected drop(slot: number, reason: DropReason): void {
    this.around.witness.dropped(slot, reason);
    this.around.slots.free(slot);
  }

  push(slot: number): void {
    this.decide(slot);
  }

  pop(): number {
    return this.out.shift();
  }

  nextDue(): number {
    return this.out.length > 0 ? this.around.slots.at[this.out.peek()]! : Number.POSITIVE_INFINITY;
  }

  get pending(): number {
    return this.out.length;
  }
}
