import type { Clock } from '../../base/clock.js';
import type { Lane } from './lane.js';
import { addressOf, read, Waiter, write } from './system-calls.js';

/** A direction with the descriptors it moves packets between. */
export interface Route {
  readonly lane: Lane;
  readonly from: number;
  readonly to: number;
}

/**
 * Since when packets may lie in a descriptor's queue unseen: since it was last found empty, or since a sleep ended that a
 * packet would have ended. A queue that never gets empty is as old as the packet a queue's length before.
 */
export class Watch {
  private since = 0;
  private next = 0;
  private read = 0;

  constructor(
    now: number,
    private readonly queueLength: number,
  ) {
    this.empty(now);
  }

  empty(now: number): void {
    this.since = now;
    this.next = now;
    this.read = 0;
  }

  /** A packet was read. @returns how long it may have waited, microseconds */
  took(now: number): number {
    const waited = now - this.since;
    if (++this.read === this.queueLength) {
      this.read = 0;
      this.since = this.next;
      this.next = now;
    }
    return waited;
  }
}

/** Packets read from one descriptor before the other gets its turn. */
const batch = 64;
/** Packets that the kernel keeps for a TUN device until they are read; more are dropped (namespaces.sh, txqueuelen). */
const unreadLimit = 10_000;
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
/**
 * Longest sleep. Packets and control messages end it at once, so it is only a bound: of the time in which the process may
 * be stopped without noticing, as it sees that a sleep ended late, but not that it ended late with a packet.
 */
const longestSleepMicros = 10_000;

/**
 * Moves packets: read what came, write what is due, sleep until either happens. Runs on Node's main thread and gives
 * the event loop a turn every 2 ms and at every control message, because the control channel is among the descriptors
 * it sleeps on.
 */
export class Pump {
  private readonly waiter: Waiter;
  private readonly scratch: Buffer;
  private readonly scratchAddress: number;
  private readonly watches: readonly Watch[];
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
    this.watches = routes.map(() => new Watch(clock(), unreadLimit));
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
      for (let i = 0; i < this.routes.length; i++) moved += this.readFrom(this.routes[i]!, this.watches[i]!);
      for (let i = 0; i < this.routes.length; i++) moved += this.writeTo(this.routes[i]!);
      const now = this.clock();
      this.count(moved, now);
      if (moved === 0 && this.sleep(now)) break;
      if (now > end) break;
    }
    setImmediate(() => this.turn());
  }

  private readFrom({ lane, from }: Route, watch: Watch): number {
    const slots = lane.slots;
    const base = baseOf(slots);
    for (let count = 0; count < batch; count++) {
      const slot = slots.take();
      const address = slot < 0 ? this.scratchAddress : base + slot * slots.size;
      const length = read(from, address, slots.size);
      if (length <= 0) {
        if (slot >= 0) slots.free(slot);
        watch.empty(this.clock());
        return count;
      }
      const now = this.clock();
      const waited = watch.took(now);
      if (slot < 0) lane.refused(length);
      else lane.came(slot, length, now, waited);
    }
    return batch;
  }

  private writeTo({ lane, to }: Route): number {
    const now = this.clock();
    let count = 0;
    for (let slot = lane.pop(now); slot >= 0 && count < batch; slot = lane.pop(now)) {
      const slots = lane.popped;
      const written = write(to, baseOf(slots) + slot * slots.size, slots.length[slot]!) > 0;
      lane.left(slot, written, this.clock());
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
    const sleep = Math.min(micros, longestSleepMicros);
    this.waiter.wait(sleep);
    // Up to its end a packet would have ended the sleep; what lies there now came at the end of it at the earliest.
    const seen = Math.min(this.clock(), now + sleep);
    for (let i = 0; i < this.watches.length; i++) this.watches[i]!.empty(seen);
    return this.control >= 0 && this.waiter.ready(this.routes.length);
  }
}

function baseOf(slots: Lane['slots']): number {
  if (slots.address === 0) slots.address = addressOf(slots.memory);
  return slots.address;
}
