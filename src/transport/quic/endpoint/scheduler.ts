import type { Backlog } from '../udp/io.js';

/** Time as the wheel sees it, in milliseconds; tests pass a virtual one. */
export interface TimeSource {
  now(): number;
  /** Calls back after a delay in milliseconds. @returns cancels it */
  after(delayMs: number, callback: () => void): () => void;
}

/**
 * The event loop's clock. Its timer does not keep the process alive: the UDP sockets do.
 *
 * Timers come before sockets in a turn of the event loop, so after a stall they would judge peers silent whose datagrams wait in
 * the socket, and every connection would send again what is acknowledged already. Therefore the callback runs after
 * the sockets were read: setImmediate(), called by a timer, is the same turn's last phase.
 */
export const realTime: TimeSource = {
  now: () => performance.now(),
  after: (delayMs, callback) => {
    let immediate: NodeJS.Immediate | undefined;
    const timer = setTimeout(() => {
      immediate = setImmediate(callback); // not unref'd: the sockets would be waited for, not only read
    }, delayMs);
    timer.unref();
    return () => {
      clearTimeout(timer);
      if (immediate) clearImmediate(immediate);
    };
  },
};

/** So long deadlines wait for sockets that are being read, ms; under lasting overload they are judged this often. */
const longestHoldMs = 200;
/** How late a deadline may be met, ms. */
export const tickMs = 4;
const slots = 4096;
const idle = -1;

/** Something with one deadline in the wheel; the wheel owns the fields that start with `wheel`. */
export abstract class WheelItem {
  wheelSlot = idle;
  wheelDue = Number.POSITIVE_INFINITY;
  wheelNext: WheelItem | undefined = undefined;
  wheelPrevious: WheelItem | undefined = undefined;
  /** Called when the deadline is reached (or a little later); must schedule itself again when it wants more. */
  abstract fire(nowMs: number): void;
}

/**
 * One timer structure for all connections of a process: a hashed wheel of
 * 4096 slots of 4 ms with intrusive lists, so scheduling costs two pointer
 * writes and no allocation. A deadline beyond 16 s waits in the last slot and
 * is looked at again there. Deadlines are lazy: one that moves later stays
 * where it is, and whoever is fired re-reads its own.
 */
export class TimerWheel {
  /** Sockets with datagrams left to read: until then nobody is judged by what has not arrived. */
  readonly backlog: Backlog = { sockets: 0 };
  private heldSince = Number.NaN;
  private readonly heads: (WheelItem | undefined)[] = new Array(slots).fill(undefined);
  private count = 0;
  private tick: number;
  private armedFor = Number.POSITIVE_INFINITY;
  private disarm: (() => void) | undefined;

  constructor(private readonly time: TimeSource = realTime) {
    this.tick = Math.floor(time.now() / tickMs);
  }

  now(): number {
    return this.time.now();
  }

  /** Makes sure that item fires at dueMs or, when it already waits for less, earlier. */
  schedule(item: WheelItem, dueMs: number): void {
    if (item.wheelSlot !== idle) {
      if (item.wheelDue <= dueMs) return;
      this.unlink(item);
    }
    if (this.count === 0) this.tick = Math.floor(this.time.now() / tickMs);
    const wanted = Math.max(Math.ceil(dueMs / tickMs), this.tick + 1);
    const tick = Math.min(wanted, this.tick + slots - 1);
    const slot = tick % slots;
    const head = this.heads[slot];
    item.wheelDue = tick * tickMs;
    item.wheelSlot = slot;
    item.wheelNext = head;
    item.wheelPrevious = undefined;
    if (head) head.wheelPrevious = item;
    this.heads[slot] = item;
    this.count++;
    if (item.wheelDue < this.armedFor) this.arm(item.wheelDue);
  }

  cancel(item: WheelItem): void {
    if (item.wheelSlot !== idle) this.unlink(item);
  }

  /** Fires everything that is due. The real clock calls it by itself. */
  advance(): void {
    this.armedFor = Number.POSITIVE_INFINITY;
    const now = this.time.now();
    if (this.holds(now)) {
      this.arm(now);
      return;
    }
    const target = Math.floor(now / tickMs);
    // After a long stall (a suspended machine) one pass over the wheel is all there is to do.
    if (target - this.tick > slots) this.tick = target - slots;
    while (this.tick < target && this.count > 0) {
      this.tick++;
      let item = this.heads[this.tick % slots];
      while (item) {
        this.unlink(item);
        item.fire(now);
        item = this.heads[this.tick % slots];
      }
    }
    if (this.count > 0) this.arm(this.nextDue());
  }

  private holds(now: number): boolean {
    if (this.backlog.sockets === 0 || now - this.heldSince > longestHoldMs) {
      this.heldSince = Number.NaN;
      return false;
    }
    if (Number.isNaN(this.heldSince)) this.heldSince = now;
    return true;
  }

  private nextDue(): number {
    for (let ahead = 1; ahead <= slots; ahead++) {
      if (this.heads[(this.tick + ahead) % slots]) return (this.tick + ahead) * tickMs;
    }
    return Number.POSITIVE_INFINITY;
  }

  private arm(dueMs: number): void {
    if (dueMs === Number.POSITIVE_INFINITY) return;
    this.disarm?.();
    this.armedFor = dueMs;
    this.disarm = this.time.after(Math.max(1, Math.ceil(dueMs - this.time.now())), () => this.advance());
  }

  private unlink(item: WheelItem): void {
    const { wheelNext: next, wheelPrevious: previous } = item;
    if (previous) previous.wheelNext = next;
    else this.heads[item.wheelSlot] = next;
    if (next) next.wheelPrevious = previous;
    item.wheelNext = undefined;
    item.wheelPrevious = undefined;
    item.wheelSlot = idle;
    item.wheelDue = Number.POSITIVE_INFINITY;
    this.count--;
  }
}
