import type { Duplex } from 'node:stream';
import type { Clock } from '../../base/clock.js';
import type { MqbenchError } from '../../base/errors.js';
import { DataStreams, type StreamSource } from './data-streams.js';
import type { DirectWriter, Outbox } from './outbox.js';
import { SessionStream } from './stream.js';
import { unfinishedPacket } from './violations.js';

/** A packet that takes longer than this and has not come by half is one that will not. */
const longestPacketMicros = 1e6;

/** The writing half of a session: packets gather in a batch, and a batch belongs to one stream. */
export abstract class SessionOutput {
  /** When a byte was last written. */
  lastWritten = 0;
  readonly data: DataStreams | undefined;
  protected readonly control: SessionStream;
  /** Whose bytes are being read, and whose packets are in the batch. */
  protected reading: SessionStream;
  protected target: SessionStream;
  /** Writes past the control stream where that can be done. */
  private direct: DirectWriter | undefined;

  /** @param priorities of data streams; undefined: uses none */
  constructor(
    protected readonly out: Outbox,
    protected readonly clock: Clock,
    priorities: readonly number[] | undefined,
  ) {
    this.control = new SessionStream(0, this);
    this.reading = this.control;
    this.target = this.control;
    if (priorities !== undefined) this.data = new DataStreams(this, priorities);
  }

  abstract readonly mostBytes: number | undefined;
  abstract onFrame(header: number, buffer: Buffer, start: number, body: number, end: number): void;
  abstract feed(chunk: Buffer, stream?: SessionStream): void;
  abstract writable(): void;
  abstract lost(stream: SessionStream): void;
  protected abstract problem(error: unknown): void;

  /** The control stream does not want more now. */
  get blocked(): boolean {
    return this.control.blocked;
  }

  isBlocked(stream: number): boolean {
    return stream === 0 ? this.control.blocked : this.data?.isBlocked(stream) === true;
  }

  /** A SUBSCRIBE is not answered yet, on whichever stream. */
  get awaitsSuback(): boolean {
    return this.control.awaitsSuback || this.data?.awaitSuback === true;
  }

  /** Tells of packets that the peer began and of which most never came. */
  eachUnfinished(now: number, see: (error: MqbenchError) => void): void {
    for (const { reader, heldSince } of [this.control, ...(this.data?.all() ?? [])]) {
      const { announced, came } = reader.unfinished ?? { announced: 0, came: 0 };
      if (came * 2 < announced && now - heldSince > longestPacketMicros) see(unfinishedPacket(announced, came));
    }
  }

  protected attachStreams(duplex: Duplex, streams?: StreamSource, direct?: DirectWriter): void {
    this.control.use(duplex);
    this.direct = direct;
    this.data?.attach(streams);
    this.target = this.control;
    duplex.on('drain', () => {
      if (this.control.duplex !== duplex) return;
      this.control.blocked = false;
      this.writable();
    });
  }

  /** Makes the batch one of this stream's. @returns false when the stream cannot be opened; the owner knows why */
  protected select(stream: number): boolean {
    if (stream === this.target.number && this.target.duplex !== undefined) return true;
    this.flush();
    this.target = this.control;
    if (stream === 0) return true;
    try {
      this.target = (this.data as DataStreams).get(stream);
      return true;
    } catch (error) {
      this.problem(error);
      return false;
    }
  }

  flush(): void {
    if (this.out.length === 0) return;
    const { target, out, direct } = this;
    if (target.duplex === undefined) {
      out.take();
      return;
    }
    this.lastWritten = this.clock();
    if (direct !== undefined && target === this.control && out.leave(direct)) return;
    if (!target.duplex.write(out.take())) target.blocked = true;
  }

  /** Acknowledgements go on the stream of the packet they answer (EIP 0023). */
  protected answer(header: number, id: number): void {
    if (this.target !== this.reading) {
      this.flush();
      this.target = this.reading;
    }
    this.out.appendAck(header, id);
  }
}
