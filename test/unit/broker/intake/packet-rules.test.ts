import { generate, type Packet } from 'mqtt-packet';
import { describe, expect, it } from 'vitest';
import { faultOf } from '../../../../src/broker/intake/rules/packet.js';
import { bodyStart } from '../../../../src/mqtt/codec/frame-reader.js';

const text = (bytes: Buffer | string): Buffer => {
  const content = Buffer.from(bytes as string);
  return Buffer.concat([Buffer.from([content.length >> 8, content.length & 0xff]), content]);
};
const packet = (first: number, ...body: (Buffer | number[])[]): Buffer => {
  const whole = Buffer.concat(body.map((part) => Buffer.from(part as Buffer)));
  return Buffer.concat([Buffer.from([first, whole.length]), whole]);
};
const publish = (topic: Buffer | string, qos = 0, id = 1): Buffer =>
  packet(0x30 | (qos << 1), text(topic), qos > 0 ? [id >> 8, id & 0xff] : [], Buffer.from('payload'));
const subscribe = (...filters: (Buffer | string)[]): Buffer =>
  packet(0x82, [0, 7], ...filters.flatMap((filter) => [text(filter), [1]]));
const unsubscribe = (...filters: (Buffer | string)[]): Buffer => packet(0xa2, [0, 7], ...filters.map(text));

/** Also with other bytes around it, as in a read of several packets. */
function judge(bytes: Buffer): string | undefined {
  const alone = faultOf(bytes, 0, bodyStart(bytes, 0), bytes.length)?.says;
  const among = Buffer.concat([Buffer.from('##'), bytes, Buffer.from('\0')]);
  expect(faultOf(among, 2, bodyStart(among, 2), 2 + bytes.length)?.says).toBe(alone);
  return alone;
}

const notUtf8: readonly [string, Buffer][] = [
  ['a lone continuation byte', Buffer.from([0x61, 0x80])],
  ['a cut sequence', Buffer.from([0x61, 0xe2, 0x82])],
  ['an overlong slash', Buffer.from([0xc0, 0xaf])],
  ['a high surrogate', Buffer.from([0xed, 0xa0, 0x80])],
  ['a surrogate pair', Buffer.from([0xed, 0xa0, 0xbd, 0xed, 0xb8, 0x80])],
  ['a code point beyond U+10FFFF', Buffer.from([0xf4, 0x90, 0x80, 0x80])],
  ['byte FF', Buffer.from([0xff])],
  ['a null character', Buffer.from('a\0b')],
];

