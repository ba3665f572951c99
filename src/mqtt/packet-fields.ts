import { MqbenchError } from '../base/errors.js';

// Single fields of received packets, read in place.

/** @throws MQB_PROTOCOL when the packet ends before it */
export function packetId(buffer: Buffer, at: number, end: number): number {
  if (at + 2 > end) throw new MqbenchError('MQB_PROTOCOL', 'the broker sent an acknowledgement without a packet id');
  return ((buffer[at] as number) << 8) | (buffer[at + 1] as number);
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

export function notMqtt(type: number): MqbenchError {
  return new MqbenchError('MQB_PROTOCOL', `the peer began with packet type ${type} instead of CONNACK`, {
    hint: 'check that this port speaks MQTT over this transport',
  });
}
