import { skipProperties } from '../mqtt/codec/packet-fields.js';
import { type MqttVersion, packetTypes } from '../mqtt/codec/packet-types.js';

// Fields of packets that pass, read and written in place.

export const typeOf = (header: number): number => header >>> 4;
export const qosOf = (header: number): number => (header >>> 1) & 3;

/** Where the packet id stands: behind the topic in a PUBLISH with QoS 1 or 2, first in everything else that has one. */
export function placeOfId(header: number, buffer: Buffer, body: number): number {
  return typeOf(header) === packetTypes.publish ? body + 2 + buffer.readUInt16BE(body) : body;
}

export function topicOf(buffer: Buffer, body: number): string {
  const length = buffer.readUInt16BE(body);
  return buffer.toString('utf8', body + 2, body + 2 + length);
}

/** The protocol level of a CONNECT (MQTT 5.0, 3.1.2.2); the highest bit is of bridges. */
export function versionOf(buffer: Buffer, body: number): MqttVersion {
  return ((buffer[body + 2 + buffer.readUInt16BE(body)] ?? 4) & 0x7f) as MqttVersion;
}

/** The filters of a SUBSCRIBE or an UNSUBSCRIBE. */
export function filtersOf(header: number, buffer: Buffer, body: number, end: number, version: MqttVersion): string[] {
  const filters: string[] = [];
  let at = body + 2;
  if (version === 5) at = skipProperties(buffer, at, end);
  while (at + 2 <= end) {
    const length = buffer.readUInt16BE(at);
    filters.push(buffer.toString('utf8', at + 2, at + 2 + length));
    at += 2 + length + (typeOf(header) === packetTypes.subscribe ? 1 : 0);
  }
  return filters;
}

/** An UNSUBSCRIBE of our own (MQTT 5.0, 3.10). */
export function unsubscribe(id: number, filter: string, version: MqttVersion): Buffer {
  const name = Buffer.from(filter);
  const properties = version === 5 ? [0] : [];
  const length = 2 + properties.length + 2 + name.length;
  const fixed = [0xa2];
  for (let rest = length; ; rest >>>= 7) {
    fixed.push(rest > 127 ? (rest & 127) | 128 : rest);
    if (rest <= 127) break;
  }
  return Buffer.concat([
    Buffer.from([...fixed, id >>> 8, id & 0xff, ...properties, name.length >>> 8, name.length & 0xff]),
    name,
  ]);
}
