import { publishProperties } from '../../../mqtt/codec/publish-properties.js';
import { type Fault, faultReasons, malformed, protocolError } from './fault.js';
import { faultOfText, faultOfTopic, stringEnd } from './text.js';

/** What a property's value is (MQTT 5.0, table 2-4), and what of it there may not be. */
const kinds = {
  none: 0,
  /** A byte that is 0 or 1. */
  flag: 1,
  /** Two bytes, any number or one above 0. */
  two: 2,
  twoPositive: 3,
  /** Four bytes, any number or one above 0. */
  four: 4,
  fourPositive: 5,
  /** A variable byte integer above 0. */
  varint: 6,
  text: 7,
  /** A topic that can be published to. */
  topic: 8,
  binary: 9,
  /** Two texts; the only kind that may stand there more than once. */
  pair: 10,
} as const;

type Kinds = Readonly<Record<number, keyof typeof kinds>>;

const table = (properties: Kinds): Uint8Array => {
  const bytes = new Uint8Array(256);
  for (const [id, kind] of Object.entries(properties)) bytes[Number(id)] = kinds[kind];
  return bytes;
};

const { subscriptionIdentifier, topicAlias, userProperty } = publishProperties;
const reason: Kinds = { 31: 'text', [userProperty]: 'pair' };

/** Which properties a client may send in which packet, by their identifiers (MQTT 5.0, table 2-4). */
export const propertiesOf = {
  connect: table({
    17: 'four', // session expiry interval
    21: 'text', // authentication method
    22: 'binary', // authentication data
    23: 'flag', // request problem information
    25: 'flag', // request response information
    33: 'twoPositive', // receive maximum
    34: 'two', // topic alias maximum
    39: 'fourPositive', // maximum packet size
    [userProperty]: 'pair',
  }),
  will: table({
    1: 'flag', // payload format indicator
    2: 'four', // message expiry interval
    3: 'text', // content type
    8: 'topic', // response topic
    9: 'binary', // correlation data
    24: 'four', // will delay interval
    [userProperty]: 'pair',
  }),
  publish: table({
    1: 'flag',
    2: 'four',
    3: 'text',
    8: 'topic',
    9: 'binary',
    35: 'two', // topic alias
    [userProperty]: 'pair',
  }),
  acknowledgement: table(reason),
  subscribe: table({ 11: 'varint', [userProperty]: 'pair' }), // subscription identifier
  unsubscribe: table({ [userProperty]: 'pair' }),
  disconnect: table({ 17: 'four', ...reason }),
} as const;

/** Where properties end, what is wrong with them, and the topic alias among them; one for all, since judging is synchronous. */
const found: { end: number; fault: Fault | undefined; topicAlias: number } = {
  end: 0,
  fault: undefined,
  topicAlias: 0,
};
export type FoundProperties = Readonly<typeof found>;

/**
 * Reads the properties of a packet (MQTT 5.0, 2.2.2) without keeping anything of them.
 * @param allowed one of {@link propertiesOf}
 * @returns the same object each time
 */
export function readProperties(packet: Buffer, at: number, end: number, allowed: Uint8Array): FoundProperties {
  found.topicAlias = 0;
  found.fault = undefined;
  const length = varint(packet, at, end);
  const from = at + varintBytes;
  found.end = from + length;
  if (length < 0 || found.end > end) found.fault = malformed('properties that are longer than their packet');
  else found.fault = faultOfProperties(packet, from, found.end, allowed);
  return found;
}

function faultOfProperties(packet: Buffer, from: number, end: number, allowed: Uint8Array): Fault | undefined {
  let [low, high] = [0, 0]; // the identifiers seen, a bit each
  let at = from;
  while (at < end) {
    const id = packet[at] as number;
    const kind = allowed[id] as number;
    if (kind === kinds.none) {
      if (id === subscriptionIdentifier) return protocolError('a subscription identifier, which servers send'); // [MQTT-3.3.4-6]
      return protocolError(`property ${id}, which is none of this packet`);
    }
    if (kind !== kinds.pair) {
      const bit = 1 << (id & 31);
      if (((id < 32 ? low : high) & bit) !== 0) return protocolError(`property ${id} twice`);
      if (id < 32) low |= bit;
      else high |= bit;
    }
    const behind = valueEnd(packet, at + 1, end, kind);
    if (behind < 0) return malformed(`property ${id} that is longer than its packet`);
    const fault = faultOfValue(packet, id, kind, at + 1, behind);
    if (fault) return fault;
    at = behind;
  }
  return undefined;
}

