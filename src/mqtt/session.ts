import type { Duplex } from 'node:stream';
import { nowMicros } from '../base/clock.js';
import { MqbenchError } from '../base/errors.js';
import type { ConnectionDatagrams } from '../transport/contract.js';
import {
  decodeConnack,
  decodeDisconnect,
  decodeSuback,
  disconnect,
  encodeConnect,
  encodeSubscribe,
  pingreq,
} from './control-packets.js';
import { datagramPublish, isDatagramPublish } from './datagram-publish.js';
import { bodyStart } from './frame-reader.js';
import { Inflight, waitingFor } from './inflight.js';
import type { Outbox } from './outbox.js';
import { notMqtt, packetId, skipProperties } from './packet-fields.js';
import { packetTypes, type Qos } from './packet-types.js';
import type { PublishTemplate } from './publish-template.js';
import { sessionEnded } from './reason-codes.js';
import { type Again, resendAll, resendOlder, resendStream, type TemplateOf } from './redelivery.js';
import type { Extras, SessionEvents, SessionOptions } from './session-contract.js';
import { SessionOutput } from './session-output.js';
import type { SessionStream, Subscription } from './session-stream.js';

export type { Extras, SessionEvents, SessionOptions };

/** A data stream that ends so often, without a packet in between, is not opened again. */
const mostDeaths = 5;

/**
 * The MQTT side of one client, over one connection after the other. It owns no
 * socket and no timer: `attach` gives it a stream, `feed` bytes, `checkKeepalive`
 * the time. Unacknowledged publishes survive the connection.
 */
export class Session extends SessionOutput {
  /** When a byte last came; starts when a stream is attached. */
  lastRead = 0;
  /** When the PINGREQ that is not answered yet was written; 0 without one. */
  pingSentAt = 0;
  /** Offset of the properties of the message that is being handed over (MQTT 5); 0 without. */
  propertiesAt = 0;
  /** Acknowledgements on another stream than the publish, which do not count (EMQX and emqtt match by stream and id). */
  strayAcknowledgements = 0;
  private datagrams: ConnectionDatagrams | undefined;
  /** CONNACK has come; before it nothing else may (MQTT 5.0, 3.2). */
  private greeted = false;
  private slots: Inflight | undefined;
  private receiveMaximum = 65_535;
  private keepaliveMicros: number;
  private now = 0;

  constructor(
    private readonly options: SessionOptions,
    out: Outbox,
    private readonly events: SessionEvents,
  ) {
    super(out, options.clock ?? nowMicros, options.streams?.priorities);
    this.keepaliveMicros = options.keepaliveSeconds * 1e6;
  }

  /** Publishes that wait for an acknowledgement. */
  get unacknowledged(): number {
    return this.slots?.used ?? 0;
  }

  /** Tells when each publish that waits for an acknowledgement was due and last written. */
  eachUnacknowledged(see: (due: number, written: number) => void): void {
    this.slots?.forEach(see);
  }

  /** A further QoS 1 or 2 publish may go out now. */
  get hasRoom(): boolean {
    const slots = this.slots;
    return slots === undefined || (!slots.full && slots.used < this.receiveMaximum);
  }

  /** When the oldest thing the peer owes us was written; 0 when it owes nothing. */
  get oldestOwed(): number {
    const oldest = this.slots?.oldest ?? 0;
    return oldest === 0 || (this.pingSentAt > 0 && this.pingSentAt < oldest) ? this.pingSentAt : oldest;
  }

  /** Takes a fresh stream and writes CONNECT to it. Reading is the owner's: it calls {@link feed}. */
  attach(duplex: Duplex, { streams, datagrams }: Extras = {}): void {
    this.greeted = false;
    this.attachStreams(duplex, streams);
    this.datagrams = datagrams;
    this.pingSentAt = 0;
    this.receiveMaximum = 65_535;
    this.lastRead = this.clock();
    this.out.append(encodeConnect(this.options));
    this.flush();
  }

  /** The stream is gone. Publishes that were not acknowledged stay for the next one. */
  detach(): void {
    this.control.use(undefined);
    this.data?.attach(undefined);
    this.datagrams = undefined;
    this.pingSentAt = 0;
  }

