import type { Duplex } from 'node:stream';
import { MqbenchError } from '../../base/errors.js';
import {
  decodeAuth,
  decodeConnack,
  decodeDisconnect,
  decodeSuback,
  disconnect,
  encodeAuth,
  encodeConnect,
  encodeSubscribe,
  pingreq,
} from '../codec/control-packets.js';
import { bodyStart } from '../codec/frame-reader.js';
import { acknowledgedId, checkTopic, malformed, notMqtt, packetId, skipProperties } from '../codec/packet-fields.js';
import { packetTypes, type Qos } from '../codec/packet-types.js';
import { sessionEnded } from '../codec/reason-codes.js';
import type { Extras, SessionEvents, SessionOptions } from './contract.js';
import { isDatagramPublish } from './datagram-publish.js';
import { waitingFor } from './inflight.js';
import type { Outbox } from './outbox.js';
import { SessionPublishes } from './publishes.js';
import type { SessionStream, Subscription } from './stream.js';
import { otherSubscription, unasked } from './violations.js';

export type { Extras, SessionEvents, SessionOptions };

/** A data stream that ends so often, without a packet in between, is not opened again. */
const mostDeaths = 5;
/** MQTT 5.0, 3.15.2.1. */
const continueAuthentication = 0x18;

/**
 * The MQTT side of one client, over one connection after the other. It owns no socket and no timer: `attach` gives it a
 * stream, `feed` bytes, `checkKeepalive` the time. Unacknowledged publishes survive the connection.
 */
export class Session extends SessionPublishes {
  /** When a byte last came; starts when a stream is attached. */
  lastRead = 0;
  /** When the PINGREQ that is not answered yet was written; 0 without one. */
  pingSentAt = 0;
  /** Offset of the properties of the message that is being handed over (MQTT 5); 0 without. */
  propertiesAt = 0;
  /** The message that is being handed over came with RETAIN: not now published, but kept by the broker from before. */
  retained = false;
  /** CONNACK has come; before it nothing else may (MQTT 5.0, 3.2). */
  private greeted = false;
  private keepaliveMicros: number;

  constructor(options: SessionOptions, out: Outbox, events: SessionEvents) {
    super(options, out, events);
    this.keepaliveMicros = options.keepaliveSeconds * 1e6;
  }

  /** When the oldest thing the peer owes us was written; 0 when it owes nothing. */
  get oldestOwed(): number {
    const oldest = this.slots?.oldest ?? 0;
    return oldest === 0 || (this.pingSentAt > 0 && this.pingSentAt < oldest) ? this.pingSentAt : oldest;
  }

  override get mostBytes(): number | undefined {
    return this.options.mostBytes;
  }

  /** Takes a fresh stream and writes CONNECT to it. Reading is the owner's: it calls {@link feed}. */
  attach(duplex: Duplex, { streams, datagrams, direct }: Extras = {}): void {
    this.greeted = false;
    this.attachStreams(duplex, streams, direct);
    this.datagrams = datagrams;
    this.pingSentAt = 0;
    this.receiveMaximum = 65_535;
    this.lastRead = this.clock();
    this.provenAt = this.lastRead;
    this.out.append(encodeConnect(this.authenticated()));
    this.flush();
  }

  /** CONNECT with the beginning of an exchange of AUTH packets, if there is to be one. */
  private authenticated(): SessionOptions {
    const { options } = this;
    const { authentication } = options;
    if (authentication === undefined) return options;
    const begin = { authenticationMethod: authentication.method, authenticationData: authentication.first() };
    return { ...options, properties: { ...options.properties, ...begin } };
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
    this.target.subscribed = { packetId, filters: subscriptions };
    if (stream > 0) this.target.subscriptions = [...this.target.subscriptions, ...subscriptions];
    this.out.append(encodeSubscribe(this.options.version, packetId, subscriptions));
  }

  /** Bytes from a stream. One clock reading serves all packets of the chunk. */
  feed(chunk: Buffer, stream: SessionStream = this.control): void {
    this.now = this.clock();
    this.lastRead = this.now;
    this.reading = stream;
    try {
      this.checkBeginning(chunk, stream);
      stream.reader.feed(chunk);
    } catch (error) {
      this.out.take();
      if (stream.number === 0) {
        this.problem(error);
        return;
      }
      this.violation(error); // a bad data stream dies alone
      stream.duplex?.destroy();
      return;
    }
    stream.noteRead(this.now);
    stream.deaths = 0;
    this.events.onTurn(this.now);
    this.flush();
  }

  /** Who is no broker may never send what would be a whole packet. @throws MQB_PROTOCOL */
  private checkBeginning(chunk: Buffer, { reader }: SessionStream): void {
    if (this.greeted || reader.unfinished !== undefined) return;
    if (!this.mayBeFirst((chunk[0] as number) >>> 4)) throw notMqtt(chunk);
  }

  /** CONNACK, or AUTH where that was asked for (MQTT 5.0, 4.12). */
  private mayBeFirst(type: number): boolean {
    return type === packetTypes.connack || (type === packetTypes.auth && this.options.authentication !== undefined);
  }

