import type { Duplex } from 'node:stream';
import { type Clock, nowMicros } from '../base/clock.js';
import { MqbenchError } from '../base/errors.js';
import {
  type Connack,
  type ConnectOptions,
  decodeConnack,
  decodeDisconnect,
  decodeSuback,
  disconnect,
  encodeConnect,
  encodeSubscribe,
  pingreq,
} from './control-packets.js';
import { FrameReader } from './frame-reader.js';
import { Inflight, waitingFor } from './inflight.js';
import type { Outbox } from './outbox.js';
import { packetTypes, type Qos } from './packet-types.js';
import type { PublishTemplate } from './publish-template.js';
import { reasonText } from './reason-codes.js';
import { resendAll, resendOlder, type TemplateOf } from './redelivery.js';

/** What a session tells its owner. All times are monotonic microseconds, one reading per chunk that arrived. */
export interface SessionEvents {
  onConnack(connack: Connack, now: number): void;
  onSuback(granted: readonly number[], now: number): void;
  /** A PUBLISH; the payload lies in buffer[start, end) and only during the call. */
  onMessage(buffer: Buffer, start: number, end: number, qos: Qos, dup: boolean, now: number): void;
  /** PUBACK or PUBCOMP. A reason of 0x80 and above is a refusal (MQTT 5). */
  onAcknowledged(flow: number, sequence: number, due: number, written: number, reason: number, now: number): void;
  /** A chunk was handled: slots may be free. Publishing from here goes out in the same write as the acknowledgements. */
  onTurn(now: number): void;
  /** The peer broke the protocol or refused; the owner ends the connection. */
  onProblem(error: MqbenchError): void;
}

export interface SessionOptions extends ConnectOptions {
  /** Most unacknowledged publishes, 1 … 65,535. */
  readonly window: number;
  readonly clock?: Clock;
}

/**
 * The MQTT side of one client, over one connection after the other. It owns no
 * socket and no timer: `attach` gives it a stream, `feed` bytes, `checkKeepalive`
 * the time. Unacknowledged publishes survive the connection.
 */
export class Session {
  /** Bytes last written and read; both start when a stream is attached. */
  lastWritten = 0;
  lastRead = 0;
  /** The stream does not want more now. */
  blocked = false;
  /** When the PINGREQ that is not answered yet was written; 0 without one. */
  pingSentAt = 0;
  private duplex: Duplex | undefined;
  /** CONNACK has come; before it nothing else may (MQTT 5.0, 3.2). */
  private greeted = false;
  private readonly reader = new FrameReader(this);
  private slots: Inflight | undefined;
  private receiveMaximum = 65_535;
  private keepaliveMicros: number;
  private incoming: Set<number> | undefined;
  private now = 0;
  private readonly clock: Clock;

  constructor(
    private readonly options: SessionOptions,
    private readonly out: Outbox,
    private readonly events: SessionEvents,
  ) {
    this.clock = options.clock ?? nowMicros;
    this.keepaliveMicros = options.keepaliveSeconds * 1e6;
  }

  /** Publishes that wait for an acknowledgement. */
  get unacknowledged(): number {
    return this.slots?.used ?? 0;
  }

  /** A further QoS 1 or 2 publish may go out now. */
  get hasRoom(): boolean {
    const slots = this.slots;
    return slots === undefined || (!slots.full && slots.used < this.receiveMaximum);
  }

  /** When the oldest thing the peer owes us was written; 0 when it owes nothing. */
  get oldestOwed(): number {
    let oldest = this.pingSentAt;
    const { slots } = this;
    if (slots !== undefined && slots.used > 0) {
      for (let i = 0; i < slots.window; i++) {
        const at = slots.written[i] as number;
        if (slots.state[i] !== waitingFor.nothing && at > 0 && (oldest === 0 || at < oldest)) oldest = at;
      }
    }
    return oldest;
  }

  /** Takes a fresh stream and writes CONNECT to it. Reading is the owner's: it calls {@link feed}. */
  attach(duplex: Duplex): void {
    this.duplex = duplex;
    this.greeted = false;
    this.reader.reset();
    this.blocked = false;
    this.pingSentAt = 0;
    this.receiveMaximum = 65_535;
    this.lastRead = this.clock();
    duplex.on('drain', () => {
      if (this.duplex !== duplex) return;
      this.blocked = false;
      this.now = this.clock();
      this.events.onTurn(this.now);
      this.flush();
    });
    this.out.append(encodeConnect(this.options));
    this.flush();
  }

