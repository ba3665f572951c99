import type { DirectionCounters, Impairment } from '../contract.js';
import type { DropReason, Witness } from './element.js';
import { Pipeline } from './pipeline.js';
import { Slots } from './slots.js';

/** Sees every packet that came in, went out or was dropped. */
export interface Tap {
  came(slots: Slots, slot: number, at: number): void;
  left(slots: Slots, slot: number, at: number): void;
  dropped(slots: Slots, slot: number, at: number, reason: DropReason): void;
}

/** One direction of the link: memory, pipeline and counters, without any I/O. */
export class Lane implements Witness {
  readonly counters: DirectionCounters = {
    packetsIn: 0,
    bytesIn: 0,
    packetsOut: 0,
    bytesOut: 0,
    packetsLost: 0,
    packetsOverflowed: 0,
    packetsReordered: 0,
    packetsDuplicated: 0,
    packetsCorrupted: 0,
  };
  slots: Slots;
  private pipeline: Pipeline;
  /** Pipelines of earlier profiles that still hold packets, with their memory; emptied, then forgotten. */
  private draining: { pipeline: Pipeline; slots: Slots }[] = [];
  /** The memory that the slot given by the last {@link pop} lies in. */
  popped: Slots;
  tap: Tap | undefined;
  private now = 0;

  /** @param slotCount packets it can hold; more are dropped and counted */
  constructor(
    settings: Impairment,
    private readonly seed: number,
    slotCount: number,
    private readonly slotSize: number,
  ) {
    this.slots = new Slots(slotCount, slotSize);
    this.popped = this.slots;
    this.pipeline = new Pipeline({ slots: this.slots, witness: this }, settings, seed);
  }

  /** Another profile from now on. What is in flight keeps the times it was given, as with `tc qdisc change`. */
  change(settings: Impairment, slotCount: number): void {
    const dark = this.pipeline.blackout.on;
    if (this.pipeline.pending > 0) this.draining.push({ pipeline: this.pipeline, slots: this.slots });
    this.slots = new Slots(slotCount, this.slotSize);
    this.pipeline = new Pipeline({ slots: this.slots, witness: this }, settings, this.seed);
    this.pipeline.blackout.on = dark;
  }

  blackout(on: boolean): void {
    this.pipeline.blackout.on = on;
  }

  /** A packet that was just read into `slot` of `slots`. */
  came(slot: number, length: number, now: number): void {
    this.now = now;
    this.slots.length[slot] = length;
    this.slots.at[slot] = now;
    this.slots.arrived[slot] = now;
    this.counters.packetsIn++;
    this.counters.bytesIn += length;
    this.tap?.came(this.slots, slot, now);
    this.pipeline.push(slot);
  }

  /** A packet that there was no memory for. */
  refused(length: number): void {
    this.counters.packetsIn++;
    this.counters.bytesIn += length;
    this.counters.packetsOverflowed++;
  }

  /** The next packet to write, in {@link popped}, or -1. Give it back with {@link left}. */
  pop(now: number): number {
    this.now = now;
    for (let i = 0; i < this.draining.length; i++) {
      const old = this.draining[i]!;
      const slot = old.pipeline.pop(now);
      if (slot >= 0) {
        this.popped = old.slots;
        return slot;
      }
      if (old.pipeline.pending === 0) this.draining.splice(i--, 1);
    }
    this.popped = this.slots;
    return this.pipeline.pop(now);
  }

  /** The popped packet was written, or could not be. */
  left(slot: number, written: boolean): void {
    const slots = this.popped;
    if (written) {
      this.counters.packetsOut++;
      this.counters.bytesOut += slots.length[slot]!;
      this.tap?.left(slots, slot, this.now);
    } else {
      this.counters.packetsOverflowed++;
      this.tap?.dropped(slots, slot, this.now, 'queue-full');
    }
    slots.free(slot);
  }

  nextDue(): number {
    let due = this.pipeline.nextDue();
    for (let i = 0; i < this.draining.length; i++) due = Math.min(due, this.draining[i]!.pipeline.nextDue());
    return due;
  }

  get pending(): number {
    return this.draining.reduce((sum, old) => sum + old.pipeline.pending, this.pipeline.pending);
  }

  dropped(slot: number, reason: DropReason): void {
    if (reason === 'loss' || reason === 'blackout') this.counters.packetsLost++;
    else this.counters.packetsOverflowed++;
    this.tap?.dropped(this.slots, slot, this.now, reason);
  }

  duplicated(): void {
    this.counters.packetsDuplicated++;
  }

  corrupted(): void {
    this.counters.packetsCorrupted++;
  }

  reordered(): void {
    this.counters.packetsReordered++;
  }
}
