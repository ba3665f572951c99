import { generate, type IPublishPacket, parser } from 'mqtt-packet';
import { describe, expect, it, vi } from 'vitest';
import { encodePublish, secondsLeft } from '../../../../src/broker/delivery/publish-packet.js';
import { TopicAliases } from '../../../../src/broker/delivery/topic-aliases.js';
import type { Message } from '../../../../src/broker/sessions/message.js';
import { fc } from '../../../helpers/properties.js';
import { message } from './stand-in.js';

const none = { alias: 0, isKnown: false };
const terms = (qos: 0 | 1 | 2 = 0, retain = false, identifiers: number[] = []) => ({ qos, retain, identifiers });
const wire = ({ head, rest, bytes }: ReturnType<typeof encodePublish>): Buffer => {
  const whole = rest === undefined ? head : Buffer.concat([head, rest]);
  expect(whole.length).toBe(bytes);
  return whole;
};
const theirs = (
  of: Message,
  qos: 0 | 1 | 2,
  id: number,
  more: Partial<IPublishPacket> = {},
  protocolVersion: 4 | 5 = 4,
) =>
  generate(
    { cmd: 'publish', topic: of.topic, payload: of.payload, qos, retain: false, dup: false, messageId: id, ...more },
    { protocolVersion },
  );