describe('what of a client’s packets is no MQTT', () => {
  it.each(['a', '/', '//', 'a/b', '/a', 'a//b', 'ä/€/😀', '$SYS/a', 'a b', 'x'.repeat(100)])(
    'takes topic %j',
    (topic) => {
      expect(judge(publish(topic))).toBeUndefined();
      expect(judge(publish(topic, 1))).toBeUndefined();
      expect(judge(publish(topic, 2, 65_535))).toBeUndefined();
      expect(judge(subscribe(topic))).toBeUndefined();
      expect(judge(unsubscribe(topic))).toBeUndefined();
    },
  );

  it.each(['', '#', '+', 'a/#', 'a+', 'a#b', '+/a'])('refuses topic %j', (topic) => {
    expect(judge(publish(topic))).toBeDefined();
    expect(judge(publish(topic, 1))).toBeDefined();
  });

  it.each(['#', '+', 'a/#', '/#', '+/#', '+/+', '/+', '+/', 'a/+/b', '$share/g/a/+', '$share/g/#'])(
    'takes filter %j',
    (filter) => {
      expect(judge(subscribe('a', filter, 'b'))).toBeUndefined();
      expect(judge(unsubscribe('a', filter, 'b'))).toBeUndefined();
    },
  );

  it.each([
    '',
    'a#',
    '#a',
    'a/#/b',
    '#/',
    '##',
    'a/b#',
    'a+',
    '+a',
    'a+/b',
    'a/+b',
    '++',
    'a/b+/c',
    '+#',
    '$share/g/a#',
  ])('refuses filter %j', (filter) => {
    expect(judge(subscribe(filter))).toBeDefined();
    expect(judge(subscribe('a', filter))).toBeDefined();
    expect(judge(unsubscribe(filter))).toBeDefined();
  });

  it.each(notUtf8)('refuses %s wherever text stands', (_, bytes) => {
    expect(judge(publish(bytes))).toBeDefined();
    expect(judge(subscribe(bytes))).toBeDefined();
    expect(judge(unsubscribe('a', bytes))).toBeDefined();
    const begin = [text('MQTT'), [4]];
    expect(judge(packet(0x10, ...begin, [0x02, 0, 60], text(bytes)))).toMatch(/client id/);
    expect(judge(packet(0x10, ...begin, [0x06, 0, 60], text('c'), text(bytes), text('gone')))).toMatch(/will topic/);
    expect(judge(packet(0x10, ...begin, [0x82, 0, 60], text('c'), text(bytes)))).toMatch(/user name/);
  });

  it('takes any bytes in payloads, will messages and passwords', () => {
    const any = Buffer.from([0, 0xff, 0xed, 0xa0, 0x80, 0x23]);
    expect(judge(packet(0x30, text('a'), any))).toBeUndefined();
    const connect = packet(
      0x10,
      text('MQTT'),
      [4],
      [0xc6, 0, 60],
      text('c'),
      text('w'),
      text(any),
      text('u'),
      text(any),
    );
    expect(judge(connect)).toBeUndefined();
  });

  it.each([
    ['QoS 1 with packet id 0', publish('a', 1, 0)],
    ['QoS 2 with packet id 0', publish('a', 2, 0)],
    ['QoS 1 without packet id', packet(0x32, text('a'))],
    ['QoS 1 with half a packet id', packet(0x32, text('a'), [0])],
    ['QoS 3', packet(0x36, text('a'), [0, 1])],
    ['QoS 0 with DUP', packet(0x38, text('a'))],
    ['a topic longer than its packet', packet(0x30, [0, 9, 0x61])],
    ['PUBLISH without a topic', packet(0x30)],
    ['PUBACK of packet id 0', packet(0x40, [0, 0])],
    ['PUBREC of packet id 0', packet(0x50, [0, 0])],
    ['PUBREL of packet id 0', packet(0x62, [0, 0])],
    ['PUBCOMP of packet id 0', packet(0x70, [0, 0])],
    ['PUBACK of one byte', packet(0x40, [1])],
    ['PUBACK of three bytes', packet(0x40, [0, 1, 0])],
    ['SUBSCRIBE without filters', packet(0x82, [0, 1])],
    ['SUBSCRIBE with packet id 0', packet(0x82, [0, 0], text('a'), [0])],
    ['SUBSCRIBE without anything', packet(0x82)],
    ['SUBSCRIBE without a QoS', packet(0x82, [0, 1], text('a'))],
    ['SUBSCRIBE with QoS 3', packet(0x82, [0, 1], text('a'), [3])],
    ['SUBSCRIBE with a reserved bit', packet(0x82, [0, 1], text('a'), [4])],
    ['SUBSCRIBE with half a filter', packet(0x82, [0, 1], text('a'), [0], [0, 5, 0x62])],
    ['UNSUBSCRIBE without filters', packet(0xa2, [0, 1])],
    ['UNSUBSCRIBE with packet id 0', packet(0xa2, [0, 0], text('a'))],
    ['UNSUBSCRIBE with half a filter', packet(0xa2, [0, 1], [0, 5, 0x62])],
    ['CONNACK', packet(0x20, [0, 0])],
    ['SUBACK', packet(0x90, [0, 1, 0])],
    ['UNSUBACK', packet(0xb0, [0, 1])],
    ['PINGRESP', packet(0xd0)],
    ['type 0', packet(0x00)],
    ['type 15', packet(0xf0)],
    ['PINGREQ with a body', packet(0xc0, [0])],
    ['DISCONNECT with a body', packet(0xe0, [0])],
    ['CONNECT of two bytes', packet(0x10, [0, 4])],
    ['CONNECT with a will of QoS 3', packet(0x10, text('MQTT'), [4, 0x1e, 0, 60], text('c'), text('w'), text('m'))],
    ['CONNECT with a QoS of no will', packet(0x10, text('MQTT'), [4, 0x0a, 0, 60], text('c'))],
    ['CONNECT with a password alone', packet(0x10, text('MQTT'), [4, 0x42, 0, 60], text('c'), text('p'))],
    ['CONNECT with the reserved flag', packet(0x10, text('MQTT'), [4, 0x03, 0, 60], text('c'))],
    ['CONNECT that ends early', packet(0x10, text('MQTT'), [4, 0x82, 0, 60], text('c'))],
    ['CONNECT with bytes behind it', packet(0x10, text('MQTT'), [4, 0x02, 0, 60], text('c'), [1])],
  ])('refuses %s', (_, bytes) => {
    expect(judge(bytes)).toBeDefined();
  });

  it('takes what clients send', () => {
    const connect = {
      cmd: 'connect',
      protocolId: 'MQTT',
      protocolVersion: 4,
      clean: true,
      keepalive: 9,
      clientId: 'c',
    };
    const sent = [
      connect,
      { ...connect, protocolId: 'MQIsdp', protocolVersion: 3 },
      { ...connect, clientId: '' },
      { ...connect, protocolVersion: 5, properties: { sessionExpiryInterval: 9 } },
      { ...connect, username: 'u', password: Buffer.from('p') },
      { ...connect, username: 'u', will: { topic: 'w', payload: Buffer.alloc(0), qos: 2, retain: true } },
      { cmd: 'publish', topic: 'a', payload: '', qos: 1, dup: true, retain: true, messageId: 1 },
      ...['puback', 'pubrec', 'pubrel', 'pubcomp'].map((cmd) => ({ cmd, messageId: 65_535 })),
      { cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: 'a', qos: 2 }] },
      { cmd: 'unsubscribe', messageId: 1, unsubscriptions: ['a'] },
      { cmd: 'pingreq' },
      { cmd: 'disconnect' },
    ];
    for (const one of sent) expect([one, judge(generate(one as Packet))]).toEqual([one, undefined]);
  });
});
