import { Histogram } from '../../metrics/histogram.js';
import type { DirectionCounters, Impairment } from '../contract.js';
import type { Chanced, Draws } from '../reading.js';
import type { Altered, DropReason, Witness } from './elements/element.js';
import { Pipeline } from './pipeline.js';
import { Slots } from './slots.js';

/** Sees every packet that came in, went out or was dropped. */
export interface Tap {
  came(slots: Slots, slot: number, at: number): void;
  left(slots: Slots, slot: number, at: number): void;
  dropped(slots: Slots, slot: number, at: number, reason: DropReason): void;
}

const noDraws = (): Record<Chanced, Draws> => ({
  loss: { tried: 0, hit: 0 },
  duplicate: { tried: 0, hit: 0 },
  corrupt: { tried: 0, hit: 0 },
  reorder: { tried: 0, hit: 0 },
});

const counterOf = {
  duplicate: 'packetsDuplicated',
  corrupt: 'packetsCorrupted',
  reorder: 'packetsSentAtOnce',
} as const;

/** What elements did under one profile: it goes into the lane's counters, and beside them into what was left to chance. */
class Scribe implements Witness {
  private draws = noDraws();

  constructor(
    private readonly lane: Lane,
    private readonly slots: Slots,
  ) {}

  tried(what: Chanced): void {
    this.draws[what].tried++;
  }

  dropped(slot: number, reason: DropReason): void {
    if (reason === 'loss' || reason === 'blackout') {
      this.lane.counters.packetsLost++;
      if (reason === 'loss') this.draws.loss.hit++;
      else this.draws.loss.tried--;
    } else this.lane.counters.packetsOverflowed++;
    this.lane.tap?.dropped(this.slots, slot, this.lane.now, reason);
  }

  hit(what: Altered): void {
    this.lane.counters[counterOf[what]]++;
    this.draws[what].hit++;
  }

  reordered(): void {
    this.lane.counters.packetsReordered++;
  }

  /** What was left to chance since the last time. */
  take(): Record<Chanced, Draws> {
    const taken = this.draws;
    this.draws = noDraws();
    return taken;
  }
}

/** A pipeline with the memory that its packets lie in. */
interface Course {
  readonly pipeline: Pipeline;
  readonly slots: Slots;
  readonly scribe: Scribe;
}

/** One direction of the link: memory, pipeline and counters, without any I/O. */
export class Lane {
  readonly counters: Required<DirectionCounters> = {
    packetsIn: 0,
    bytesIn: 0,
    packetsOut: 0,
    bytesOut: 0,
    packetsLost: 0,
    packetsOverflowed: 0,
    packetsSentAtOnce: 0,
    packetsReordered: 0,
    packetsDuplicated: 0,
    packetsCorrupted: 0,
  };
  /** How much later than it should have each packet left, microseconds; whoever reads it empties it. */
  readonly lateness = new Histogram();
  private course: Course;
  /** Of earlier profiles, while they still hold packets. */
  private draining: Course[] = [];
  /** The memory that the slot given by the last {@link pop} lies in. */
  popped: Slots;
  tap: Tap | undefined;
  now = 0;

  /** @param slotCount packets it can hold; more are dropped and counted */
  constructor(
    settings: Impairment,
    private readonly seed: number,
    slotCount: number,
    private readonly slotSize: number,
  ) {
    this.course = this.newCourse(settings, slotCount);
    this.popped = this.course.slots;
  }

  /** Where packets that come now are to be put. */
  get slots(): Slots {
    return this.course.slots;
  }

  private newCourse(settings: Impairment, slotCount: number): Course {
    const slots = new Slots(slotCount, this.slotSize);
    const scribe = new Scribe(this, slots);
    return { slots, scribe, pipeline: new Pipeline({ slots, witness: scribe }, settings, this.seed) };
  }

  /** Another profile from now on. What is in flight keeps the times it was given, as with `tc qdisc change`. */
  change(settings: Impairment, slotCount: number): void {
    const dark = this.course.pipeline.blackout.on;
    if (this.course.pipeline.pending > 0) this.draining.push(this.course);
    this.course = this.newCourse(settings, slotCount);
    this.course.pipeline.blackout.on = dark;
  }

  blackout(on: boolean): void {
    this.course.pipeline.blackout.on = on;
  }

  /** What was left to chance under this profile since the last time, or since the profile came. */
  takeDraws(): Record<Chanced, Draws> {
    return this.course.scribe.take();
  }

  /**
   * A packet that was just read into `slot` of `slots`.
   * @param waited how long it may have waited until it was read, microseconds
   */
  came(slot: number, length: number, now: number, waited = 0): void {
    const { slots, pipeline, scribe } = this.course;
    this.now = now;
    slots.length[slot] = length;
    slots.at[slot] = now;
    slots.arrived[slot] = now;
    slots.waited[slot] = waited;
    this.counters.packetsIn++;
    this.counters.bytesIn += length;
    this.tap?.came(slots, slot, now);
    scribe.tried('loss'); // asked of all that no blackout takes, also where nothing is to lose them
    pipeline.push(slot);
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
    this.popped = this.course.slots;
    return this.course.pipeline.pop(now);
  }

  /** The popped packet was written by `now`, or could not be. */
  left(slot: number, written: boolean, now = this.now): void {
    const slots = this.popped;
    if (written) {
      this.counters.packetsOut++;
      this.counters.bytesOut += slots.length[slot]!;
      this.lateness.record(now - slots.at[slot]! + slots.waited[slot]!);
      this.tap?.left(slots, slot, this.now);
    } else {
      this.counters.packetsOverflowed++;
      this.tap?.dropped(slots, slot, this.now, 'queue-full');
    }
    slots.free(slot);
  }

  nextDue(): number {
    let due = this.course.pipeline.nextDue();
    for (const old of this.draining) due = Math.min(due, old.pipeline.nextDue());
    return due;
  }
}
