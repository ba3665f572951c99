import { MqbenchError } from '../../../../base/errors.js';
import type { Quiche } from '../../native.js';
import type { QuicConnection } from '../connection.js';
import { controlStreamLost, peersStreamCode } from '../failure.js';
import { FinGate } from './fin.js';
import { QuicStream } from './stream.js';

const bidiStep = 4;
const none: readonly QuicStream[] = [];
/** Directions of quiche's streamShutdown(). */
const [readSide, writeSide] = [0, 1] as const;

/**
 * The streams of one connection: stream 0 is the control stream, further
 * client-initiated bidirectional ones are data streams (EIP 0023 of EMQX). A
 * server never opens one: NanoSDK grants it none, emqtt ends on it.
 */
export class StreamSet {
  readonly control: QuicStream;
  /** None until there is one: most connections never have any. */
  private data: Map<number, QuicStream> | undefined;
  private offer: ((stream: QuicStream) => void) | undefined;
  private nextId = bidiStep;

  constructor(
    private readonly quiche: Quiche,
    private readonly owner: QuicConnection,
  ) {
    this.control = this.make(0, false);
  }

  /** Data streams that live. */
  get dataStreams(): number {
    return this.data?.size ?? 0;
  }

  /** The data streams that live. */
  private get others(): Iterable<QuicStream> {
    return this.data?.values() ?? none;
  }

  /** Earliest time at which a FIN that waits may go, ms. */
  get finDeadline(): number {
    let due = deadlineOf(this.control);
    for (const stream of this.others) due = Math.min(due, deadlineOf(stream));
    return due;
  }

  /** Whether bytes wait that quiche has not taken. */
  get areBlocked(): boolean {
    if (this.control.waits) return true;
    for (const stream of this.others) if (stream.waits) return true;
    return false;
  }

  /** Whether a reader caught up after the last pull(). */
  get wantsPull(): boolean {
    if (this.control.wantsPull) return true;
    for (const stream of this.others) if (stream.wantsPull) return true;
    return false;
  }

  /** Receives the peer's data streams, those that came before included. Without it they wait, within flow control. */
  onStream(offer: (stream: QuicStream) => void): void {
    this.offer = offer;
    this.owner.wake();
  }

  /**
   * Opens a data stream; the peer sees it with its first bytes.
   * @param priority 0–65535, higher is more important, as in emqtt-bench and msquic; 32767 is the default
   * @throws MqbenchError MQB_QUIC_STREAMS when the peer grants no more
   */
  open(priority = 0x7fff): QuicStream {
    if (this.owner.role === 'server') {
      throw new MqbenchError('MQB_QUIC_STREAMS', 'open a stream as server: MQTT over QUIC lets only clients do that');
    }
    const id = this.nextId;
    try {
      // quiche counts the other way round: urgency 0 is sent first, 127 is its default.
      this.quiche.streamPriority(id, urgencyOf(priority), true);
    } catch (error) {
      throw new MqbenchError('MQB_QUIC_STREAMS', `open data stream ${id}: the server grants no more streams`, {
        hint: `use fewer streams (--streams), or raise the listener's maxStreams`,
        cause: error,
      });
    }
    this.nextId += bidiStep;
    const stream = this.make(id, true);
    this.data ??= new Map();
    this.data.set(id, stream);
    return stream;
  }

  /** Hands received bytes to their readers, and new streams to whoever wants them. @returns whether there were any */
  pull(ready: boolean): boolean {
    const any = this.pullOne(this.control);
    if (!this.data && this.owner.role === 'client') return any;
    for (const stream of this.others) this.pullOne(stream);
    if (ready && this.offer && this.quiche.isReadable()) this.discover(this.offer);
    return any;
  }

  /** Hands written bytes to quiche. */
  push(): void {
    this.pushOne(this.control);
    for (const stream of this.others) this.pushOne(stream);
  }

  /** What was pushed has had its chance to leave. */
  flushed(): void {
    this.control.gate?.flushed();
    for (const stream of this.others) stream.gate?.flushed();
  }

  /** The connection is over: with a reason every stream ends with it, without one cleanly. */
  end(reason: Error | undefined): void {
    for (const stream of [this.control, ...this.others]) {
      if (stream.destroyed) continue;
      if (this.quiche.streamReadable(stream.id)) stream.drain();
      if (reason && !stream.finished) stream.destroy(reason);
      else stream.endReading();
    }
  }

  /** Nothing will be sent any more. */
  abandon(): void {
    for (const stream of [this.control, ...this.others]) if (!stream.destroyed) stream.abandon();
  }

  // What the streams ask of it.

