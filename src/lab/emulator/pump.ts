import type { Clock } from '../../base/clock.js';
import type { Lane } from './lane.js';
import { addressOf, read, Waiter, write } from './system-calls.js';

/** A direction with the descriptors it moves packets between. */
export interface Route {
  readonly lane: Lane;
  readonly from: number;
  readonly to: number;
}

/** Packets read from one descriptor before the other gets its turn. */
const batch = 64;
/** Longest stay in the loop: Node's event loop hears control messages after that. */
const stayMicros = 2000;
/** A sleep ends this much before the packet is due and the rest is spun. More than it takes to wake up only burns the core. */
const spinMicros = 10;
/**
 * Above this many packets per millisecond waking up for each costs more than moving it (a context switch is about
 * 5 µs, a packet 3), so the pump looks again after a pause instead, and finds several.
 */
const crowdPerMilli = 40;
const pauseMicros = 50;
/** Longest sleep; only a bound, as packets and control messages end it at once. */
const longestSleepMicros = 100_000;

/**
 * Moves packets: read what came, write what is due, sleep until either happens.
 * Runs on Node's main thread and gives the event loop a turn every 2 ms and at
 * every control message, because the control channel is among the descriptors
 * it sleeps on.
 */
export class Pump {
  private readonly waiter: Waiter;
  private readonly scratch: Buffer;
  private readonly scratchAddress: number;
  private readonly memory: { slots: Lane['slots']; address: number }[];
  private stopped = false;
  /** Packets moved since `countedFrom`, and in the whole millisecond before: how crowded the link is. */
  private moved = 0;
  private countedFrom = 0;
  private lastMilli = 0;

  /** @param control descriptor of the control channel; -1 when there is none */
  constructor(
    private readonly routes: readonly Route[],
    private readonly clock: Clock,
    private readonly control: number,
    slotSize: number,
  ) {
    this.waiter = new Waiter([...routes.map((route) => route.from), control]);
    this.scratch = Buffer.allocUnsafeSlow(slotSize);
    this.scratchAddress = addressOf(this.scratch);
    this.memory = [];
  }

  start(): void {
    setImmediate(() => this.turn());
  }

  stop(): void {
    this.stopped = true;
  }

  private turn(): void {
    if (this.stopped) return;
    const end = this.clock() + stayMicros;
    for (;;) {
      let moved = 0;
      for (let i = 0; i < this.routes.length; i++) moved += this.readFrom(this.routes[i]!);
      for (let i = 0; i < this.routes.length; i++) moved += this.writeTo(this.routes[i]!);
      const now = this.clock();
      this.count(moved, now);
      if (moved === 0 && this.sleep(now)) break;
      if (now > end) break;
    }
    setImmediate(() => this.turn());
  }

  private readFrom({ lane, from }: Route): number {
    const slots = lane.slots;
    const base = this.baseOf(slots);
    for (let count = 0; count < batch; count++) {
      const slot = slots.take();
      const address = slot < 0 ? this.scratchAddress : base + slot * slots.size;
      const length = read(from, address, slots.size);
      if (length <= 0) {
        if (slot >= 0) slots.free(slot);
        return count;
      }
      if (slot < 0) lane.refused(length);
      else lane.came(slot, length, this.clock());
    }
    return batch;
  }

  private writeTo({ lane, to }: Route): number {
    const now = this.clock();
    let count = 0;
    for (let slot = lane.pop(now); slot >= 0 && count < batch; slot = lane.pop(now)) {
      const slots = lane.popped;
      const written = write(to, this.baseOf(slots) + slot * slots.size, slots.length[slot]!) > 0;
      lane.left(slot, written);
      if (++count === batch) break;
    }
    return count;
  }

  private count(moved: number, now: number): void {
    this.moved += moved;
    if (now - this.countedFrom < 1000) return;
    this.lastMilli = now - this.countedFrom < 2000 ? this.moved : 0;
    this.moved = 0;
    this.countedFrom = now;
  }

  /** @returns whether the event loop must have a turn now */
  private sleep(now: number): boolean {
    let due = Number.POSITIVE_INFINITY;
    for (let i = 0; i < this.routes.length; i++) due = Math.min(due, this.routes[i]!.lane.nextDue());
    const micros = due - now - spinMicros;
    if (micros <= 0) return false;
    if (this.lastMilli > crowdPerMilli) {
      this.waiter.pause(Math.min(micros, pauseMicros));
      return false;
    }
    this.waiter.wait(Math.min(micros, longestSleepMicros));
    return this.control >= 0 && this.waiter.ready(this.routes.length);
  }

  /** Where a memory of packets begins. Few exist at a time: one per lane, and those that a profile change left to drain. */
  private baseOf(slots: Lane['slots']): number {
    for (let i = 0; i < this.memory.length; i++) if (this.memory[i]!.slots === slots) return this.memory[i]!.address;
    if (this.memory.length >= 16) this.memory.shift();
    const address = addressOf(slots.memory);
    this.memory.push({ slots, address });
    return address;
  }
}
