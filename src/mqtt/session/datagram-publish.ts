import { packetEnd } from '../codec/frame-reader.js';
import { packetTypes } from '../codec/packet-types.js';

// Our own profile of QoS 0 in QUIC datagrams: one datagram, one complete PUBLISH of QoS 0 (docs/quic.md).

/** Whether these bytes are one whole PUBLISH of QoS 0 with a valid topic, and nothing more. */
export function isDatagramPublish(bytes: Buffer): boolean {
  const header = bytes[0] ?? 0;
  if (header >>> 4 !== packetTypes.publish || (header & 0b1110) !== 0) return false; // QoS 0 has no DUP (MQTT-3.3.1-2)
  let body = 1;
  while (body < 5 && (bytes[body] ?? 0) >= 128) body++;
  if (body >= 5 || body >= bytes.length || packetEnd(bytes, 0) !== bytes.length) return false;
  const topic = ((bytes[body + 1] ?? 0) << 8) | (bytes[body + 2] ?? 0);
  const end = body + 3 + topic;
  return topic > 0 && end <= bytes.length && !hasWildcard(bytes, body + 3, end);
}

/** Topic names have none (MQTT-3.3.2-2). */
function hasWildcard(bytes: Buffer, from: number, end: number): boolean {
  for (let i = from; i < end; i++) if (bytes[i] === 0x23 || bytes[i] === 0x2b) return true;
  return false;
}
