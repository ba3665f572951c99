import { MqbenchError } from '../../base/errors.js';
import { exitCodes } from '../../base/exit-codes.js';
import type { Outbox } from '../session/outbox.js';
import { patchStampProperty, stampProperty, stampPropertyBytes } from '../stamp/property-stamp.js';
import { stampBytes, writeStampHead, writeStampTail } from '../stamp/stamp.js';
import { packetTypes, type Qos } from './packet-types.js';
import { publishProperties } from './publish-properties.js';
import type { TopicAlias } from './topic-alias.js';
import { writeVariable } from './variable-int.js';

export interface PublishOptions {
  readonly topic: string;
  readonly qos: Qos;
  readonly retain?: boolean;
  readonly version: 3 | 4 | 5;
  /** Encoded v5 properties without their length; default none. */
  readonly properties?: Uint8Array;
  /** Shared by all templates with the same content; the stamp overwrites its beginning in the outbox, not here. */
  readonly payload: Uint8Array;
  /**
   * Undefined: nothing is measured. In the payload it overwrites the first bytes, at least {@link stampBytes}; as a
   * property (MQTT 5 only) it leaves the payload as it is.
   */
  readonly stamp?: { readonly run: number; readonly publisher: number; readonly slot: number };
  readonly stampIn?: 'payload' | 'property';
  /** MQTT 5: the correlation data of each message is its stamp. */
  readonly correlation?: { readonly run: number; readonly publisher: number; readonly slot: number };
  /** Bytes of the payload of message `sequence`, at most those of `payload`; undefined: all of them. */
  readonly size?: (sequence: number) => number;
  /** MQTT 5: what stands for the topic once the server knows it. */
  readonly alias?: TopicAlias;
}

interface Head {
  readonly bytes: Buffer;
  readonly idOffset: number;
  /** Of the fixed header: where the topic begins. */
  readonly fixed: number;
}

/**
 * A PUBLISH prepared once: what stays the same is copied, only packet id, DUP,
 * sequence and due time are patched. mqtt-packet's generate() takes 0.73 µs and
 * several allocations per message; this takes 0.05 µs and none (scripts/bench/measure/recording.mjs).
 */
export class PublishTemplate {
  private readonly head: Head;
  /** Bytes between the correlation data and the payload. */
  private readonly afterCorrelation: number;
  /** Instead of {@link head}: the one that tells the server the alias, and the one without the topic. */
  private readonly aliased: { readonly first: Head; readonly later: Head } | undefined;
  /** The packet on the wire, at most. */
  readonly bytes: number;
  /** Logical stream it goes out on (stream-map.ts). */
  stream = 0;
  /** Of the packet that was appended last. */
  appended = 0;

  /** @throws MQB_PAYLOAD_SIZE for a stamped payload below {@link stampBytes} or a packet above MQTT's 256 MB */
  constructor(private readonly options: PublishOptions) {
    const { topic, payload, stamp, alias } = options;
    const isFixed = options.size === undefined;
    if (stamp !== undefined && options.stampIn !== 'property' && isFixed && payload.length < stampBytes) {
      const message = `a measured payload needs ${stampBytes} bytes, not ${payload.length}`;
      throw new MqbenchError('MQB_PAYLOAD_SIZE', message, { exitCode: exitCodes.usage });
    }
    this.head = headOf(options, topic);
    this.afterCorrelation = stamp !== undefined && options.stampIn === 'property' ? stampPropertyBytes : 0;
    if (alias !== undefined) {
      this.aliased = { first: headOf(options, topic, alias.number), later: headOf(options, '', alias.number) };
    }
    this.bytes = (this.aliased?.first ?? this.head).bytes.length + payload.length;
  }

  get topic(): string {
    return this.options.topic;
  }

  get qos(): Qos {
    return this.options.qos;
  }

