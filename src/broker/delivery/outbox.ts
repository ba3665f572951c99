import { nextTick } from 'node:process';
import type { Duplex } from 'node:stream';
import { packetTypes } from '../../mqtt/codec/packet-types.js';
import type { Connection } from '../../transport/contract.js';
import type { Patches } from '../aedes/patches.js';
import { AfterTurn } from './after-turn.js';

const { publish, puback, pubcomp } = packetTypes;

/** More than this is not collected but written at once, bytes: as much as fits four TLS records. */
const mostBytes = 64 * 1024;
/** More than this leaves although it is to be held, bytes. */
const heldBytes = 1024 * 1024;
/** Up to this, bytes, pieces are copied into one buffer; larger payloads go out as they are, shared by all subscribers. */
const copiedBytes = 16 * 1024;

type Piece = Buffer | string;

/** What leaves at once is put together here, for one connection after the other. */
const scratch = Buffer.allocUnsafeSlow(copiedBytes);
/** PUBACKs of the outbox that collects: a buffer of their own, as others may be written to before they leave. */
const acknowledgements = Buffer.allocUnsafeSlow(copiedBytes);
/** So many bytes of it. */
let collected = 0;

/** Whatever waits for the end of this turn, in all brokers of the process. */
const afterTurn = new AfterTurn();

/**
 * What aedes has written on one connection and the socket has not been given yet. aedes writes a packet in five or six pieces, and
 * acknowledges a PUBLISH two turns of the event loop before it delivers the message; a system call and a TLS record for
 * each packet were two thirds of the broker's time. So a PUBACK waits for the turn in which a message it belongs to is
 * delivered, at most for two; deliveries wait for the end of their turn; anything else leaves at once, and so does what answers
 * messages that were acted upon as they were read (intake.ts). What waits together leaves together. A turn lasts as long as its
 * traffic: 0.1 ms on an idle broker.
 */
export class Outbox {
  private pieces: Piece[] = [];
  private bytes = 0;
  /** Nothing leaves yet. */
  private held = false;
  /** What comes now leaves together, at {@link leave}. */
  private collects = false;

  private constructor(
    private readonly stream: Duplex,
    private readonly patient: boolean,
    private readonly direct: Pick<Connection, 'writeDirectly'> | undefined,
  ) {}

  /**
   * Takes over the writing side of a stream; to be called before aedes has it.
   * @param patient packets wait for each other as said above; false where the stream itself joins what is written in a
   *   turn, as QUIC does: its acknowledgement of the PUBLISH must not leave in a datagram of its own, ahead of the PUBACK
   * @param direct writes past the stream where that can be done
   */
  static attach(stream: Duplex, patient: boolean, direct?: Pick<Connection, 'writeDirectly'>): Outbox {
    const outbox = new Outbox(stream, patient, direct);
    Object.assign(stream, { [kept]: outbox }, joining);
    return outbox;
  }

  /** Keeps what is written, up to a megabyte, until {@link release}, or the stream's end() or destroy(). */
  hold(): void {
    this.held = true;
  }

  release(): void {
    if (!this.held) return;
    this.held = false;
    this.flush();
  }

  /** From now on nothing is put off on its own, until {@link leave} in the same step. */
  collect(): void {
    this.collects = true;
  }

  /** What has been collected leaves. */
  leave(): void {
    if (this.bytes > 0 || this.held) this.spill();
    this.collects = false;
    if (collected === 0) {
      this.flush();
      return;
    }
    const bytes = collected;
    collected = 0;
    this.write(acknowledgements, bytes);
  }

  /** Appends a PUBACK without a reason, which waits for nothing but the end of the turn. @param at of the packet id in a packet */
  acknowledge(packet: Buffer, at: number): void {
    if (this.collects && this.bytes === 0 && collected + 4 <= copiedBytes) {
      writePuback(acknowledgements, collected, packet, at);
      collected += 4;
      return;
    }
    const acknowledgement = Buffer.allocUnsafe(4);
    writePuback(acknowledgement, 0, packet, at);
    this.appendForTurn(acknowledgement);
  }

  append(piece: Piece): void {
    if (this.collects) this.spill();
    if (this.bytes === 0 && !this.collects) this.schedule(piece);
    this.add(piece, typeof piece === 'string' ? Buffer.byteLength(piece) : piece.length);
  }

