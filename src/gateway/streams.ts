import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { type MqttVersion, packetTypes } from '../mqtt/codec/packet-types.js';
import { TopicIndex } from '../mqtt/topics.js';
import { Lane } from './lane.js';
import { PacketIds } from './packet-ids.js';
import { filtersOf, placeOfId, qosOf, topicOf, typeOf, unsubscribe, versionOf } from './packets.js';

const types = packetTypes;
/** The stream that CONNECT came on: everything that belongs to no other is answered there. */
const control = 0;

/** Whoever opens a stream for each message finishes it together with the packet, and still wants its acknowledgement. */
function endWhenAnswered({ isAsked, owed, duplex }: DataStream): void {
  if (isAsked && owed === 0) duplex.end();
}

/** One data stream of a client. */
interface DataStream {
  readonly number: number;
  readonly duplex: Duplex;
  readonly filters: Set<string>;
  /** Packets that are to be answered on it. */
  owed: number;
  /** The client has finished its side. */
  isAsked: boolean;
}

/**
 * MQTT over several QUIC streams (docs/quic.md) on one side, one TCP connection on the other. Answers go back on the stream of what they
 * answer, deliveries on the stream of their subscription, and subscriptions end with their stream.
 */
export class Streams {
  private version: MqttVersion = 4;
  private readonly ids = new PacketIds();
  private readonly others = new Map<number, DataStream>();
  private readonly subscriptions = new TopicIndex<DataStream>();
  /** Streams of the broker's QoS 2 deliveries, by its id: PUBREL goes where the PUBLISH went. */
  private readonly delivered = new Map<number, number>();
  private count = 0;
  /** Streams of the client that take nothing more for now. */
  private readonly full = new Set<Duplex>();
  private readonly down: Lane;

  constructor(
    private readonly duplex: Duplex,
    private readonly socket: Socket,
    private readonly fail: (error: Error) => void,
  ) {
    this.serve(control, duplex);
    this.down = new Lane(
      (header, buffer, start, body, end) => this.goesDown(header, buffer, start, body, end),
      (bytes) => this.tell(duplex, bytes),
    );
    socket.on('data', (chunk: Buffer) => this.attempt(() => this.down.feed(chunk)));
    socket.on('end', () => duplex.end());
    socket.on('drain', () => {
      for (const stream of this.all()) stream.resume();
    });
  }

  /** A stream that the client has opened beside the control stream. */
  add(duplex: Duplex): void {
    const number = ++this.count;
    const stream: DataStream = { number, duplex, filters: new Set(), owed: 0, isAsked: false };
    this.others.set(number, stream);
    this.serve(number, duplex, stream);
    duplex.once('close', () => this.gone(stream));
  }

  private *all(): Iterable<Duplex> {
    yield this.duplex;
    for (const { duplex } of this.others.values()) yield duplex;
  }

  private serve(number: number, duplex: Duplex, stream?: DataStream): void {
    const lane = new Lane(
      (header, buffer, _start, body, end) => this.goesUp(number, stream, header, buffer, body, end),
      (bytes) => {
        if (!this.socket.write(bytes)) for (const one of this.all()) one.pause();
      },
    );
    duplex.on('data', (chunk: Buffer) => this.attempt(() => lane.feed(chunk)));
    duplex.on('error', () => {}); // its close tells
    duplex.on('drain', () => this.emptied(duplex));
    duplex.on('end', () => {
      if (stream === undefined) {
        this.socket.end();
        return;
      }
      stream.isAsked = true;
      endWhenAnswered(stream);
    });
  }

