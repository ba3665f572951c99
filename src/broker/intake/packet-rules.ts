import { isUtf8 } from 'node:buffer';
import { packetTypes } from '../../mqtt/codec/packet-types.js';

const hash = 0x23;
const plus = 0x2b;
const slash = 0x2f;

/** Flags of CONNECT, MQTT 3.1.1 section 3.1.2.3. */
const flag = { reserved: 0x01, will: 0x04, willQos: 0x18, willRetain: 0x20, password: 0x40, userName: 0x80 } as const;

/**
 * What a packet of a client breaks of MQTT 3.1.1 that aedes does not look at: it decodes topics without asking whether they
 * are UTF-8, takes `a#` and `a+/b` for filters and 0 for a packet id. Reads the bytes as they came; allocates nothing
 * for a packet that is right.
 * @param at offset of the packet's first byte; @param body offset after its fixed header; @param end offset behind it
 * @returns what is wrong, or undefined
 */
export function faultOf(packet: Buffer, at: number, body: number, end: number): string | undefined {
  const first = packet[at] as number;
  switch (first >> 4) {
    case packetTypes.publish:
      return faultOfPublish(packet, first, body, end);
    case packetTypes.puback:
    case packetTypes.pubrec:
    case packetTypes.pubrel:
    case packetTypes.pubcomp:
      return end - body === 2 ? faultOfId(packet, body, end) : 'an acknowledgement that is not two bytes long';
    case packetTypes.subscribe:
      return faultOfFilters(packet, body, end, true);
    case packetTypes.unsubscribe:
      return faultOfFilters(packet, body, end, false);
    case packetTypes.connect:
      return faultOfConnect(packet, body, end);
    case packetTypes.pingreq:
    case packetTypes.disconnect:
      return end === body ? undefined : 'a packet without a body that has one';
    default:
      return `a packet of type ${first >> 4}, which clients do not send`;
  }
}

function faultOfPublish(packet: Buffer, first: number, body: number, end: number): string | undefined {
  const qos = (first >> 1) & 3;
  if (qos === 3) return 'QoS 3'; // [MQTT-3.3.1-4]
  if (qos === 0 && (first & 8) !== 0) return 'DUP on a message of QoS 0'; // [MQTT-3.3.1-2]
  const behind = stringEnd(packet, body, end);
  if (behind < 0) return 'a topic that is longer than its packet';
  return faultOfTopic(packet, body + 2, behind) ?? (qos > 0 ? faultOfId(packet, behind, end) : undefined);
}

/** [MQTT-2.3.1-1] */
function faultOfId(packet: Buffer, at: number, end: number): string | undefined {
  if (at + 2 > end) return 'no packet id';
  return packet[at] === 0 && packet[at + 1] === 0 ? 'packet id 0' : undefined;
}

/** SUBSCRIBE and UNSUBSCRIBE: filters, each with a QoS behind it or not. */
function faultOfFilters(packet: Buffer, body: number, end: number, withQos: boolean): string | undefined {
  const fault = faultOfId(packet, body, end);
  if (fault !== undefined) return fault;
  let at = body + 2;
  if (at === end) return 'no topic filter'; // [MQTT-3.8.3-3], [MQTT-3.10.3-2]
  while (at < end) {
    const behind = stringEnd(packet, at, end);
    if (behind < 0) return 'a topic filter that is longer than its packet';
    const wrong = faultOfFilter(packet, at + 2, behind);
    if (wrong !== undefined) return wrong;
    at = behind;
    if (!withQos) continue;
    if (at === end) return 'a topic filter without a QoS';
    if ((packet[at] as number) > 2) return 'a requested QoS that there is not'; // [MQTT-3.8.3-4]
    at++;
  }
  return undefined;
}