/**
 * The user properties among properties that keep the rules, as they came. Their order means something [MQTT-3.3.2-18], and who reads
 * them by name loses it.
 * @returns them and where the properties end; undefined when there are less than two
 */
export function userPropertiesIn(
  packet: Buffer,
  from: number,
  packetEnd: number,
  allowed: Uint8Array,
): { readonly bytes: Buffer | undefined; readonly end: number } {
  const length = varint(packet, from, packetEnd);
  const end = from + varintBytes + length;
  const parts: Buffer[] = [];
  let at = end - length;
  while (at < end) {
    const behind = valueEnd(packet, at + 1, end, allowed[packet[at] as number] as number);
    if (packet[at] === userProperty) parts.push(packet.subarray(at, behind));
    at = behind;
  }
  return { bytes: parts.length > 1 ? Buffer.concat(parts) : undefined, end };
}

/** @returns offset behind the value, -1 when the properties end before */
function valueEnd(packet: Buffer, at: number, end: number, kind: number): number {
  let behind: number;
  switch (kind) {
    case kinds.flag:
      behind = at + 1;
      break;
    case kinds.two:
    case kinds.twoPositive:
      behind = at + 2;
      break;
    case kinds.four:
    case kinds.fourPositive:
      behind = at + 4;
      break;
    case kinds.varint:
      behind = varint(packet, at, end) < 0 ? -1 : at + varintBytes;
      break;
    case kinds.pair: {
      const value = stringEnd(packet, at, end);
      behind = value < 0 ? -1 : stringEnd(packet, value, end);
      break;
    }
    default:
      behind = stringEnd(packet, at, end);
  }
  return behind > end ? -1 : behind;
}

function faultOfValue(packet: Buffer, id: number, kind: number, at: number, end: number): Fault | undefined {
  switch (kind) {
    case kinds.flag:
      return (packet[at] as number) > 1 ? protocolError(`property ${id} that is neither 0 nor 1`) : undefined;
    case kinds.two:
      if (id !== topicAlias) return undefined;
      found.topicAlias = packet.readUInt16BE(at);
      return found.topicAlias === 0 ? protocolError('topic alias 0', faultReasons.topicAlias) : undefined; // [MQTT-3.3.2-8]
    case kinds.twoPositive:
    case kinds.fourPositive:
    case kinds.varint:
      return isZero(packet, at, end, kind === kinds.varint ? 0x7f : 0xff)
        ? protocolError(`property ${id} of 0`)
        : undefined;
    case kinds.text:
      return faultOfText(packet, at + 2, end);
    case kinds.topic:
      return faultOfTopic(packet, at + 2, end); // [MQTT-3.3.2-14]
    case kinds.pair: {
      const value = stringEnd(packet, at, end);
      return faultOfText(packet, at + 2, value) ?? faultOfText(packet, value + 2, end);
    }
    default:
      return undefined;
  }
}

function isZero(packet: Buffer, at: number, end: number, mask: number): boolean {
  for (let i = at; i < end; i++) if (((packet[i] as number) & mask) !== 0) return false;
  return true;
}

/** Bytes of the variable byte integer that {@link varint} read last. */
let varintBytes = 0;

/** @returns a variable byte integer (MQTT 5.0, 1.5.5), -1 when it does not end within four bytes of the packet */
function varint(packet: Buffer, at: number, end: number): number {
  let value = 0;
  for (let i = 0; i < 4 && at + i < end; i++) {
    const byte = packet[at + i] as number;
    value += (byte & 0x7f) * 128 ** i;
    if (byte >= 0x80) continue;
    varintBytes = i + 1;
    return value;
  }
  varintBytes = 0;
  return -1;
}
