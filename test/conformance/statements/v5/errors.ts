import { expect } from 'vitest';
import {
  bytes,
  connectBytes,
  connectFlags,
  field,
  frame,
  properties,
  publishBytes,
  u16,
  userProperty,
} from '../../bytes.js';
import { codeOf } from '../../raw-client.js';
import type { Statement } from '../../statement.js';

const u32 = (value: number): number[] => [value >>> 24, (value >> 16) & 0xff, (value >> 8) & 0xff, value & 0xff];

type Case = readonly [what: string, packet: Buffer];

/** SUBSCRIBE with these properties and one filter. */
const subscribing = (own: Buffer, options = 0): Buffer =>
  frame(0x82, u16(1), properties(5, own), field('a'), [options]);
const publishing = (own: Buffer, topic = 'a'): Buffer => publishBytes(5, topic, { own: [own] });

/** What a connected client may not send. mosquitto 2.0 takes six of these, among them what its bridges are sent. */
const wrong: readonly Case[] = [
  ['a packet of type 0', Buffer.from([0x00, 0x00])],
  ['a length of five bytes', Buffer.from([0x30, 0xff, 0xff, 0xff, 0xff, 0x7f])],
  ['CONNACK', frame(0x20, [0, 0, 0])],
  ['SUBACK', frame(0x90, u16(1), [0, 0])],
  ['UNSUBACK', frame(0xb0, u16(1), [0, 0])],
  ['PINGRESP', frame(0xd0)],
  ['PINGREQ with a body', frame(0xc0, [0])],
  ['an empty topic without an alias', publishing(bytes(), '')],
  ['a property that there is not', publishing(bytes([0x7f, 0]))],
  ['a property of another packet', publishing(bytes([0x11], u32(1)))],
  ['properties that are longer than their packet', frame(0x30, field('a'), [50, 1, 0])],
  ['a property that is longer than the properties', publishing(bytes([0x03, 0, 9], 'x'))],
  ['the Payload Format Indicator twice', publishing(bytes([1, 0, 1, 0]))],
  ['a Payload Format Indicator of 2', publishing(bytes([1, 2]))],
  ['the Message Expiry Interval twice', publishing(bytes([2], u32(5), [2], u32(5)))],
  ['the Topic Alias twice', publishing(bytes([0x23, 0, 1, 0x23, 0, 1]))],
  ['the Response Topic twice', publishing(bytes([8], field('r'), [8], field('r')))],
  ['the Correlation Data twice', publishing(bytes([9], field('r'), [9], field('r')))],
  ['the Content Type twice', publishing(bytes([3], field('r'), [3], field('r')))],
  ['a Subscription Identifier of 0', subscribing(bytes([0x0b, 0]))],
  ['the Subscription Identifier twice', subscribing(bytes([0x0b, 1, 0x0b, 2]))],
  ['a Retain Handling of 3', subscribing(bytes(), 0x30)],
  ['a PUBACK without an id', frame(0x40, [1])],
  ['a reason code of PUBACK that there is not', frame(0x40, u16(1), [0x42, 0])],
  ['a reason code of DISCONNECT that there is not', frame(0xe0, [0x42, 0])],
  ['the Session Expiry Interval of DISCONNECT twice', frame(0xe0, [0], properties(5, [0x11], u32(1), [0x11], u32(1)))],
];

const connecting = (own: Buffer, more = {}): Buffer =>
  connectBytes(5, { own: [own], fields: [field('conformance')], ...more });

/** CONNECT that a server may not accept. */
const wrongConnects: readonly Case[] = [
  ['a Receive Maximum of 0', connecting(bytes([0x21, 0, 0]))],
  ['a Maximum Packet Size of 0', connecting(bytes([0x27], u32(0)))],
  ['the Session Expiry Interval twice', connecting(bytes([0x11], u32(1), [0x11], u32(1)))],
  ['the Receive Maximum twice', connecting(bytes([0x21, 0, 1, 0x21, 0, 1]))],
  ['the Topic Alias Maximum twice', connecting(bytes([0x22, 0, 1, 0x22, 0, 1]))],
  ['a Request Problem Information of 2', connecting(bytes([0x17, 2]))],
  ['a Request Response Information of 2', connecting(bytes([0x19, 2]))],
  ['Authentication Data without a method', connecting(bytes([0x16], field('data')))],
  ['a property of PUBLISH', connecting(bytes([0x23, 0, 1]))],
  ['a user property that is not UTF-8', connecting(userProperty('a', [0xff]))],
  [
    'the Will Delay Interval twice',
    connectBytes(5, {
      flags: connectFlags.clean | connectFlags.will,
      fields: [field('conformance'), properties(5, [0x18], u32(1), [0x18], u32(1)), field('t'), field('m')],
    }),
  ],
];

/** Malformed packets and protocol errors (4.13). */
export const errors: readonly Statement[] = [
  {
    in5: ['MQTT-4.13.1-1'],
    says: 'whoever breaks the protocol is cut off, and no one else',
    test: async (at) => {
      const bystander = await at.client();
      const kept: string[] = [];
      for (const [what, packet] of wrong) {
        const client = await at.client();
        client.send(packet);
        await client.closed().catch(() => kept.push(what));
        for (const reason of client.reasons()) {
          if (![0x81, 0x82, 0x94].includes(reason)) kept.push(`${what}: 0x${reason.toString(16)}`);
        }
        client.cut();
      }
      for (const [what, packet] of wrongConnects) {
        const client = await at.open();
        client.send(packet);
        await client.closed().catch(() => kept.push(what));
        const answers = client.heard.map(({ packet }) => codeOf(packet));
        if (answers.some((code) => ![0x81, 0x82].includes(code))) kept.push(`${what}: ${answers}`);
        client.cut();
      }
      expect(kept).toEqual([]);
      await bystander.ping();
    },
  },
];
