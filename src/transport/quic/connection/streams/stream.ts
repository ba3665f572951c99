import { Duplex } from 'node:stream';
import type { FinGate } from './fin.js';
import type { StreamSet } from './streams.js';

const scratch = Buffer.allocUnsafeSlow(64 * 1024);
const empty = Buffer.alloc(0);

/** Written bytes that wait for the next flush before write() reports back-pressure. */
const pendingLimit = 64 * 1024;

/**
 * One bidirectional QUIC stream as a Duplex. Writes of one turn are joined
 * into one call of the binding; a reader that does not keep up stops the reads,
 * so quiche stops granting MAX_STREAM_DATA (RFC 9000 4.1) and the sender blocks.
 */
export class QuicStream extends Duplex {
  private pending: Buffer[] = [];
  private pendingBytes = 0;
  private writeDone: ((error?: Error | null) => void) | undefined;
  private finishDone: ((error?: Error | null) => void) | undefined;
  /** The application does not keep up reading. */
  readPaused = false;
  /** Of a server: when its FIN may leave. */
  gate: FinGate | undefined = undefined;
  /** The reader wants more since the last pull(). */
  wantsPull = false;
  peerFinished = false;
  /** Whether the peer has stopped it (STOP_SENDING) has not been asked since something was read. */
  isUnchecked = false;
  private writeOver = false;
  private gone = false;
  /** Something was written to it or read from it: only then quiche has it. */
  isKnown = false;
  /** False until the peer has opened it: a server must not write to a stream that does not exist yet. */
  usable: boolean;

  constructor(
    private readonly port: StreamSet,
    readonly id: number,
    usable: boolean,
    /** Whether our side stays open when the peer has finished its own; whoever reads must then end it. */
    allowHalfOpen = false,
  ) {
    super({ allowHalfOpen, readableHighWaterMark: 64 * 1024, writableHighWaterMark: 64 * 1024 });
    this.usable = usable;
  }

  /** Whether bytes wait that the binding has not taken yet. */
  get waits(): boolean {
    return this.pendingBytes > 0;
  }

  /** Whether those, or our FIN, wait. */
  get blocked(): boolean {
    return this.waits || this.finishDone !== undefined;
  }

  /** Whether our FIN waits to leave. */
  get finishing(): boolean {
    return this.finishDone !== undefined;
  }

  /** Whether both sides have been finished. */
  get finished(): boolean {
    return this.peerFinished && this.writeOver;
  }

  override _read(): void {
    if (!this.readPaused) return;
    this.readPaused = false;
    this.wantsPull = true;
    this.port.wake();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.pending.push(chunk);
    this.accepted(chunk.length, done);
  }

  override _writev(chunks: { chunk: Buffer }[], done: (error?: Error | null) => void): void {
    let bytes = 0;
    for (const { chunk } of chunks) {
      this.pending.push(chunk);
      bytes += chunk.length;
    }
    this.accepted(bytes, done);
  }

  override _final(done: (error?: Error | null) => void): void {
    if (this.gone) {
      done();
      return;
    }
    this.finishDone = done;
    this.port.wake();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.port.closed(this, error);
    this.pending = [];
    this.pendingBytes = 0;
    done(error);
    this.settle(error);
  }

  /** Hands over everything that has arrived, wanted or not: there will be no other time. */
  drain(): void {
    while (!this.peerFinished && !this.destroyed) {
      this.readPaused = false;
      this.pull();
      if (!this.readPaused) return;
    }
  }

  /** The connection is gone: what is still written goes nowhere. */
  abandon(): void {
    this.gone = true;
    this.pending = [];
    this.pendingBytes = 0;
    this.endReading();
    this.settle(null);
  }

  /** Hands received bytes to the application until it has enough. */
  pull(): void {
    this.wantsPull = false;
    if (this.peerFinished || this.readPaused) return;
    for (;;) {
      let got: [number, boolean] | null;
      try {
        got = this.port.read(this.id, scratch);
      } catch (error) {
        this.peerFinished = true;
        this.destroy(error as Error);
        return;
      }
      if (got === null) return;
      this.isKnown = true;
      const [length, fin] = got;
      // Buffer.from copies into Node's pool, so a small message keeps a small buffer.
      const wanted = length > 0 ? this.push(Buffer.from(scratch.subarray(0, length))) : true;
      if (fin) {
        this.peerFinished = true;
        this.push(null);
        return;
      }
      if (this.destroyed) return;
      if (!wanted) {
        this.readPaused = true;
        return;
      }
      if (length < scratch.length) return; // that was all there is
    }
  }

  /** The peer has gone for good and cleanly: what was received stands. */
  endReading(): void {
    if (this.peerFinished) return;
    this.peerFinished = true;
    this.push(null);
  }

  /** Hands pending bytes (and our FIN) to the binding as far as it takes them. */
  pushOut(): void {
    if (!this.usable || this.writeOver) return;
    if (this.pendingBytes > 0) {
      const data = this.pending.length === 1 ? (this.pending[0] as Buffer) : Buffer.concat(this.pending);
      let taken: number;
      try {
        taken = this.port.write(this, data, false);
      } catch (error) {
        this.writeOver = true;
        this.destroy(error as Error);
        return;
      }
      this.isKnown = true;
      this.pendingBytes -= taken;
      this.pending = this.pendingBytes > 0 ? [data.subarray(taken)] : [];
    }
    if (this.pendingBytes < pendingLimit && this.writeDone) {
      const done = this.writeDone;
      this.writeDone = undefined;
      done();
    }
    if (this.pendingBytes === 0 && this.finishDone && this.port.mayFinish(this)) this.finish();
  }

  private finish(): void {
    this.writeOver = true;
    try {
      this.port.write(this, empty, true);
    } catch {
      // The peer has stopped the stream: nobody waits for our FIN.
    }
    const done = this.finishDone;
    this.finishDone = undefined;
    done?.();
  }

  private accepted(bytes: number, done: (error?: Error | null) => void): void {
    if (this.gone) {
      this.pending = [];
      done();
      return;
    }
    this.pendingBytes += bytes;
    if (this.pendingBytes < pendingLimit) done();
    else this.writeDone = done;
    this.port.wake();
  }

  private settle(error: Error | null): void {
    const { writeDone, finishDone } = this;
    this.writeDone = undefined;
    this.finishDone = undefined;
    writeDone?.(error);
    finishDone?.(error);
  }
}
