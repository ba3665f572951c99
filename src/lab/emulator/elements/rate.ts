import type { Impairment } from '../../contract.js';
import { Queued, type Surroundings } from './element.js';

/** Bytes that the line sends for a packet. */
export function lineBytes(length: number, overhead: Impairment['rateOverhead']): number {
  if (overhead === undefined) return length;
  const { packetBytes, cellBytes, cellOverheadBytes } = overhead;
  const bytes = Math.max(0, length + packetBytes);
  return cellBytes === 0 ? bytes : Math.ceil(bytes / cellBytes) * (cellBytes + cellOverheadBytes);
}

/**
 * A transmitter of a given bit rate with a queue in front: a packet leaves when the ones before it are out and its own bits
 * are. Bounded in packets and, if asked, in time; beyond that the newcomer is dropped and counted (drop tail).
 */
export class Rate extends Queued {
  private readonly microsPerByte: number;
  private readonly maxWait: number;
  private readonly overhead: Impairment['rateOverhead'];
  /** When the last packet of the queue will have left: the line is busy until then. */
  private busyUntil = 0;

  constructor(around: Surroundings, settings: Impairment, limit: number) {
    super(around, limit);
    this.microsPerByte = 8e6 / (settings.rateBits ?? Number.POSITIVE_INFINITY);
    this.overhead = settings.rateOverhead;
    this.maxWait = settings.queueMicros ?? Number.POSITIVE_INFINITY;
  }

  protected take(slot: number): void {
    const { slots } = this.around;
    const at = slots.at[slot]!;
    const start = Math.max(at, this.busyUntil);
    if (start - at > this.maxWait) {
      this.drop(slot, 'queue-time');
      return;
    }
    this.busyUntil = start + lineBytes(slots.length[slot]!, this.overhead) * this.microsPerByte;
    slots.at[slot] = this.busyUntil;
    this.queue.push(slot);
  }
}
