import { isUtf8 } from 'node:buffer';
import { MqbenchError } from '../../base/errors.js';
import type { MqttVersion } from './packet-types.js';

// Single fields of received packets, read in place.

/** @throws MQB_PROTOCOL when the packet ends before it */
export function packetId(buffer: Buffer, at: number, end: number): number {
  if (at + 2 > end) throw new MqbenchError('MQB_PROTOCOL', 'the broker sent an acknowledgement without a packet id');
  return ((buffer[at] as number) << 8) | (buffer[at + 1] as number);
}

/** The packet id of an acknowledgement, which before MQTT 5 holds nothing else. @throws MQB_PROTOCOL */
export function acknowledgedId(buffer: Buffer, body: number, end: number, version: MqttVersion): number {
  if (version !== 5 && end - body > 2) throw malformed('an acknowledgement with more than a packet id');
  return packetId(buffer, body, end);
}

/** @returns offset after the properties of a packet (MQTT 5.0, 2.2.2); their length is a variable byte integer */
export function skipProperties(buffer: Buffer, at: number, end: number): number {
  let length = 0;
  let factor = 1;
  let i = at;
  for (; i < end && i < at + 4; i++) {
    const byte = buffer[i] as number;
    length += (byte & 127) * factor;
    factor *= 128;
    if (byte < 128) break;
  }
  return i + 1 + length;
}

export function malformed(says: string): MqbenchError {
  return new MqbenchError('MQB_PROTOCOL', `the broker sent ${says}, which MQTT forbids`);
}

/**
 * Whether buffer[from, to) may be the topic of a PUBLISH (MQTT 5.0, 1.5.4 and 3.3.2.1). One pass over some twenty bytes;
 * only a topic beyond ASCII is looked at as a whole.
 * @throws MQB_PROTOCOL
 */
export function checkTopic(buffer: Buffer, from: number, to: number, version: MqttVersion): void {
  if (from === to && version !== 5) throw malformed('a PUBLISH without a topic'); // in MQTT 5 an alias stands for it
  let plain = true;
  for (let i = from; i < to; i++) {
    const byte = buffer[i] as number;
    if (byte >= 0x80) plain = false;
    else if (byte === 0) throw malformed('a PUBLISH with a zero character in its topic');
    else if (byte === 0x23 || byte === 0x2b) throw malformed('a PUBLISH with a wildcard in its topic');
  }
  if (!plain && !isUtf8(buffer.subarray(from, to))) throw malformed('a PUBLISH whose topic is not UTF-8');
}

/** What others than brokers begin with. */
const beginnings: readonly { readonly text: string; readonly says: string; readonly hint: string }[] = [
  {
    text: '\u0015\u0003',
    says: 'the peer answered with an alert of TLS, so this port speaks TLS',
    hint: 'use mqtts:// (or wss://) with this port, or the port for connections without TLS',
  },
  {
    text: 'HTTP/',
    says: 'the peer answered with HTTP, so this is the port of a web server',
    hint: 'use the port of the broker, or ws:// where it speaks MQTT over WebSocket on this one',
  },
  { text: 'SSH-', says: 'the peer answered as a server of SSH', hint: 'use the port of the broker' },
];

/** @param bytes what the peer began with instead of CONNACK */
export function notMqtt(bytes: Buffer): MqbenchError {
  const begins = bytes.toString('latin1', 0, 8);
  const known = beginnings.find(({ text }) => begins.startsWith(text));
  const says = known?.says ?? `the peer began with packet type ${(bytes[0] as number) >>> 4} instead of CONNACK`;
  const hint = known?.hint ?? 'check that this port speaks MQTT over this transport';
  return new MqbenchError('MQB_PROTOCOL', says, { hint });
}