  /** The stream is gone. Publishes that were not acknowledged stay for the next one. */
  detach(): void {
    this.duplex = undefined;
    this.blocked = false;
    this.pingSentAt = 0;
  }

  subscribe(packetId: number, subscriptions: readonly { readonly topic: string; readonly qos: Qos }[]): void {
    this.out.append(encodeSubscribe(this.options.version, packetId, subscriptions));
  }

  /** Appends a publish to the batch; {@link flush} sends it. The caller has looked at {@link hasRoom} for QoS > 0. */
  publish(template: PublishTemplate, flow: number, sequence: number, due: number, now: number): void {
    if (template.qos === 0) {
      template.append(this.out, 0, sequence, due, false);
      return;
    }
    this.slots ??= new Inflight(this.options.window);
    const slots = this.slots;
    const slot = slots.take();
    slots.state[slot] = template.qos === 1 ? waitingFor.puback : waitingFor.pubrec;
    slots.flow[slot] = flow;
    slots.sequence[slot] = sequence;
    slots.due[slot] = due;
    slots.written[slot] = now;
    template.append(this.out, slots.ids[slot] as number, sequence, due, false);
  }

  /**
   * Sends again what was not acknowledged: PUBLISH with DUP, or PUBREL, when the server kept the session
   * (MQTT 5.0, 4.4); as new messages, DUP 0, when it did not.
   * @returns publishes written again
   */
  resend(templateOf: TemplateOf, sessionKept: boolean, now: number): number {
    if (!sessionKept) this.incoming = undefined;
    return this.slots === undefined ? 0 : resendAll(this.slots, this.out, templateOf, sessionKept, now);
  }

  /** Sends again, with DUP, what has waited longer than `olderThan`. @returns publishes written again */
  retry(templateOf: TemplateOf, olderThan: number, now: number): number {
    return this.slots === undefined ? 0 : resendOlder(this.slots, this.out, templateOf, olderThan, now);
  }

  /** Writes the batch to the stream in one piece. */
  flush(): void {
    if (this.out.length === 0) return;
    const batch = this.out.take();
    if (this.duplex === undefined) return;
    this.lastWritten = this.clock();
    if (!this.duplex.write(batch)) this.blocked = true;
  }

  /** Bytes from the stream. One clock reading serves all packets of the chunk. */
  feed(chunk: Buffer): void {
    this.now = this.clock();
    this.lastRead = this.now;
    try {
      this.reader.feed(chunk);
    } catch (error) {
      this.out.take();
      if (error instanceof MqbenchError) {
        this.events.onProblem(error);
        return;
      }
      throw error;
    }
    this.events.onTurn(this.now);
    this.flush();
  }

  /** Writes PINGREQ when nothing was written for the keepalive time less a quarter (MQTT 5.0, 3.1.2.10). */
  checkKeepalive(now: number): void {
    if (this.keepaliveMicros === 0 || this.pingSentAt !== 0) return;
    if (now - this.lastWritten < this.keepaliveMicros * 0.75) return;
    this.out.append(pingreq);
    this.pingSentAt = now;
    this.flush();
  }

  /** Says good-bye; the server drops the will. */
  disconnect(): void {
    this.out.append(disconnect);
    this.flush();
  }

  /** FrameSink. */
  onFrame(header: number, buffer: Buffer, start: number, body: number, end: number): void {
    const type = header >>> 4;
    if (!this.greeted && type !== packetTypes.connack) throw notMqtt(type);
    if (type === packetTypes.puback) {
      this.onAck(waitingFor.puback, buffer, body, end);
      return;
    }
    if (type === packetTypes.publish) {
      this.onPublish(header, buffer, body, end);
      return;
    }
    if (type === packetTypes.pubrec) {
      this.onPubrec(buffer, body, end);
      return;
    }
    if (type === packetTypes.pubcomp) {
      this.onAck(waitingFor.pubcomp, buffer, body, end);
      return;
    }
    if (type === packetTypes.pubrel) {
      this.incoming?.delete(packetId(buffer, body, end));
      this.out.appendAck(packetTypes.pubcomp << 4, packetId(buffer, body, end));
      return;
    }
    if (type === packetTypes.pingresp) {
      this.pingSentAt = 0;
      return;
    }
    this.onControl(type, buffer.subarray(start, end));
  }