describe('PUBLISH of the broker', () => {
  it.each([0, 1, 2] as const)('has the bytes that mqtt-packet writes, at QoS %i, before MQTT 5 and in it', (qos) => {
    const flags = fc.record({ retain: fc.boolean(), dup: fc.boolean() });
    const payload = fc.oneof(fc.uint8Array({ maxLength: 300 }), fc.constant(new Uint8Array(1025)));
    const topic = fc.string({ minLength: 1, maxLength: 200, unit: 'grapheme' });
    fc.assert(
      fc.property(topic, payload, fc.integer({ min: 1, max: 65_535 }), flags, (name, bytes, id, { retain, dup }) => {
        const one = message('', { topic: name, payload: Buffer.from(bytes) });
        const isDup = dup && qos > 0;
        for (const version of [4, 5] as const) {
          const ours = wire(encodePublish(one, terms(qos, retain), none, version === 5, id, isDup));
          expect(ours.equals(theirs(one, qos, id, { retain, dup: isDup }, version))).toBe(true);
        }
      }),
    );
  });

  // Where the remaining length takes another byte, and around the size from which a payload goes out by itself.
  it.each([
    ...[0, 1, 120, 121, 122, 123, 124, 125, 126],
    ...[1023, 1024, 1025, 16_377, 16_378, 16_379, 16_380, 16_381, 2_097_144, 2_097_147, 2_097_150],
  ])('is right with a payload of %i bytes', (bytes) => {
    const one = message('', { payload: Buffer.alloc(bytes, 7) });
    for (const version of [4, 5] as const) {
      for (const qos of [0, 1] as const) {
        const encoded = encodePublish(one, terms(qos), none, version === 5, 9, false);
        expect(wire(encoded).equals(theirs(one, qos, 9, {}, version))).toBe(true);
        expect(encoded.rest === undefined).toBe(bytes <= 1024);
      }
    }
  });

  it('shares a large payload with all who get it', () => {
    const one = message('', { payload: Buffer.alloc(2000) });
    expect(encodePublish(one, terms(), none, true, 0, false).rest).toBe(one.payload);
  });

  it.each([127, 128, 16_383, 16_384])('has properties of %i bytes', (bytes) => {
    const contentType = 'c'.repeat(bytes - 3);
    const one = message('m', { properties: { contentType } });
    const ours = wire(encodePublish(one, terms(1), none, true, 5, false));
    expect(ours.equals(theirs(one, 1, 5, { properties: { contentType } }, 5))).toBe(true);
  });

  it('brings all properties that go on to subscribers, and none before MQTT 5', () => {
    const correlationData = Buffer.from([0, 255]);
    const properties = {
      ...{ payloadFormatIndicator: true, contentType: 'text/ä', responseTopic: 'r/€', correlationData },
      userProperties: { a: 'b', ä: ['1', '2'], '': '' },
    };
    const one = message('m', { properties, messageExpiry: Date.now() + 60_000 });
    const parse = parser({ protocolVersion: 5 });
    const got: IPublishPacket[] = [];
    parse.on('packet', (packet) => got.push(packet as IPublishPacket));
    parse.parse(
      wire(encodePublish(one, terms(2, true, [1, 128, 268_435_455]), { alias: 3, isKnown: false }, true, 8, true)),
    );
    expect(got[0]).toMatchObject({ topic: 't', qos: 2, retain: true, dup: true, messageId: 8 });
    expect(got[0]?.properties).toEqual({
      ...properties,
      ...{ userProperties: expect.objectContaining({ a: 'b', ä: ['1', '2'], '': '' }) },
      ...{ messageExpiryInterval: 60, topicAlias: 3, subscriptionIdentifier: [1, 128, 268_435_455] },
    });
    const before = wire(encodePublish(one, terms(1, false, [1]), none, false, 8, false));
    expect(before.equals(theirs(one, 1, 8))).toBe(true);
  });

  it('keeps the order of user properties that came as bytes', () => {
    const userPropertyBytes = Buffer.from('\x26\0\x01b\0\x011\x26\0\x01a\0\x012');
    const one = message('m', { properties: { userProperties: { a: '2', b: '1' }, userPropertyBytes } });
    expect(wire(encodePublish(one, terms(), none, true, 0, false)).includes(userPropertyBytes)).toBe(true);
  });

  it('mixes up no properties of messages that follow each other', () => {
    const [a, b] = ['a', 'b'].map((contentType) => message('m', { properties: { contentType } }));
    for (const one of [a, b, a, b]) {
      const ours = wire(encodePublish(one as Message, terms(), none, true, 0, false));
      expect(ours.includes(`\x03\0\x01${one?.properties?.contentType}`)).toBe(true);
    }
  });

  it('says how many seconds are left, rounded up, and of one that is past none', () => {
    const at = (messageExpiry: number): number | undefined => secondsLeft(message('m', { messageExpiry }), 10_000);
    expect([at(11_000), at(11_001), at(10_001), at(10_000), at(9000)]).toEqual([1, 2, 1, 0, -1]);
    expect(secondsLeft(message('m'))).toBeUndefined();
    vi.useFakeTimers({ now: 10_000 });
    const expired = encodePublish(message('m', { messageExpiry: 1 }), terms(1), none, true, 1, true);
    vi.useRealTimers();
    expect(wire(expired).includes(Buffer.from([2, 0, 0, 0, 0]))).toBe(true);
  });

  it('says an alias instead of its topic once the client knows it', () => {
    const aliases = new TopicAliases(2);
    const sent = ['a', 'b', 'c', 'a'].map((topic) =>
      wire(encodePublish(message('m', { topic }), terms(), aliases.of(topic), true, 0, false)),
    );
    const parse = parser({ protocolVersion: 5 });
    const got: (readonly [string, number | undefined])[] = [];
    parse.on('packet', (packet) => {
      const { topic, properties } = packet as IPublishPacket;
      got.push([topic, properties?.topicAlias]);
    });
    for (const bytes of sent) parse.parse(bytes);
    expect(got).toEqual([
      ['a', 1],
      ['b', 2],
      ['c', undefined],
      ['', 1],
    ]);
  });

  it('an alias that the client was not told of goes to the next topic, and one of 0 to none', () => {
    const aliases = new TopicAliases(2);
    aliases.of('a');
    aliases.of('b');
    aliases.forget('b');
    expect(aliases.of('a')).toEqual({ alias: 1, isKnown: true });
    expect(aliases.of('c')).toEqual({ alias: 2, isKnown: false });
    expect(aliases.of('d')).toEqual({ alias: 0, isKnown: false });
    expect(new TopicAliases(0).of('a')).toEqual({ alias: 0, isKnown: false });
  });
});
