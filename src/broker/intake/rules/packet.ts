import { packetTypes } from '../../../mqtt/codec/packet-types.js';
import { faultOfConnect } from './connect.js';
import { type Fault, malformed, protocolError } from './fault.js';
import { propertiesOf, readProperties } from './properties.js';
import { faultOfFilter, faultOfShared, faultOfTopic, isShared, stringEnd } from './text.js';

/** Reason codes that a client may give (MQTT 5.0, sections 3.4.2.1 to 3.7.2.1 and 3.14.2.1). */
const received = new Set([0x00, 0x10, 0x80, 0x83, 0x87, 0x90, 0x91, 0x97, 0x99]);
const released = new Set([0x00, 0x92]);
const left = new Set([0x00, 0x04, 0x80, 0x81, 0x82, 0x83, 0x90, 0x93, 0x94, 0x95, 0x96, 0x97, 0x98, 0x99]);

/**
 * What a packet of a client breaks of MQTT 3.1.1 or 5 that aedes does not look at: it decodes topics without asking whether they
 * are UTF-8, takes `a#` and `a+/b` for filters and 0 for a packet id. Reads the bytes as they came; allocates nothing
 * for a packet that is right.
 * @param at offset of the packet's first byte; @param body offset after its fixed header; @param end offset behind it
 * @param version that its connection speaks, which a CONNECT says itself
 * @returns what is wrong, or undefined
 */
export function faultOf(packet: Buffer, at: number, body: number, end: number, version = 4): Fault | undefined {
  const first = packet[at] as number;
  const type = first >> 4;
  if (type !== packetTypes.publish && (first & 0x0f) !== flagsOf(type)) return malformed('reserved flags'); // [MQTT-2.2.2-2]
  switch (type) {
    case packetTypes.publish:
      return faultOfPublish(packet, first, body, end, version);
    case packetTypes.puback:
    case packetTypes.pubrec:
      return faultOfAcknowledgement(packet, body, end, version, received);
    case packetTypes.pubrel:
    case packetTypes.pubcomp:
      return faultOfAcknowledgement(packet, body, end, version, released);
    case packetTypes.subscribe:
    case packetTypes.unsubscribe:
      return faultOfFilters(packet, body, end, version, type === packetTypes.subscribe);
    case packetTypes.connect:
      return faultOfConnect(packet, body, end);
    case packetTypes.pingreq:
      return end === body ? undefined : malformed('a packet without a body that has one');
    case packetTypes.disconnect:
      return faultOfDisconnect(packet, body, end, version);
    default:
      return faultOfType(type, version);
  }
}

/** The lower four bits of a packet's first byte, but of PUBLISH, which has flags of its own (MQTT 3.1.1, table 2.2). */
function flagsOf(type: number): number {
  return type === packetTypes.pubrel || type === packetTypes.subscribe || type === packetTypes.unsubscribe ? 2 : 0;
}

function faultOfType(type: number, version: number): Fault {
  if (type === packetTypes.auth && version === 5) {
    return protocolError('AUTH, although CONNECT named no authentication method'); // MQTT 5.0, 4.12
  }
  return malformed(`a packet of type ${type}, which clients do not send`);
}

function faultOfPublish(packet: Buffer, first: number, body: number, end: number, version: number): Fault | undefined {
  const qos = (first >> 1) & 3;
  if (qos === 3) return malformed('QoS 3'); // [MQTT-3.3.1-4]
  if (qos === 0 && (first & 8) !== 0) return malformed('DUP on a message of QoS 0'); // [MQTT-3.3.1-2]
  const topicEnd = stringEnd(packet, body, end);
  if (topicEnd < 0) return malformed('a topic that is longer than its packet');
  const isNamed = topicEnd > body + 2;
  if (isNamed || version !== 5) {
    const fault = faultOfTopic(packet, body + 2, topicEnd);
    if (fault) return fault;
  }
  if (qos > 0) {
    const fault = faultOfId(packet, topicEnd, end);
    if (fault) return fault;
  }
  if (version !== 5) return undefined;
  const properties = readProperties(packet, qos > 0 ? topicEnd + 2 : topicEnd, end, propertiesOf.publish);
  if (properties.fault || isNamed || properties.topicAlias > 0) return properties.fault;
  return protocolError('neither a topic nor an alias of one'); // MQTT 5.0, 3.3.2.1
}

