import { FrameReader, type FrameSink } from '../mqtt/codec/frame-reader.js';

type GoesOn = (header: number, buffer: Buffer, start: number, body: number, end: number) => boolean;

/**
 * One stream of packets, read whole packet by whole packet: packets of several streams can only go down one connection one after the other.
 * What lies side by side in a buffer leaves together.
 */
export class Lane implements FrameSink {
  private readonly reader = new FrameReader(this);
  private from = 0;
  private to = 0;
  private pending: Buffer | undefined;

  /** @param goesOn whether the packet is written; it may change it in place, or hand it elsewhere */
  constructor(
    private readonly goesOn: GoesOn,
    private readonly write: (bytes: Buffer) => void,
  ) {}

  /** @throws MQB_PROTOCOL for what is no MQTT */
  feed(chunk: Buffer): void {
    this.reader.feed(chunk);
    this.flush();
  }

  onFrame(header: number, buffer: Buffer, start: number, body: number, end: number): void {
    if (!this.goesOn(header, buffer, start, body, end)) {
      this.flush();
      return;
    }
    if (this.pending === buffer && this.to === start) {
      this.to = end;
      return;
    }
    this.flush();
    this.pending = buffer;
    this.from = start;
    this.to = end;
  }

  private flush(): void {
    const { pending } = this;
    if (pending === undefined) return;
    this.pending = undefined;
    this.write(this.from === 0 && this.to === pending.length ? pending : pending.subarray(this.from, this.to));
  }
}