  /** @param stream logical number; its subscriptions until now and these are what {@link restore} subscribes again */
  subscribe(packetId: number, subscriptions: readonly Subscription[], stream = 0): void {
    if (!this.select(stream)) return;
    this.target.awaitsSuback = true;
    if (stream > 0) this.target.subscriptions = [...this.target.subscriptions, ...subscriptions];
    this.out.append(encodeSubscribe(this.options.version, packetId, subscriptions));
  }

  /** Appends a publish to the batch; {@link flush} sends it. The caller has looked at {@link hasRoom} for QoS > 0. */
  publish(template: PublishTemplate, flow: number, sequence: number, due: number, now: number): void {
    if (template.qos === 0) {
      if (this.datagrams !== undefined) this.publishDatagram(this.datagrams, template, sequence, due);
      else if (this.select(template.stream)) template.append(this.out, 0, sequence, due, false);
      return;
    }
    this.slots ??= new Inflight(this.options.window, this.data !== undefined);
    const slots = this.slots;
    const slot = slots.take();
    slots.state[slot] = template.qos === 1 ? waitingFor.puback : waitingFor.pubrec;
    slots.flow[slot] = flow;
    slots.sequence[slot] = sequence;
    slots.due[slot] = due;
    slots.written[slot] = now;
    if (slots.stream !== undefined) slots.stream[slot] = template.stream;
    if (!this.select(template.stream)) return; // it waits in its slot for the next connection
    template.append(this.out, slots.ids[slot] as number, sequence, due, false);
  }

  private publishDatagram(
    channel: ConnectionDatagrams,
    template: PublishTemplate,
    sequence: number,
    due: number,
  ): void {
    this.flush();
    try {
      // It may be lost, and then the broker has not heard it: it does not put off the PINGREQ.
      datagramPublish(channel, template, this.out, sequence, due);
    } catch (error) {
      this.problem(error);
    }
  }

  /**
   * Sends again what was not acknowledged: PUBLISH with DUP, or PUBREL, when the server kept the session
   * (MQTT 5.0, 4.4); as new messages, DUP 0, when it did not. It never keeps that of data streams (EMQX docs, Limitations).
   * @returns publishes written again
   */
  resend(templateOf: TemplateOf, sessionKept: boolean, now: number): number {
    if (!sessionKept) this.control.incoming = undefined;
    return this.slots === undefined ? 0 : resendAll(this.slots, this.out, this.again(templateOf), sessionKept, now);
  }

  /** Sends again, with DUP, what has waited longer than `olderThan`. @returns publishes written again */
  retry(templateOf: TemplateOf, olderThan: number, now: number): number {
    return this.slots === undefined ? 0 : resendOlder(this.slots, this.out, this.again(templateOf), olderThan, now);
  }

  /**
   * After {@link SessionEvents.onStreamLost}: opens the stream again if anything is to be on it, subscribes what was
   * subscribed there and sends what it owed as new messages.
   * @returns publishes written again
   */
  restore(stream: number, packetId: number, templateOf: TemplateOf, now: number): number {
    const subscriptions = this.data?.forget(stream) ?? [];
    if (subscriptions.length > 0) this.subscribe(packetId, subscriptions, stream);
    const { slots } = this;
    const again = slots === undefined ? 0 : resendStream(slots, this.out, this.again(templateOf), stream, now);
    this.flush();
    return again;
  }

  private again(templateOf: TemplateOf): Again {
    return { templateOf, select: (stream) => this.select(stream) };
  }

  /** Bytes from a stream. One clock reading serves all packets of the chunk. */
  feed(chunk: Buffer, stream: SessionStream = this.control): void {
    this.now = this.clock();
    this.lastRead = this.now;
    this.reading = stream;
    try {
      stream.reader.feed(chunk);
    } catch (error) {
      this.out.take();
      if (stream.number > 0)
        stream.duplex?.destroy(); // a bad data stream dies alone
      else this.problem(error);
      return;
    }
    stream.deaths = 0;
    this.events.onTurn(this.now);
    this.flush();
  }

  /** A datagram with one complete PUBLISH of QoS 0; anything else is no part of the profile (docs/quic.md) and is dropped. */
  feedDatagram(bytes: Buffer): void {
    if (!this.greeted || !isDatagramPublish(bytes)) return;
    this.now = this.clock();
    this.lastRead = this.now;
    this.onPublish(bytes[0] as number, bytes, bodyStart(bytes, 0), bytes.length);
  }

