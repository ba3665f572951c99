import type { Impairment } from '../../contract.js';
import { type Element, SlotRing, type Surroundings } from './element.js';

/** Bytes that the line sends for a packet. */
export function lineBytes(length: number, overhead: Impairment['rateOverhead']): number {
  if (overhead === undefined) return length;
  const { packetBytes, cellBytes, cellOverheadBytes } = overhead;
  const bytes = Math.max(0, length + packetBytes);
  return cellBytes === 0 ? bytes : Math.ceil(bytes / cellBytes) * (cellBytes + cellOverheadBytes);
}

/**
 * A transmitter of a given bit rate with a queue in front: a packet leaves when
 * the ones before it are out and its own bits are. Bounded in packets and, if
 * asked, in time; beyond that the newcomer is dropped and counted (drop tail).
 */
export class Rate implements Element {
  private readonly queue: SlotRing;
  private readonly limit: number;
  private readonly microsPerByte: number;
  private readonly maxWait: number;
  private readonly overhead: Impairment['rateOverhead'];
  /** When the packet at the head will have left. */
  private headDone = Number.POSITIVE_INFINITY;
  /** When the last packet of the queue will have left: the line is busy until then. */
  private busyUntil = 0;

  constructor(
    private readonly around: Surroundings,
    settings: Impairment,
    limit: number,
  ) {
    this.queue = new SlotRing(around.slots.count);
    this.limit = limit;
    this.microsPerByte = 8e6 / (settings.rateBits ?? Number.POSITIVE_INFINITY);
    this.overhead = settings.rateOverhead;
    this.maxWait = settings.queueMicros ?? Number.POSITIVE_INFINITY;
  }

  push(slot: number): void {
    const { slots, witness } = this.around;
    const at = slots.at[slot]!;
    const start = Math.max(at, this.busyUntil);
    if (this.queue.length >= this.limit || start - at > this.maxWait) {
      witness.dropped(slot, this.queue.length >= this.limit ? 'queue-full' : 'queue-time');
      slots.free(slot);
      return;
    }
    this.busyUntil = start + lineBytes(slots.length[slot]!, this.overhead) * this.microsPerByte;
    slots.at[slot] = this.busyUntil;
    this.queue.push(slot);
    if (this.queue.length === 1) this.headDone = this.busyUntil;
  }

  pop(now: number): number {
    if (this.headDone > now) return -1;
    const slot = this.queue.shift();
    const next = this.queue.peek();
    this.headDone = next < 0 ? Number.POSITIVE_INFINITY : this.around.slots.at[next]!;
    return slot;
  }

  nextDue(): number {
    return this.headDone;
  }

  get pending(): number {
    return this.queue.length;
  }
}
