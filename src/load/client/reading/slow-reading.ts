import type { Duplex } from 'node:stream';
import type { Clock } from '../../../base/clock.js';
import { packetEnd } from '../../../mqtt/codec/frame-reader.js';
import { packetTypes } from '../../../mqtt/codec/packet-types.js';
import type { ReadsPlan } from '../../../plan/reads.js';

/** A timer may be this late without a message less being read. */
const creditMicros = 20_000;

/**
 * Reads a connection no faster than a plan says: one chunk at a time, of which the session gets packet by packet, messages
 * at their pace. Meanwhile nothing is read from the stream, so that the flow control of the transport holds the broker up.
 * Packets that are no messages are taken as they come, but not past messages that wait.
 */
export class SlowReading {
  private duplex: Duplex | undefined;
  /** Read, and not taken yet; begins with a packet. */
  private waiting: Buffer | undefined;
  /** When it becomes slow, and when it may take its next message. */
  private from = Number.POSITIVE_INFINITY;
  private next = 0;
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly plan: ReadsPlan,
    private readonly clock: Clock,
    /** Gets whole packets. */
    private readonly feed: (bytes: Buffer) => void,
  ) {}

  /** A fresh connection, which is read as it comes until {@link begin}. */
  attach(duplex: Duplex): void {
    this.detach();
    this.duplex = duplex;
  }

  /** The client is connected. */
  begin(now: number): void {
    const { perSecond, afterMicros = 0 } = this.plan;
    this.from = now + afterMicros;
    if (perSecond > 0) return;
    const stop = (): void => void this.duplex?.pause();
    if (afterMicros === 0) stop();
    else this.timer = setTimeout(stop, afterMicros / 1000).unref();
  }

  /** The connection is over, with all that was not taken. */
  detach(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.duplex = undefined;
    this.waiting = undefined;
    this.from = Number.POSITIVE_INFINITY;
  }

  /** Reads on, and takes no more: the connection is about to be closed. */
  release(): void {
    const { duplex } = this;
    this.detach();
    duplex?.resume();
  }

  /** Something may have come that it has not looked at, so silence tells nothing. */
  isHeld(now: number): boolean {
    return this.waiting !== undefined || (this.plan.perSecond === 0 && now >= this.from);
  }

  take(chunk: Buffer): void {
    if (this.duplex === undefined) return;
    this.waiting = this.waiting === undefined ? chunk : Buffer.concat([this.waiting, chunk]);
    this.duplex.pause();
    this.work();
  }

  private readonly work = (): void => {
    this.timer = undefined;
    const { duplex } = this;
    for (let rest = this.waiting; rest !== undefined; rest = this.waiting) {
      const end = endOf(rest);
      if (end === 0) break; // the rest of it has to come
      if (!this.mayTake(rest)) return;
      this.waiting = end < rest.length ? rest.subarray(end) : undefined;
      this.feed(rest.subarray(0, end));
      if (this.duplex !== duplex) return; // it ended meanwhile
    }
    if (this.plan.perSecond > 0 || this.clock() < this.from) duplex?.resume();
  };

  /** Whether the packet may be taken now; otherwise it is looked at again when it may. */
  private mayTake(packet: Buffer): boolean {
    const now = this.clock();
    if (now < this.from) return true;
    const { perSecond } = this.plan;
    if (perSecond === 0) return false;
    if ((packet[0] as number) >>> 4 !== packetTypes.publish) return true;
    if (now < this.next) {
      this.timer = setTimeout(this.work, Math.ceil((this.next - now) / 1000)).unref();
      return false;
    }
    this.next = Math.max(this.next, now - creditMicros) + 1e6 / perSecond;
    return true;
  }
}

/** Where the first packet ends; 0: it is not complete. What is no MQTT is one packet, for the session to complain of. */
function endOf(bytes: Buffer): number {
  try {
    const end = packetEnd(bytes, 0);
    return end > bytes.length ? 0 : end;
  } catch {
    return bytes.length;
  }
}