  override writable(): void {
    this.now = this.clock();
    this.events.onTurn(this.now);
    this.flush();
  }

  protected override problem(error: unknown): void {
    if (!(error instanceof MqbenchError)) throw error;
    this.events.onProblem(error);
  }

  override lost(stream: SessionStream): void {
    if (this.control.duplex === undefined || this.control.duplex.destroyed) return;
    if (stream.deaths < mostDeaths) {
      this.events.onStreamLost?.(stream.number, this.clock());
      return;
    }
    const message = `data stream ${stream.number} ended ${stream.deaths} times without a packet in between`;
    this.events.onProblem(new MqbenchError('MQB_STREAM_LOST', message));
  }

  /** Writes PINGREQ when nothing was written for the keepalive time less a quarter (MQTT 5.0, 3.1.2.10). */
  checkKeepalive(now: number): void {
    if (this.keepaliveMicros === 0 || now - this.lastWritten < this.keepaliveMicros * 0.75) return;
    this.ping(now);
  }

  /** Asks the server for an answer, unless one to an earlier PINGREQ is due. */
  ping(now = this.clock()): void {
    if (this.pingSentAt !== 0) return;
    this.select(0);
    this.out.append(pingreq);
    this.pingSentAt = now;
    this.flush();
  }

  /** Says good-bye; the server drops the will. */
  disconnect(): void {
    this.select(0);
    this.out.append(disconnect);
    this.flush();
  }

  override onFrame(header: number, buffer: Buffer, start: number, body: number, end: number): void {
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
      this.reading.incoming?.delete(packetId(buffer, body, end));
      this.answer(packetTypes.pubcomp << 4, packetId(buffer, body, end));
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
      this.reading.awaitsSuback = false;
      this.events.onSuback(decodeSuback(packet, version), this.now);
    } else if (type === packetTypes.disconnect) {
      this.events.onProblem(sessionEnded(decodeDisconnect(packet, version), version));
    } else if (type !== packetTypes.unsuback) {
      throw new MqbenchError('MQB_PROTOCOL', `the broker sent packet type ${type}, which no server may send`);
    }
  }

  /** The slot that waits for an acknowledgement read now, by stream and id; -1 without one. */
  private slotOf(id: number): number {
    const { slots } = this;
    const slot = slots === undefined ? -1 : slots.find(id);
    if (slot < 0 || slots?.stream === undefined || slots.stream[slot] === this.reading.number) return slot;
    this.strayAcknowledgements++;
    return -1;
  }

  private onAck(expected: number, buffer: Buffer, body: number, end: number): void {
    const slots = this.slots;
    const slot = this.slotOf(packetId(buffer, body, end));
    if (slots === undefined || slot < 0 || slots.state[slot] !== expected) return; // late answer to a repeated publish
    const reason = end - body > 2 ? (buffer[body + 2] as number) : 0;
    this.finish(slots, slot, reason);
  }

  private onPubrec(buffer: Buffer, body: number, end: number): void {
    const id = packetId(buffer, body, end);
    const slots = this.slots;
    const slot = this.slotOf(id);
    const reason = end - body > 2 ? (buffer[body + 2] as number) : 0;
    if (slots !== undefined && slot >= 0 && reason >= 0x80) {
      // MQTT 5.0, 4.3.3
      this.finish(slots, slot, reason);
      return;
    }
    if (slots !== undefined && slot >= 0 && slots.state[slot] === waitingFor.pubrec) {
      slots.state[slot] = waitingFor.pubcomp;
    }
    this.answer((packetTypes.pubrel << 4) | 2, id);
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
      this.propertiesAt = at;
      at = skipProperties(buffer, at, end);
    }
    if (at > end) throw new MqbenchError('MQB_PROTOCOL', 'the broker sent a PUBLISH that is shorter than its topic');
    if (qos === 1) this.answer(packetTypes.puback << 4, id);
    if (qos === 2) {
      this.answer(packetTypes.pubrec << 4, id);
      this.reading.incoming ??= new Set();
      if (this.reading.incoming.has(id)) return; // the same message again, not released yet (MQTT 5.0, 4.3.3)
      this.reading.incoming.add(id);
    }
    this.events.onMessage(buffer, at, end, qos, (header & 8) !== 0, this.now);
  }
}
