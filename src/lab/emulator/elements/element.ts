import type { Chanced } from '../../reading.js';
import type { Slots } from '../slots.js';

/** Why a packet did not get through, as captures and counters name it. */
export type DropReason = 'loss' | 'blackout' | 'queue-full' | 'queue-time';

/**
 * One impairment. All of them answer the same questions, so any number of them make a pipeline (the idea is mahimahi's). No
 * element knows a clock: time comes as an argument, so a virtual one tests them exactly.
 *
 * `slots.at[slot]` is the packet's own time. It is when the packet *should* have arrived here, so a pump that is late now and
 * then adds its lateness once and not once per element.
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
  /** A packet was put to a chance, whatever became of it. That of being lost is not told: it is everybody's. */
  tried(what: Altered): void;
  /** The chance hit it: it was copied, a bit of it flipped, or it left at once instead of after the delay. */
  hit(what: Altered): void;
  /** A packet will leave before one that came earlier. */
  reordered(): void;
}
export type Altered = Exclude<Chanced, 'loss'>;

/** What every element is made with. */
export interface Surroundings {
  readonly slots: Slots;
  readonly witness: Witness;
}

/** A queue of slots in order of arrival, over a ring with room for all there are. */
class SlotRing {
  private readonly ring: Int32Array;
  private head = 0;
  length = 0;

  constructor(capacity: number) {
    this.ring = new Int32Array(capacity);
  }

  push(slot: number): void {
    let end = this.head + this.length++;
    if (end >= this.ring.length) end -= this.ring.length;
    this.ring[end] = slot;
  }

  /** The oldest, or -1. */
  peek(): number {
    return this.length === 0 ? -1 : this.ring[this.head]!;
  }

  shift(): number {
    const slot = this.peek();
    if (slot < 0) return -1;
    this.head = this.head + 1 === this.ring.length ? 0 : this.head + 1;
    this.length--;
    return slot;
  }
}

/** An element that packets leave in the order in which they came; what does not find room is dropped (drop tail). */
export abstract class Queued implements Element {
  protected readonly queue: SlotRing;

  /** @param limit packets that may wait here */
  constructor(
    protected readonly around: Surroundings,
    private readonly limit: number = around.slots.count,
  ) {
    this.queue = new SlotRing(around.slots.count);
  }

  push(slot: number): void {
    if (this.queue.length < this.limit) this.take(slot);
    else this.drop(slot, 'queue-full');
  }

  /** Drops a packet, or queues it with its time. */
  protected abstract take(slot: number): void;

  pop(now: number): number {
    return this.nextDue() <= now ? this.queue.shift() : -1;
  }

  nextDue(): number {
    const head = this.queue.peek();
    return head < 0 ? Number.POSITIVE_INFINITY : this.around.slots.at[head]!;
  }

  get pending(): number {
    return this.queue.length;
  }

  protected drop(slot: number, reason: DropReason): void {
    this.around.witness.dropped(slot, reason);
    this.around.slots.free(slot);
  }
}
