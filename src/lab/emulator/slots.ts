/**
 * Memory of packets, taken once: `count` slots of `size` bytes side by side. A packet is a slot number from the moment
 * it is read until it is written, so nothing is allocated per packet and no garbage collection stops the link.
 */
export class Slots {
  readonly memory: Buffer;
  readonly length: Int32Array;
  /** When the packet reached the element it is in, microseconds: the time it was due, not the time it was handled. */
  readonly at: Float64Array;
  /** When it came into the link. */
  readonly arrived: Float64Array;
  /** How long it may have waited before that, unread, microseconds. */
  readonly waited: Float64Array;
  private readonly next: Int32Array;
  private firstFree = 0;
  /** Where the memory begins, for system calls; 0 until somebody has asked. */
  address = 0;

  constructor(
    readonly count: number,
    readonly size: number,
  ) {
    // Not zeroed: pages are touched, and so paid for, only when packets queue up that far.
    this.memory = Buffer.allocUnsafeSlow(count * size);
    this.length = new Int32Array(count);
    this.at = new Float64Array(count);
    this.arrived = new Float64Array(count);
    this.waited = new Float64Array(count);
    this.next = Int32Array.from({ length: count }, (_, i) => (i + 1 < count ? i + 1 : -1));
  }

  /** A free slot, or -1 when there is none. The one freed last comes first: its memory is still in the cache. */
  take(): number {
    const slot = this.firstFree;
    if (slot >= 0) this.firstFree = this.next[slot]!;
    return slot;
  }

  free(slot: number): void {
    this.next[slot] = this.firstFree;
    this.firstFree = slot;
  }

  /** A copy of a packet in a slot of its own, or -1. */
  copy(slot: number): number {
    const twin = this.take();
    if (twin < 0) return -1;
    const from = slot * this.size;
    this.memory.copyWithin(twin * this.size, from, from + this.length[slot]!);
    this.length[twin] = this.length[slot]!;
    this.at[twin] = this.at[slot]!;
    this.arrived[twin] = this.arrived[slot]!;
    this.waited[twin] = this.waited[slot]!;
    return twin;
  }
}