/** Of MQTT 3.1 and 3.1.1; other versions are refused by their number, without a look at the rest. */
function faultOfConnect(packet: Buffer, body: number, end: number): string | undefined {
  const level = stringEnd(packet, body, end);
  if (level < 0 || level + 4 > end) return 'a CONNECT that is too short';
  const version = packet[level] as number;
  if (version !== 3 && version !== 4) return undefined;
  const flags = packet[level + 1] as number;
  const has = (bit: number): boolean => (flags & bit) !== 0;
  if (has(flag.reserved)) return 'the reserved flag of CONNECT'; // [MQTT-3.1.2-3]
  if ((flags & flag.willQos) === flag.willQos) return 'a will of QoS 3'; // [MQTT-3.1.2-14]
  if (!has(flag.will) && has(flag.willQos | flag.willRetain)) return 'a QoS or RETAIN of no will'; // [MQTT-3.1.2-13], -15
  if (has(flag.password) && !has(flag.userName)) return 'a password without a user name'; // [MQTT-3.1.2-22]
  return faultOfStrings(packet, level + 4, end, [
    { what: 'client id', rule: faultOfText },
    ...(has(flag.will) ? [{ what: 'will topic', rule: faultOfTopic }, { what: 'will message' }] : []),
    ...(has(flag.userName) ? [{ what: 'user name', rule: faultOfText }] : []),
    ...(has(flag.password) ? [{ what: 'password' }] : []),
  ]);
}

type Rule = (bytes: Buffer, from: number, end: number) => string | undefined;

function faultOfStrings(
  packet: Buffer,
  from: number,
  end: number,
  fields: readonly { readonly what: string; readonly rule?: Rule }[],
): string | undefined {
  let at = from;
  for (const { what, rule } of fields) {
    const behind = stringEnd(packet, at, end);
    if (behind < 0) return `a ${what} that is longer than its packet`;
    const fault = rule?.(packet, at + 2, behind);
    if (fault !== undefined) return `${fault} (${what})`;
    at = behind;
  }
  return at === end ? undefined : 'bytes behind the end of CONNECT';
}

/** @returns offset behind a string with its two bytes of length, -1 when the packet ends before */
function stringEnd(packet: Buffer, at: number, end: number): number {
  if (at + 2 > end) return -1;
  const behind = at + 2 + ((packet[at] as number) << 8) + (packet[at + 1] as number);
  return behind > end ? -1 : behind;
}

/** A name that is published to, MQTT 3.1.1 section 4.7. */
function faultOfTopic(bytes: Buffer, from: number, end: number): string | undefined {
  return from === end ? 'an empty topic' : faultOfText(bytes, from, end, true); // [MQTT-4.7.3-1]
}

function faultOfFilter(bytes: Buffer, from: number, end: number): string | undefined {
  if (from === end) return 'an empty topic filter'; // [MQTT-4.7.3-1]
  for (let i = from; i < end; i++) {
    const byte = bytes[i] as number;
    if (byte !== hash && byte !== plus) continue;
    const alone = (i === from || bytes[i - 1] === slash) && (i + 1 === end || bytes[i + 1] === slash);
    if (!alone) return `${byte === hash ? '#' : '+'} that shares its level`; // [MQTT-4.7.1-2], [MQTT-4.7.1-3]
    if (byte === hash && i + 1 !== end) return '# that is not the last level'; // [MQTT-4.7.1-2]
  }
  return faultOfText(bytes, from, end);
}

/** UTF-8 without U+0000 and without the halves of surrogate pairs, MQTT 3.1.1 section 1.5.3. */
function faultOfText(bytes: Buffer, from: number, end: number, isTopic = false): string | undefined {
  let plain = true;
  for (let i = from; i < end; i++) {
    const byte = bytes[i] as number;
    if (isTopic && (byte === plus || byte === hash)) return 'a wildcard in a topic'; // [MQTT-3.3.2-2]
    if (byte === 0) return 'a null character'; // [MQTT-1.5.3-2]
    if (byte > 0x7f) plain = false;
  }
  return plain || isUtf8(bytes.subarray(from, end)) ? undefined : 'text that is not UTF-8'; // [MQTT-1.5.3-1]
}