/** [MQTT-2.3.1-1] */
function faultOfId(packet: Buffer, at: number, end: number): Fault | undefined {
  if (at + 2 > end) return malformed('no packet id');
  return packet[at] === 0 && packet[at + 1] === 0 ? protocolError('packet id 0') : undefined;
}

function faultOfAcknowledgement(
  packet: Buffer,
  body: number,
  end: number,
  version: number,
  reasons: ReadonlySet<number>,
): Fault | undefined {
  if (version !== 5 && end - body !== 2) return malformed('an acknowledgement that is not two bytes long');
  const fault = faultOfId(packet, body, end);
  if (fault || end <= body + 2) return fault;
  return faultOfReason(packet, body + 2, end, reasons, propertiesOf.acknowledgement);
}

/** A reason code, and properties if there is more than it. */
function faultOfReason(
  packet: Buffer,
  at: number,
  end: number,
  reasons: ReadonlySet<number>,
  properties: Uint8Array,
): Fault | undefined {
  const code = packet[at] as number;
  if (!reasons.has(code)) return protocolError(`reason code ${code}, which this packet has not`);
  if (end === at + 1) return undefined;
  const found = readProperties(packet, at + 1, end, properties);
  return found.fault ?? (found.end === end ? undefined : malformed('bytes behind the end of a packet'));
}

function faultOfDisconnect(packet: Buffer, body: number, end: number, version: number): Fault | undefined {
  if (end === body) return undefined;
  if (version !== 5) return malformed('a packet without a body that has one');
  return faultOfReason(packet, body, end, left, propertiesOf.disconnect);
}

/** SUBSCRIBE and UNSUBSCRIBE: filters, each with its options behind it or not. */
function faultOfFilters(
  packet: Buffer,
  body: number,
  end: number,
  version: number,
  subscribes: boolean,
): Fault | undefined {
  const fault = faultOfId(packet, body, end);
  if (fault !== undefined) return fault;
  let at = body + 2;
  if (version === 5) {
    const properties = readProperties(packet, at, end, subscribes ? propertiesOf.subscribe : propertiesOf.unsubscribe);
    if (properties.fault) return properties.fault;
    at = properties.end;
  }
  if (at === end) return protocolError('no topic filter'); // [MQTT-3.8.3-3], [MQTT-3.10.3-2]
  while (at < end) {
    const behind = stringEnd(packet, at, end);
    if (behind < 0) return malformed('a topic filter that is longer than its packet');
    const shared = version === 5 && isShared(packet, at + 2, behind);
    const wrong = faultOfFilter(packet, at + 2, behind) ?? (shared ? faultOfShared(packet, at + 2, behind) : undefined);
    if (wrong !== undefined) return wrong;
    at = behind;
    if (!subscribes) continue;
    if (at === end) return malformed('a topic filter without a QoS');
    const bad = faultOfOptions(packet[at] as number, version, shared);
    if (bad !== undefined) return bad;
    at++;
  }
  return undefined;
}

/** Options of a subscription: of 3.1.1 its QoS ([MQTT-3.8.3-4]), of MQTT 5 those of section 3.8.3.1. */
function faultOfOptions(options: number, version: number, shared: boolean): Fault | undefined {
  if (version !== 5) return options > 2 ? malformed('a requested QoS that there is not') : undefined;
  if ((options & 0xc0) !== 0) return malformed('reserved options of a subscription'); // [MQTT-3.8.3-5]
  if ((options & 0x03) === 3) return protocolError('a requested QoS that there is not');
  if ((options & 0x30) === 0x30) return protocolError('a retain handling that there is not');
  if (shared && (options & 0x04) !== 0) return protocolError('a shared subscription with No Local'); // [MQTT-3.8.3-4]
  return undefined;
}
