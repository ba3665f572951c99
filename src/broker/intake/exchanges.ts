import { bodyStart } from '../../mqtt/codec/frame-reader.js';
import { packetTypes } from '../../mqtt/codec/packet-types.js';

/** Packets that are answered by another, one bit per type: CONNECT, PUBREC, PUBREL, SUBSCRIBE, UNSUBSCRIBE, PINGREQ. */
const answered = (1 << 1) | (1 << 5) | (1 << 6) | (1 << 8) | (1 << 10) | (1 << 12);

/** Whether the broker answers a packet with another one. @param first its first byte */
export function isAnswered(first: number): boolean {
  const type = first >> 4;
  return type === packetTypes.publish ? (first & 0b110) !== 0 : ((answered >> type) & 1) === 1;
}

/** Whether a packet is the last that is said of a message to its sender: PUBACK, PUBCOMP, or a PUBREC that refuses it (MQTT 5.0, 4.3.3). */
export function endsDelivery(buffer: Buffer, at: number, end: number): boolean {
  const type = (buffer[at] as number) >> 4;
  if (type !== packetTypes.pubrec) return type === packetTypes.puback || type === packetTypes.pubcomp;
  const code = bodyStart(buffer, at) + 2;
  return code < end && (buffer[code] as number) >= 0x80;
}