  /** A datagram with one complete PUBLISH of QoS 0; anything else is no part of the profile (docs/quic.md) and is dropped. */
  feedDatagram(bytes: Buffer): void {
    if (!this.greeted || !isDatagramPublish(bytes)) return;
    this.now = this.clock();
    this.lastRead = this.now;
    try {
      this.onPublish(bytes[0] as number, bytes, bodyStart(bytes, 0), bytes.length);
    } catch (error) {
      this.violation(error);
    }
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
    if (!this.greeted && !this.mayBeFirst(type)) throw notMqtt(buffer.subarray(start, end));
    if (type === packetTypes.publish) {
      this.onPublish(header, buffer, body, end);
      return;
    }
    if ((header & 15) !== (type === packetTypes.pubrel ? 2 : 0))
      throw malformed(`packet type ${type} with wrong flags`);
    switch (type) {
      case packetTypes.puback:
        this.onAck(waitingFor.puback, buffer, body, end);
        break;
      case packetTypes.pubrec:
        this.onPubrec(buffer, body, end);
        break;
      case packetTypes.pubcomp:
        this.onAck(waitingFor.pubcomp, buffer, body, end);
        break;
      case packetTypes.pubrel:
        this.onPubrel(acknowledgedId(buffer, body, end, this.options.version));
        break;
      default:
        this.onControl(type, buffer.subarray(start, end));
    }
  }

  private onPubrel(id: number): void {
    this.reading.incoming?.delete(id);
    this.answer(packetTypes.pubcomp << 4, id);
  }

  private onControl(type: number, packet: Buffer): void {
    const { version } = this.options;
    if (type === packetTypes.connack) {
      if (this.greeted) throw malformed('a second CONNACK');
      const connack = decodeConnack(packet, version);
      if (connack.code === 0) this.options.authentication?.finish(connack.authenticationData);
      this.greeted = true;
      this.receiveMaximum = connack.receiveMaximum;
      if (connack.serverKeepalive !== undefined) this.keepaliveMicros = connack.serverKeepalive * 1e6;
      if (connack.code !== 0) this.events.onReason?.(type, connack.code);
      this.events.onConnack(connack, this.now);
    } else if (type === packetTypes.suback) {
      this.onSuback(packet);
    } else if (type === packetTypes.pingresp) {
      if (this.pingSentAt === 0) this.violation(unasked('PINGRESP'));
      this.proves(this.pingSentAt);
      this.pingSentAt = 0;
    } else if (type === packetTypes.disconnect) {
      const code = decodeDisconnect(packet, version);
      this.events.onReason?.(type, code);
      this.events.onProblem(sessionEnded(code, version));
    } else if (type === packetTypes.auth && !this.greeted) {
      this.onAuth(packet);
    } else if (type !== packetTypes.unsuback) {
      throw new MqbenchError('MQB_PROTOCOL', `the broker sent packet type ${type}, which no server may send`);
    }
  }

  private onAuth(packet: Buffer): void {
    const { code, method, data } = decodeAuth(packet);
    const { authentication } = this.options;
    if (authentication === undefined || code !== continueAuthentication || method !== authentication.method)
      throw malformed('an AUTH packet that does not go on with the method of CONNECT');
    this.out.append(encodeAuth(continueAuthentication, method, authentication.next(data)));
  }

  private onSuback(packet: Buffer): void {
    const { reading } = this;
    const { packetId: asked, filters } = reading.subscribed;
    if (!reading.awaitsSuback || packetId(packet, bodyStart(packet, 0), packet.length) !== asked) {
      this.violation(reading.awaitsSuback ? otherSubscription() : unasked('SUBACK'));
      return;
    }
    const granted = decodeSuback(packet, this.options.version, filters.length);
    granted.forEach((code, i) => {
      if (code >= 0x80 || code < (filters[i]?.qos ?? 0)) this.events.onReason?.(packetTypes.suback, code);
    });
    reading.awaitsSuback = false;
    this.events.onSuback(granted, this.now);
  }

  private onPublish(header: number, buffer: Buffer, body: number, end: number): void {
    const qos = ((header >>> 1) & 3) as Qos;
    if ((header & 6) === 6) throw malformed('a PUBLISH with QoS 3');
    // DUP that a broker takes over from the publisher (MQTT 5.0, 3.3.1.1 forbids it) does no harm, and aedes does so.
    let at = body + 2 + (((buffer[body] as number) << 8) | (buffer[body + 1] as number));
    if (at > end) throw malformed('a PUBLISH that is shorter than its topic');
    checkTopic(buffer, body + 2, at, this.options.version);
    let id = 0;
    if (qos > 0) {
      id = packetId(buffer, at, end);
      if (id === 0) throw malformed('a PUBLISH with packet id 0');
      at += 2;
    }
    if (this.options.version === 5) {
      this.propertiesAt = at;
      at = skipProperties(buffer, at, end);
    }
    if (at > end) throw malformed('a PUBLISH that is shorter than its properties');
    if (qos === 1) this.answer(packetTypes.puback << 4, id);
    if (qos === 2) {
      this.answer(packetTypes.pubrec << 4, id);
      this.reading.incoming ??= new Set();
      if (this.reading.incoming.has(id)) return; // the same message again, not released yet (MQTT 5.0, 4.3.3)
      this.reading.incoming.add(id);
    }
    this.retained = (header & 1) !== 0;
    this.events.onMessage(buffer, at, end, qos, (header & 8) !== 0, this.now);
  }
}