  /** Appends one message to the batch. @param packetId ignored for QoS 0 */
  append(out: Outbox, packetId: number, sequence: number, dueMicros: number, dup: boolean): void {
    out.reserve(this.bytes);
    const { buffer, at } = out;
    const { options } = this;
    const head = this.nextHead();
    const { stamp, payload } = options;
    const size = options.size?.(sequence) ?? payload.length;
    const shift = size === payload.length ? copyWhole(head, buffer, at) : copyResized(head, buffer, at, size);
    if (dup) buffer[at] = (head.bytes[0] as number) | 0x08;
    if (options.qos > 0) {
      buffer[at + head.idOffset + shift] = packetId >>> 8;
      buffer[at + head.idOffset + shift + 1] = packetId & 255;
    }
    const payloadAt = at + head.bytes.length + shift;
    if (size === payload.length) buffer.set(payload, payloadAt);
    else copyBytes.call(payload, buffer, payloadAt, 0, size);
    if (stamp !== undefined && options.stampIn === 'property') {
      patchStampProperty(buffer, payloadAt, sequence, dueMicros);
    } else if (stamp !== undefined && size >= stampBytes) {
      writeStampHead(buffer, payloadAt, stamp.run, stamp.publisher, stamp.slot);
      writeStampTail(buffer, payloadAt, sequence, dueMicros);
    }
    if (options.correlation !== undefined)
      writeStampTail(buffer, payloadAt - this.afterCorrelation - stampBytes, sequence, dueMicros);
    out.at = payloadAt + size;
    this.appended = out.at - at;
  }

  private nextHead(): Head {
    const { aliased, options } = this;
    if (aliased === undefined) return this.head;
    const use = options.alias?.next();
    return use === undefined ? this.head : aliased[use];
  }
}

/** Buffer's, which unlike `set` of a part makes no view. */
const copyBytes = Buffer.prototype.copy;

/** @returns by how much the topic moved */
function copyWhole({ bytes }: Head, buffer: Buffer, at: number): number {
  buffer.set(bytes, at);
  return 0;
}

/** The head of a packet whose payload has another size than the one that it was made for. @returns by how much the topic moved */
function copyResized({ bytes, fixed }: Head, buffer: Buffer, at: number, size: number): number {
  buffer[at] = bytes[0] as number;
  const to = writeVariable(buffer, at + 1, bytes.length - fixed + size);
  bytes.copy(buffer, to, fixed);
  return to - at - fixed;
}

function headOf(options: PublishOptions, topic: string, alias?: number): Head {
  const { qos, version, payload, stamp, stampIn, properties: given = new Uint8Array(0) } = options;
  const name = Buffer.from(topic);
  const parts = version === 5 ? [given] : [];
  if (alias !== undefined) parts.push(Buffer.from([publishProperties.topicAlias, alias >>> 8, alias & 255]));
  if (options.correlation !== undefined) parts.push(correlationProperty(options.correlation));
  if (stamp !== undefined && stampIn === 'property') parts.push(stampProperty(stamp)); // the last: append finds it there
  const properties = Buffer.concat(parts);
  const propertyLength = version === 5 ? encodeVariable(properties.length) : [];
  const variable = 2 + name.length + (qos > 0 ? 2 : 0) + propertyLength.length + properties.length;
  const remaining = encodeVariable(variable + payload.length);
  const fixed = 1 + remaining.length;
  // Own memory per template: a slice of Node's 8 KB pool would be kept as long as any of its neighbours.
  const bytes = Buffer.allocUnsafeSlow(fixed + variable);
  bytes[0] = (packetTypes.publish << 4) | (qos << 1) | (options.retain ? 1 : 0);
  bytes.set(remaining, 1);
  bytes.writeUInt16BE(name.length, fixed);
  bytes.set(name, fixed + 2);
  const idOffset = fixed + 2 + name.length;
  const after = idOffset + (qos > 0 ? 2 : 0);
  bytes.set(propertyLength, after);
  bytes.set(properties, after + propertyLength.length);
  return { bytes, idOffset, fixed };
}

/** Correlation data with sequence and due time 0; append finds it before the stamp's property, or the payload. */
function correlationProperty({ run, publisher, slot }: NonNullable<PublishOptions['correlation']>): Buffer {
  const property = Buffer.alloc(3 + stampBytes);
  property[0] = publishProperties.correlationData;
  property.writeUInt16BE(stampBytes, 1);
  writeStampHead(property, 3, run, publisher, slot);
  return property;
}

/** MQTT's variable byte integer (MQTT 5.0, 1.5.5), at most 268,435,455. */
export function encodeVariable(value: number): number[] {
  if (value > 268_435_455) {
    throw new MqbenchError('MQB_PAYLOAD_SIZE', `a packet of ${value} bytes is above MQTT's limit of 268,435,455`, {
      exitCode: exitCodes.usage,
    });
  }
  const bytes: number[] = [];
  writeVariable(bytes, 0, value);
  return bytes;
}