  /** As {@link append}, for a piece that waits for nothing but the end of the turn. */
  private appendForTurn(piece: Buffer): void {
    if (this.collects) this.spill();
    if (this.bytes === 0 && !this.collects) {
      if (this.patient) afterTurn.add(this.flush);
      else nextTick(this.flush);
    }
    this.add(piece, piece.length);
  }

  private add(piece: Piece, bytes: number): void {
    this.pieces.push(piece);
    this.bytes += bytes;
    if (this.bytes >= mostBytes) this.flush();
  }

  /** Hands everything to the stream. */
  readonly flush = (): void => {
    if (this.collects) this.spill();
    const { pieces, bytes, stream } = this;
    if (bytes === 0 || (this.held && bytes < heldBytes)) return;
    this.pieces = [];
    this.bytes = 0;
    if (bytes <= copiedBytes) {
      join(pieces);
      this.write(scratch, bytes);
      return;
    }
    if (stream.destroyed || stream.writableEnded) return;
    const { write, cork, uncork } = prototypeOf(stream);
    cork.call(stream);
    for (const piece of pieces) write.call(stream, piece);
    uncork.call(stream);
  };

  /** The PUBACKs become a piece: others come behind it. */
  private spill(): void {
    if (collected === 0) return;
    const bytes = collected;
    collected = 0;
    this.pieces.push(Buffer.from(acknowledgements.subarray(0, bytes)));
    this.bytes += bytes;
  }

  /** @param bytes so many of the buffer, which is used again */
  private write(buffer: Buffer, bytes: number): void {
    const { stream } = this;
    if (stream.destroyed || stream.writableEnded || this.direct?.writeDirectly?.(buffer, bytes)) return;
    prototypeOf(stream).write.call(stream, Buffer.from(buffer.subarray(0, bytes)));
  }

  /** @param first piece of a packet, which begins with its type */
  private schedule(first: Piece): void {
    const type = typeof first === 'string' ? 0 : (first[0] as number) >> 4;
    // aedes queues its next step for a PUBACK right after this, and in that step the delivery: two steps behind both.
    if (!this.patient) nextTick(this.flush);
    else if (type === puback) nextTick(setImmediate, setImmediate, this.flush);
    else if (type >= publish && type <= pubcomp) afterTurn.add(this.flush);
    else nextTick(this.flush);
  }
}

const kept = Symbol('outbox');

interface Joined extends Duplex {
  readonly [kept]: Outbox;
}

/** What replaces the methods of a stream; `this` is the stream. */
const joining = {
  /** @returns false when the stream waits for 'drain', as any stream's write() */
  write(this: Joined, chunk: Piece, ...more: unknown[]): boolean {
    if (more.some((each) => typeof each === 'function')) {
      this[kept].flush();
      return prototypeOf(this).write.call(this, chunk, ...more) as boolean;
    }
    if (chunk.length > 0) this[kept].append(chunk);
    return !this.writableNeedDrain;
  },
  /** With a cork() mqtt-packet would cork and uncork for every packet. */
  cork: undefined,
  end(this: Joined, ...args: unknown[]): unknown {
    this[kept].release();
    this[kept].flush();
    return prototypeOf(this).end.apply(this, args);
  },
  destroy(this: Joined, ...args: unknown[]): unknown {
    this[kept].release();
    this[kept].flush();
    return prototypeOf(this).destroy.apply(this, args);
  },
} satisfies Record<Exclude<keyof Patches['stream'], 'read'>, unknown>;

/** The stream's own methods, behind ours. */
type OwnMethods = Record<'write' | 'cork' | 'uncork' | 'end' | 'destroy', (...args: unknown[]) => unknown>;

const prototypeOf = (stream: Duplex): OwnMethods => Object.getPrototypeOf(stream) as OwnMethods;

/** Copies pieces into {@link scratch}, which has room for them. */
function join(pieces: readonly Piece[]): void {
  let at = 0;
  for (const piece of pieces) at += typeof piece === 'string' ? scratch.write(piece, at) : piece.copy(scratch, at);
}

function writePuback(into: Buffer, at: number, packet: Buffer, id: number): void {
  into[at] = puback << 4;
  into[at + 1] = 2;
  into[at + 2] = packet[id] as number;
  into[at + 3] = packet[id + 1] as number;
}