  /** Changes the packet's id where another stream uses it. @returns whether the packet goes to the broker */
  private goesUp(
    number: number,
    stream: DataStream | undefined,
    header: number,
    buffer: Buffer,
    body: number,
    end: number,
  ): boolean {
    const type = typeOf(header);
    if (type === types.connect) {
      this.version = versionOf(buffer, body);
      return number === control;
    }
    if (type === types.publish && qosOf(header) === 0) return true;
    if (type === types.publish || type === types.subscribe || type === types.unsubscribe) {
      const at = placeOfId(header, buffer, body);
      const id = buffer.readUInt16BE(at);
      if (stream && this.ids.current(number, id) === undefined) stream.owed++;
      buffer.writeUInt16BE(this.ids.take(number, id), at);
      if (stream && type !== types.publish) this.subscribed(stream, header, buffer, body, end);
      return true;
    }
    if (type === types.pubrel) {
      const id = this.ids.current(number, buffer.readUInt16BE(body));
      if (id !== undefined) buffer.writeUInt16BE(id, body);
      return true;
    }
    if (type === types.pubcomp) this.delivered.delete(buffer.readUInt16BE(body));
    // Of the connection as a whole are only what the control stream says.
    return number === control || type === types.puback || type === types.pubrec || type === types.pubcomp;
  }

  private subscribed(stream: DataStream, header: number, buffer: Buffer, body: number, end: number): void {
    for (const filter of filtersOf(header, buffer, body, end, this.version)) {
      const isKnown = stream.filters.has(filter);
      if (typeOf(header) === types.subscribe && !isKnown) {
        stream.filters.add(filter);
        this.subscriptions.add(filter, stream);
      } else if (typeOf(header) === types.unsubscribe && isKnown) {
        stream.filters.delete(filter);
        this.subscriptions.remove(filter, stream);
      }
    }
  }

  /** @returns whether the packet goes to the control stream; any other gets it here */
  private goesDown(header: number, buffer: Buffer, start: number, body: number, end: number): boolean {
    const number = this.streamOf(header, buffer, body, end);
    if (number === control) return true;
    const stream = this.others.get(number);
    if (stream) {
      this.tell(stream.duplex, buffer.subarray(start, end));
      endWhenAnswered(stream);
    }
    return false;
  }

  private streamOf(header: number, buffer: Buffer, body: number, end: number): number {
    const type = typeOf(header);
    if (type === types.publish) return this.streamOfDelivery(header, buffer, body);
    if (type === types.pubrel) return this.delivered.get(buffer.readUInt16BE(body)) ?? control;
    const isAnswer =
      type === types.puback ||
      type === types.pubrec ||
      type === types.pubcomp ||
      type === types.suback ||
      type === types.unsuback;
    if (!isAnswer) return control;
    const id = buffer.readUInt16BE(body);
    const owner = this.ids.ownerOf(id);
    if (owner === undefined) return control;
    buffer.writeUInt16BE(owner.id, body);
    // A PUBREC with a reason of 0x80 and above ends the exchange (MQTT 5.0, 4.3.3); any other goes on with PUBREL.
    const goesOn = type === types.pubrec && !(end - body > 2 && (buffer[body + 2] as number) >= 0x80);
    if (!goesOn) {
      this.ids.release(id);
      const stream = this.others.get(owner.stream);
      if (stream) stream.owed--;
    }
    return owner.stream;
  }

  private streamOfDelivery(header: number, buffer: Buffer, body: number): number {
    if (this.others.size === 0) return control;
    const [stream] = this.subscriptions.match(topicOf(buffer, body));
    const number = stream?.number ?? control;
    if (qosOf(header) === 2 && number !== control)
      this.delivered.set(buffer.readUInt16BE(placeOfId(header, buffer, body)), number);
    return number;
  }

  private tell(duplex: Duplex, bytes: Buffer): void {
    if (duplex.destroyed || duplex.write(bytes)) return;
    this.full.add(duplex);
    this.socket.pause();
  }

  /** A stream takes more, or is gone: what comes from the broker may be for any of them. */
  private emptied(duplex: Duplex): void {
    this.full.delete(duplex);
    if (this.full.size === 0) this.socket.resume();
  }

  private gone(stream: DataStream): void {
    this.others.delete(stream.number);
    this.ids.forget(stream.number);
    for (const filter of stream.filters) {
      this.subscriptions.remove(filter, stream);
      const isElsewhere = [...this.others.values()].some(({ filters }) => filters.has(filter));
      if (!isElsewhere && !this.socket.destroyed)
        this.socket.write(unsubscribe(this.ids.takeOwn(), filter, this.version));
    }
    this.emptied(stream.duplex);
  }

  private attempt(action: () => void): void {
    try {
      action();
    } catch (error) {
      this.fail(error as Error);
    }
  }
}
