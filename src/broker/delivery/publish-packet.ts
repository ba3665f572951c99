import { publishProperties } from '../../mqtt/codec/publish-properties.js';
import { variableBytes, writeVariable } from '../../mqtt/codec/variable-int.js';
import type { Message, MessageProperties, Terms } from '../sessions/message.js';
import type { Alias } from './topic-aliases.js';

/** Larger payloads go out as they are, shared by all subscribers, behind a header of their own; bytes. */
const joinedBytes = 1024;

const nothing = Buffer.alloc(0);

/** A PUBLISH as bytes: with its payload, or with the payload behind it. */
export interface Encoded {
  readonly head: Buffer;
  readonly rest: Buffer | undefined;
  /** Of both. */
  readonly bytes: number;
  /** It tells the client of an alias. */
  readonly isNewAlias: boolean;
}

/** Seconds until a message is no longer to be delivered, at most 0 when it is past; undefined: it never is. */
export function secondsLeft({ messageExpiry }: Message, now = Date.now()): number | undefined {
  return messageExpiry === undefined ? undefined : Math.ceil((messageExpiry - now) / 1000);
}

/**
 * Writes a PUBLISH (MQTT 5.0, 3.3; before MQTT 5 without properties).
 * @param id packet id; nothing for QoS 0
 */
export function encodePublish(
  message: Message,
  { qos, retain, identifiers }: Terms,
  { alias, isKnown }: Alias,
  isFive: boolean,
  id: number,
  dup: boolean,
): Encoded {
  const topic = isKnown ? '' : message.topic;
  const payload = bytesOf(message.payload);
  const topicBytes = Buffer.byteLength(topic);
  const own = isFive ? ownProperties(message, identifiers, alias) : nothing;
  const common = isFive ? commonProperties(message.properties) : nothing;
  const properties = own.length + common.length;
  const propertiesBytes = isFive ? variableBytes(properties) + properties : 0;
  const body = 2 + topicBytes + (qos > 0 ? 2 : 0) + propertiesBytes + payload.length;
  const headBytes = 1 + variableBytes(body) + body - payload.length;
  const isJoined = payload.length <= joinedBytes;
  const head = Buffer.allocUnsafe(isJoined ? headBytes + payload.length : headBytes);
  head[0] = 0x30 | (dup ? 8 : 0) | (qos << 1) | (retain ? 1 : 0);
  let at = writeVariable(head, 1, body);
  at = head.writeUInt16BE(topicBytes, at);
  at += head.write(topic, at);
  if (qos > 0) at = head.writeUInt16BE(id, at);
  if (isFive) {
    at = writeVariable(head, at, properties);
    at += own.copy(head, at);
    at += common.copy(head, at);
  }
  if (isJoined) payload.copy(head, at);
  const isNewAlias = alias > 0 && !isKnown;
  return { head, rest: isJoined ? undefined : payload, bytes: headBytes + payload.length, isNewAlias };
}

const bytesOf = (payload: Buffer | string): Buffer => (typeof payload === 'string' ? Buffer.from(payload) : payload);

/** Properties that differ between subscribers. */
function ownProperties(message: Message, identifiers: readonly number[], alias: number): Buffer {
  const expiry = secondsLeft(message) ?? expiryOf(message);
  if (identifiers.length === 0 && alias === 0 && expiry === undefined) return nothing;
  const bytes = Buffer.allocUnsafe(5 + 3 + 5 * identifiers.length);
  let at = 0;
  if (expiry !== undefined) {
    bytes[at] = publishProperties.messageExpiryInterval;
    at = bytes.writeUInt32BE(Math.max(expiry, 0), at + 1);
  }
  if (alias > 0) {
    bytes[at] = publishProperties.topicAlias;
    at = bytes.writeUInt16BE(alias, at + 1);
  }
  for (const identifier of identifiers) {
    bytes[at] = publishProperties.subscriptionIdentifier;
    at = writeVariable(bytes, at + 1, identifier);
  }
  return bytes.subarray(0, at);
}

/** Of a retained message aedes has worked out what is left of its interval. */
const expiryOf = ({ properties }: Message): number | undefined => properties?.messageExpiryInterval;

let lastOf: MessageProperties | undefined;
let last: Buffer = nothing;

/** Properties that all subscribers get; those of the last message are kept, since its deliveries follow each other. */
function commonProperties(properties: MessageProperties | undefined): Buffer {
  if (properties === undefined) return nothing;
  if (properties === lastOf) return last;
  lastOf = properties;
  last = encodeProperties(properties);
  return last;
}

function encodeProperties(properties: MessageProperties): Buffer {
  const { payloadFormatIndicator, contentType, responseTopic, correlationData, userProperties, userPropertyBytes } =
    properties;
  const parts: Buffer[] = [];
  if (payloadFormatIndicator !== undefined) {
    parts.push(Buffer.from([publishProperties.payloadFormatIndicator, payloadFormatIndicator ? 1 : 0]));
  }
  if (contentType !== undefined) parts.push(Buffer.from([publishProperties.contentType]), counted(contentType));
  if (responseTopic !== undefined) parts.push(Buffer.from([publishProperties.responseTopic]), counted(responseTopic));
  if (correlationData !== undefined)
    parts.push(Buffer.from([publishProperties.correlationData]), counted(correlationData));
  if (userPropertyBytes) parts.push(userPropertyBytes);
  for (const [name, values] of userPropertyBytes ? [] : Object.entries(userProperties ?? {})) {
    for (const value of typeof values === 'string' ? [values] : values) {
      parts.push(Buffer.from([publishProperties.userProperty]), counted(name), counted(value));
    }
  }
  return Buffer.concat(parts);
}

/** A text or bytes behind their length. */
function counted(content: string | Buffer): Buffer {
  const bytes = Buffer.from(content as string);
  const length = Buffer.allocUnsafe(2);
  length.writeUInt16BE(bytes.length);
  return Buffer.concat([length, bytes]);
}
