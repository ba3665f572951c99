import type { Duplex } from 'node:stream';
import type { Packet } from 'mqtt-packet';
import { bodyStart, packetEnd } from '../../mqtt/codec/frame-reader.js';
import { packetTypes } from '../../mqtt/codec/packet-types.js';
import { type Client, onThrough } from '../aedes/aedes.js';
import { replace } from '../aedes/patches.js';
import type { Outbox } from '../delivery/outbox.js';
import type { BrokerLimits } from '../limits.js';
import { endsDelivery, isAnswered } from './exchanges.js';
import type { FastLane } from './fast-lane.js';
import { judge, type Refusal } from './judge.js';
import { keepOrder } from './user-properties.js';

/** What an intake tells of; shared by all connections of a broker. */
export interface IntakeOwner {
  readonly limits: Pick<BrokerLimits, 'connectBytes' | 'packetBytes'>;
  /** Control packets handed to aedes, and those of them that call for an answer. */
  packets: number;
  answers: number;
}

/** How long an end waits for what was received before it, ms: a subscriber that takes nothing holds up nobody's end for longer. */
const patienceMs = 10_000;
const nothing = Buffer.alloc(0);

/** A stream with what its types leave out: aedes reads all there is with null, and whether what carries it has ended. */
interface StreamInside extends Duplex {
  read(size?: number | null): Buffer | null;
  readonly _readableState: { readonly ended: boolean };
}

/**
 * The reading side of one stream, between it and aedes, which gets whole packets only:
 *
 * - The length is judged when the fixed header is there, before a byte of the body is kept; the rest of the packet by the
 *   rules of rules/. Whoever breaks them is cut off.
 * - After CONNECT nothing is handed on until CONNACK is out; what a client may send right behind it (MQTT 3.1.1 section 3.1)
 *   waits in the stream. aedes would take 42 packets, forget them at an end, and end a client with more.
 * - DISCONNECT and the end of the stream come to aedes after all before them has been acted upon: aedes drops what it has
 *   begun for a client that is gone. Answers wait as long in the outbox, since one written to a client that has
 *   hung up would break the connection under what is still to be read.
 */
export class Intake {
  /** Of a packet that has not arrived whole: its parts, their bytes, and its length, 0 while unknown. */
  private parts: Buffer[] = [];
  private held = 0;
  private needed = 0;
  /** What was read and must wait. */
  private kept: Buffer | undefined;
  private phase: 'new' | 'connecting' | 'connected' = 'new';
  /** Of the protocol, 3 to 5, once CONNECT has told. */
  version = 4;
  /** Packets that aedes has and is not through with. */
  private outstanding = 0;
  /** Nothing more is handed on: it has broken a rule, or said that it goes. */
  private isOver = false;
  /** The end has waited for long enough. */
  private overdue = false;
  private timer: NodeJS.Timeout | undefined;
  private client: Client | undefined;
  private lane: FastLane | undefined;
  /** What aedes has got last of a client of MQTT 5, and how far it has read it. */
  private handed: Buffer = nothing;
  private handedAt = 0;
  private acknowledged: (id: number) => void = () => {};
  /** The stream's own read(). */
  private raw!: (size?: number | null) => Buffer | null;

  private constructor(
    private readonly stream: StreamInside,
    private readonly owner: IntakeOwner,
    private readonly outbox: Outbox,
    private readonly refuse: (refusal: Refusal) => void,
  ) {
    replace('stream', stream, 'read', (raw) => {
      this.raw = raw;
      return (size) => this.read(size);
    });
  }

  /**
   * Takes over a stream's read(); to be called before aedes has the stream.
   * @param refuse must end the connection
   */
  static attach(stream: Duplex, owner: IntakeOwner, outbox: Outbox, refuse: (refusal: Refusal) => void): Intake {
    const intake = new Intake(stream as StreamInside, owner, outbox, refuse);
    stream.on('close', () => clearTimeout(intake.timer));
    return intake;
  }

  /**
   * Learns from aedes' client when it is through with a packet.
   * @param acknowledged called with the packet id of each message to the client that it has acknowledged, or refused
   * @param laneOf the client's fast lane, asked for once it is connected
   */
  watch(client: Client, acknowledged: (id: number) => void, laneOf: () => FastLane | undefined): void {
    this.client = client;
    this.acknowledged = acknowledged;
    onThrough(client, () => {
      if (this.phase === 'connecting') {
        this.phase = 'connected';
        this.lane = laneOf();
        this.outstanding = 1; // CONNACK is out; CONNECT itself is done when the queue of its session is
      } else if (this.outstanding > 0) {
        this.outstanding--;
      }
    });
  }

  get hasConnected(): boolean {
    return this.phase !== 'new';
  }

  /** Largest packet that the client takes, bytes. */
  get most(): number {
    return this.client?.maximumPacketSize ?? Number.POSITIVE_INFINITY;
  }

  /**
   * Acts at once upon plain packets that have come while nothing before them waits.
   * @param bytes belong to the caller again when this returns
   * @returns how many of them, from the first, are done with
   */
  readonly takeDirectly = (bytes: Buffer): number => {
    const { parts, kept, isOver, stream } = this;
    const isFirst = parts.length === 0 && kept === undefined && !isOver && stream.readableLength === 0;
    if (!isFirst) return 0;
    // Its answers leave at once, together with what these messages brought to this client itself.
    this.outbox.collect();
    const taken = this.goFast(bytes);
    this.outbox.leave();
    return taken;
  };

  private read(size?: number | null): Buffer | null {
    const ends = this.atEnd && this.through();
    if (size === null) return this.take();
    return this.atEnd && !ends ? null : this.raw(size); // even read(0) would tell aedes of the end
  }

