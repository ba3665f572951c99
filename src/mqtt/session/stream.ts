import type { Duplex } from 'node:stream';
import { FrameReader, type FrameSink } from '../codec/frame-reader.js';
import type { Qos } from '../codec/packet-types.js';

export interface Subscription {
  readonly topic: string;
  readonly qos: Qos;
}

/** What a session keeps apart for each stream it speaks on. Number 0 is the control stream, the only one on TCP. */
export class SessionStream {
  duplex: Duplex | undefined;
  /** It does not want more now. */
  blocked = false;
  awaitsSuback = false;
  /** Packet id and filters of its latest SUBSCRIBE. */
  subscribed: { readonly packetId: number; readonly filters: readonly Subscription[] } = { packetId: 0, filters: [] };
  /** When the packet was begun that is not complete; says nothing without one. */
  heldSince = 0;
  private holds = 0;
  readonly reader: FrameReader;
  /** QoS 2 messages that came on it and are not released; the broker numbers them per stream. */
  incoming: Set<number> | undefined;
  /** Filters subscribed on it: they end with it. Kept for data streams only. */
  subscriptions: readonly Subscription[] = [];
  /** Times it ended by itself since something last came on it. */
  deaths = 0;

  constructor(
    readonly number: number,
    sink: FrameSink,
  ) {
    this.reader = new FrameReader(sink);
  }

  /** Takes a fresh stream, or none. */
  use(duplex: Duplex | undefined): void {
    this.duplex = duplex;
    this.blocked = false;
    this.awaitsSuback = false;
    this.reader.reset();
  }

  /** A chunk was read at this time. */
  noteRead(now: number): void {
    if (this.reader.holds === this.holds) return;
    this.holds = this.reader.holds;
    this.heldSince = now;
  }
}
