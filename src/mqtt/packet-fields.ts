import { isUtf8 } from 'node:buffer';
import { MqbenchError } from '../base/errors.js';
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

export function notMqtt(type: number): MqbenchError {
  return new MqbenchError('MQB_PROTOCOL', `the peer began with packet type ${type} instead of CONNACK`, {
    hint: 'check that this port speaks MQTT over this transport',
  });
}