  private onControl(type: number, packet: Buffer): void {
    const { version } = this.options;
    if (type === packetTypes.connack) {
      const connack = decodeConnack(packet, version);
      this.greeted = true;
      this.receiveMaximum = connack.receiveMaximum;
      if (connack.serverKeepalive !== undefined) this.keepaliveMicros = connack.serverKeepalive * 1e6;
      this.events.onConnack(connack, this.now);
    } else if (type === packetTypes.suback) {
      this.events.onSuback(decodeSuback(packet, version), this.now);
    } else if (type === packetTypes.disconnect) {
      const reason = decodeDisconnect(packet, version);
      this.events.onProblem(
        new MqbenchError('MQB_DISCONNECTED', `the broker ended the session: ${reasonText(reason, version)}`),
      );
    } else if (type !== packetTypes.unsuback) {
      throw new MqbenchError('MQB_PROTOCOL', `the broker sent packet type ${type}, which no server may send`);
    }
  }

  private onAck(expected: number, buffer: Buffer, body: number, end: number): void {
    const slots = this.slots;
    const slot = slots === undefined ? -1 : slots.find(packetId(buffer, body, end));
    if (slots === undefined || slot < 0 || slots.state[slot] !== expected) return; // late answer to a repeated publish
    const reason = end - body > 2 ? (buffer[body + 2] as number) : 0;
    this.finish(slots, slot, reason);
  }

  private onPubrec(buffer: Buffer, body: number, end: number): void {
    const id = packetId(buffer, body, end);
    const slots = this.slots;
    const slot = slots === undefined ? -1 : slots.find(id);
    const reason = end - body > 2 ? (buffer[body + 2] as number) : 0;
    if (slots !== undefined && slot >= 0 && reason >= 0x80) {
      // MQTT 5.0, 4.3.3
      this.finish(slots, slot, reason);
      return;
    }
    if (slots !== undefined && slot >= 0 && slots.state[slot] === waitingFor.pubrec) {
      slots.state[slot] = waitingFor.pubcomp;
    }
    this.out.appendAck((packetTypes.pubrel << 4) | 2, id);
  }

  private finish(slots: Inflight, slot: number, reason: number): void {
    const sequence = slots.sequence[slot] as number;
    const due = slots.due[slot] as number;
    const written = slots.written[slot] as number;
    const flow = slots.flow[slot] as number;
    slots.release(slot);
    this.events.onAcknowledged(flow, sequence, due, written, reason, this.now);
  }

  private onPublish(header: number, buffer: Buffer, body: number, end: number): void {
    const qos = ((header >>> 1) & 3) as Qos;
    let at = body + 2 + (((buffer[body] as number) << 8) | (buffer[body + 1] as number));
    let id = 0;
    if (qos > 0) {
      id = packetId(buffer, at, end);
      at += 2;
    }
    if (this.options.version === 5) {
      at = skipProperties(buffer, at, end);
    }
    if (at > end) throw new MqbenchError('MQB_PROTOCOL', 'the broker sent a PUBLISH that is shorter than its topic');
    if (qos === 1) this.out.appendAck(packetTypes.puback << 4, id);
    if (qos === 2) {
      this.out.appendAck(packetTypes.pubrec << 4, id);
      this.incoming ??= new Set();
      if (this.incoming.has(id)) return; // the same message again, not released yet (MQTT 5.0, 4.3.3)
      this.incoming.add(id);
    }
    this.events.onMessage(buffer, at, end, qos, (header & 8) !== 0, this.now);
  }
}

function notMqtt(type: number): MqbenchError {
  return new MqbenchError('MQB_PROTOCOL', `the peer began with packet type ${type} instead of CONNACK`, {
    hint: 'check that this port speaks MQTT over this transport',
  });
}

function packetId(buffer: Buffer, at: number, end: number): number {
  if (at + 2 > end) throw new MqbenchError('MQB_PROTOCOL', 'the broker sent an acknowledgement without a packet id');
  return ((buffer[at] as number) << 8) | (buffer[at + 1] as number);
}

/** @returns offset after the properties of a packet (MQTT 5.0, 2.2.2); their length is a variable byte integer */
function skipProperties(buffer: Buffer, at: number, end: number): number {
  let length = 0;
  let factor = 1;
  let i = at;
  for (; i < end && i < at + 4; i++) {
    const byte = buffer[i] as number;
    length += (byte & 127) * factor;
    factor *= 128;
    if (byte < 128) break;
  }
  return i + 1 + length;
}