  /** All bytes are read and no more will come. */
  private get atEnd(): boolean {
    return this.stream.readableLength === 0 && this.stream._readableState.ended;
  }

  /** Whether all that came before the end has been acted upon. */
  private through(): boolean {
    const waits = this.phase === 'connecting' || this.outstanding > 0 || this.kept !== undefined;
    if (waits && !this.overdue && !this.isOver) {
      this.outbox.hold();
      this.timer ??= setTimeout(() => this.giveUp(), patienceMs).unref();
      return false;
    }
    this.outbox.release();
    return true;
  }

  private giveUp(): void {
    this.overdue = true;
    this.kept = undefined;
    this.stream.read(0);
  }

  /** @returns whole packets for aedes, or null while there are none that it may have */
  private take(): Buffer | null {
    while (!this.isOver && this.phase !== 'connecting') {
      const chunk = this.kept ?? this.next();
      this.kept = undefined;
      if (chunk === null) return null;
      const whole = this.joined(chunk);
      const batch = whole === undefined ? undefined : this.cut(whole);
      if (batch !== undefined) return batch;
      if (this.kept !== undefined) return null;
    }
    return this.isOver && this.atEnd ? this.raw(null) : null; // aedes learns of the end
  }

  /** Reads the stream, without letting its end be seen. */
  private next(): Buffer | null {
    const { readableLength, _readableState } = this.stream;
    const { ended } = _readableState;
    if (this.atEnd && !this.through()) return null;
    // A read of all there is, by its number, is not one past the end; before the end it would raise the high-water mark.
    return this.raw(ended && readableLength > 0 ? readableLength : null);
  }

  private joined(chunk: Buffer): Buffer | undefined {
    if (this.parts.length === 0) return chunk;
    this.parts.push(chunk);
    this.held += chunk.length;
    if (this.held < this.needed) return undefined;
    const whole = Buffer.concat(this.parts, this.held);
    this.parts = [];
    this.held = 0;
    return whole;
  }

  /** @returns the packets that aedes may have now; the rest is kept, and so is a part of a packet */
  private cut(buffer: Buffer): Buffer | undefined {
    const from = this.goFast(buffer);
    let at = from;
    let packets = 0;
    while (at < buffer.length) {
      const type = (buffer[at] as number) >> 4;
      const end = endOf(buffer, at);
      const refusal = this.judge(buffer, at, end);
      const last = refusal !== undefined || type === packetTypes.disconnect;
      if (last && packets + this.outstanding > 0) {
        this.kept = buffer.subarray(at);
        break;
      }
      if (refusal) {
        this.cutOff(refusal);
        return undefined;
      }
      if (end === 0 || end > buffer.length) {
        this.hold(buffer.subarray(at), end === 0 ? 0 : end - at);
        break;
      }
      if (isAnswered(buffer[at] as number)) this.owner.answers++;
      if (endsDelivery(buffer, at, end)) this.acknowledged(buffer.readUInt16BE(bodyStart(buffer, at)));
      at = end;
      packets++;
      if (type === packetTypes.disconnect) {
        this.isOver = true; // nothing behind it has any effect [MQTT-3.14.4-1]
        break;
      }
      if (this.phase !== 'new' || type !== packetTypes.connect) continue;
      this.phase = 'connecting';
      if (at < buffer.length) this.kept = buffer.subarray(at);
      break;
    }
    if (packets === 0) return undefined;
    this.owner.packets += packets;
    if (this.phase === 'connected') this.outstanding += packets;
    if (this.version === 5) {
      this.handed = buffer;
      this.handedAt = from;
    }
    return from === 0 && at === buffer.length ? buffer : buffer.subarray(from, at);
  }

  /** Acts upon packets past aedes, as long as they come first and are plain. @returns offset behind them */
  private goFast(buffer: Buffer): number {
    const { lane, owner } = this;
    if (lane === undefined || this.outstanding > 0) return 0;
    let at = 0;
    while (at < buffer.length) {
      const type = (buffer[at] as number) >> 4;
      const end = type === packetTypes.publish || type === packetTypes.puback ? endOf(buffer, at) : 0;
      if (end <= 0 || end > buffer.length || this.judge(buffer, at, end)) break;
      if (!lane.take(buffer, at, bodyStart(buffer, at), end, this.version)) break;
      if (type === packetTypes.puback) this.acknowledged(buffer.readUInt16BE(bodyStart(buffer, at)));
      else if (isAnswered(buffer[at] as number)) owner.answers++;
      owner.packets++;
      at = end;
    }
    if (at > 0) lane.refresh();
    return at;
  }

  /** aedes has read a packet, and shows it before it acts upon it. */
  readonly parsed = (packet: Packet): void => {
    if (this.version !== 5) return;
    const { handed, handedAt } = this;
    this.handedAt = packetEnd(handed, handedAt);
    keepOrder(packet, handed, handedAt, this.handedAt);
  };

  /** @param end offset behind the packet: 0 while its length is unknown, -1 when that is none */
  private judge(buffer: Buffer, at: number, end: number): Refusal | undefined {
    return judge(this, this.owner.limits, buffer, at, end);
  }

  private hold(rest: Buffer, needed: number): void {
    // A copy: a slice of a 64 KB read would keep all of it alive for the sake of a few bytes.
    this.parts = [rest.length < 4096 ? Buffer.from(rest) : rest];
    this.held = rest.length;
    this.needed = needed;
  }

  private cutOff(refusal: Refusal): void {
    this.isOver = true;
    this.parts = [];
    this.refuse(refusal);
  }
}

/** As {@link packetEnd}, -1 for a remaining length of more than four bytes. */
function endOf(buffer: Buffer, at: number): number {
  try {
    return packetEnd(buffer, at);
  } catch {
    return -1;
  }
}