  /** @returns [bytes, finished], or null when there is nothing; throws when the peer reset it */
  read(id: number, into: Buffer): [number, boolean] | null {
    try {
      return this.quiche.streamRecv(id, into);
    } catch (error) {
      throw id === 0 ? controlStreamLost(error as Error) : error;
    }
  }

  /** @returns bytes accepted, 0 when blocked; throws when the peer stopped it */
  write(stream: QuicStream, data: Buffer, fin: boolean): number {
    if (!this.owner.sending) return data.length;
    if (!fin) stream.gate?.wrote(this.owner.nowMs());
    try {
      return this.quiche.streamSend(stream.id, data, fin) ?? 0;
    } catch (error) {
      throw stream === this.control ? controlStreamLost(error as Error) : error;
    }
  }

  /** Asks for pump() and flush() soon. */
  wake(): void {
    this.owner.wake();
  }

  /** Whether our FIN may leave now, or must wait until the data before it is on its way. */
  mayFinish(stream: QuicStream): boolean {
    if (!stream.gate || !this.owner.sending) return true;
    return stream.gate.open(this.owner.nowMs(), this.owner.due.nothingInFlight());
  }

  /** Both directions are over, or the application destroyed it. */
  closed(stream: QuicStream, error: Error | null): void {
    if (stream === this.control) {
      const code = peersStreamCode(error);
      if (code !== undefined && this.owner.sending) this.shutBoth(0, code);
      this.owner.termination.controlClosed(error);
      return;
    }
    this.data?.delete(stream.id);
    if (!this.owner.sending || stream.finished) return;
    if (!error) stream.pushOut(); // destroyed on purpose: what was written before still goes
    this.shutBoth(stream.id, peersStreamCode(error) ?? 0);
    this.owner.wake();
  }

  /** EMQX and emqtt mirror: a RESET is answered by STOP_SENDING, a STOP_SENDING by ending both, with the peer's code. */
  private shutBoth(id: number, code: number): void {
    for (const direction of [readSide, writeSide]) {
      try {
        this.quiche.streamShutdown(id, direction, code);
      } catch {
        // This direction was over already.
      }
    }
  }

  /** Whether everything of the control stream is sent, acknowledged and read: quiche has forgotten it. */
  controlCollected(): boolean {
    try {
      this.quiche.streamCapacity(0);
      return false;
    } catch {
      return true;
    }
  }

  private make(id: number, usable: boolean): QuicStream {
    // A client may finish a data stream together with its packets; the broker ends its side when it has answered them.
    const stream = new QuicStream(this, id, usable, id !== 0 && this.owner.role === 'server');
    if (this.owner.role === 'server') stream.gate = new FinGate();
    return stream;
  }

  private pullOne(stream: QuicStream): boolean {
    const any = this.quiche.streamReadable(stream.id);
    if (any) stream.pull();
    else stream.wantsPull = false;
    // What is read is mostly answered in this turn, and the answer shows a STOP_SENDING by itself.
    if (any && this.owner.isReady) stream.isUnchecked = true;
    else this.noticeStop(stream);
    return any;
  }

  private pushOne(stream: QuicStream): void {
    if (stream.isUnchecked && !stream.waits) this.noticeStop(stream);
    stream.isUnchecked = false;
    if (stream.blocked) stream.pushOut();
  }

  /** STOP_SENDING shows only when one tries to write. A stream that quiche does not have costs an exception: 5 µs. */
  private noticeStop(stream: QuicStream): void {
    if (stream.destroyed || !stream.isKnown) return;
    try {
      this.quiche.streamCapacity(stream.id);
    } catch (error) {
      if (!String((error as Error).message).startsWith('StreamStopped')) return;
      stream.destroy(stream === this.control ? controlStreamLost(error as Error) : (error as Error));
    }
  }

  /** Finds streams that we do not know yet. readable() costs 10 µs, so it is asked only when something is readable. */
  private discover(offer: (stream: QuicStream) => void): void {
    for (const id of [...this.quiche.readable()]) {
      if (id === 0 || id % bidiStep !== 0 || this.data?.has(id)) continue;
      const stream = this.make(id, true);
      stream.on('error', () => {}); // a data stream dies alone; whoever cares listens too
      this.data ??= new Map();
      this.data.set(id, stream);
      offer(stream);
      stream.pull();
    }
  }
}

function deadlineOf(stream: QuicStream): number {
  return stream.gate && stream.finishing ? stream.gate.deadline : Number.POSITIVE_INFINITY;
}

/** 0–65535, higher first → 0–255, lower first. */
export function urgencyOf(priority: number): number {
  return 255 - Math.min(255, Math.max(0, priority >> 8));
}
