import { describe, expect, it } from 'vitest';
import { faultReasons } from '../../../../src/broker/intake/rules/fault.js';
import { faultOf } from '../../../../src/broker/intake/rules/packet.js';
import { bodyStart } from '../../../../src/mqtt/codec/frame-reader.js';
import {
  bytes,
  connectBytes,
  connectFlags,
  field,
  frame,
  properties,
  u16,
  varint,
} from '../../../conformance/bytes.js';

const judge = (packet: Buffer) => faultOf(packet, 0, bodyStart(packet, 0), packet.length, 5);

type Value = Buffer | readonly number[];
interface Kind {
  readonly good: readonly Value[];
  /** What the value may not be, and the reason code for it. */
  readonly bad?: readonly (readonly [Value, number])[];
}

const { malformed, protocol, topicName } = faultReasons;
const notText: readonly (readonly [Value, number])[] = [
  [field([0xff]), malformed],
  [field([0x61, 0]), malformed],
];
const number = (size: number, zero = true): Kind => ({
  good: [Array(size).fill(0xff), [...Array(size - 1).fill(0), 1], ...(zero ? [Array(size).fill(0)] : [])],
  bad: zero ? [] : [[Array(size).fill(0), protocol]],
});
const kinds = {
  flag: {
    good: [[0], [1]],
    bad: [
      [[2], protocol],
      [[0xff], protocol],
    ],
  },
  two: number(2),
  twoPositive: number(2, false),
  four: number(4),
  fourPositive: number(4, false),
  varint: {
    good: [varint(1), varint(128), varint(268_435_455)],
    bad: [
      [[0], protocol],
      [[0x80, 0], protocol],
      [[0xff, 0xff, 0xff, 0xff, 1], malformed],
    ],
  },
  text: { good: [field(''), field('ä'), field('x'.repeat(65_535))], bad: notText },
  topic: { good: [field('a/ä')], bad: [[field(''), topicName], [field('a/+'), topicName], ...notText] },
  binary: { good: [field(''), field([0xff, 0])] },
  alias: {
    good: [
      [0, 1],
      [0xff, 0xff],
    ],
    bad: [[[0, 0], faultReasons.topicAlias]],
  },
  pair: {
    good: [bytes(field(''), field('')), bytes(field('ä'), field('b'))],
    bad: [
      [bytes(field([0xff]), field('')), malformed],
      [bytes(field('a'), field('\0')), malformed],
    ],
  },
} satisfies Record<string, Kind>;

type KindName = keyof typeof kinds;
const user = { 38: 'pair' } as const;
const reason = { 31: 'text', ...user } as const;

/** Each packet by what it is with these properties, and which it may have (MQTT 5.0, table 2-4). */
const packets: Readonly<Record<string, readonly [(...own: Buffer[]) => Buffer, Readonly<Record<number, KindName>>]>> = {
  CONNECT: [
    (...own) => connectBytes(5, { own, fields: [field('id')] }),
    {
      ...{ 17: 'four', 21: 'text', 22: 'binary', 23: 'flag', 25: 'flag', 33: 'twoPositive', 34: 'two' },
      ...{ 39: 'fourPositive', ...user },
    },
  ],
  'the will': [
    (...own) =>
      connectBytes(5, {
        flags: connectFlags.clean | connectFlags.will,
        fields: [field('id'), properties(5, ...own), field('t'), field('m')],
      }),
    { 1: 'flag', 2: 'four', 3: 'text', 8: 'topic', 9: 'binary', 24: 'four', ...user },
  ],
  PUBLISH: [
    (...own) => frame(0x32, field('t'), u16(1), properties(5, ...own), 'payload'),
    { 1: 'flag', 2: 'four', 3: 'text', 8: 'topic', 9: 'binary', 35: 'alias', ...user },
  ],
  PUBACK: [(...own) => frame(0x40, u16(1), [0], properties(5, ...own)), reason],
  PUBREC: [(...own) => frame(0x50, u16(1), [0], properties(5, ...own)), reason],
  PUBREL: [(...own) => frame(0x62, u16(1), [0], properties(5, ...own)), reason],
  PUBCOMP: [(...own) => frame(0x70, u16(1), [0], properties(5, ...own)), reason],
  SUBSCRIBE: [(...own) => frame(0x82, u16(1), properties(5, ...own), field('f'), [1]), { 11: 'varint', ...user }],
  UNSUBSCRIBE: [(...own) => frame(0xa2, u16(1), properties(5, ...own), field('f')), user],
  DISCONNECT: [(...own) => frame(0xe0, [0], properties(5, ...own)), { 17: 'four', ...reason }],
};

describe.each(Object.entries(packets))('properties of %s', (_, [make, allowed]) => {
  const own = (id: number, value: Value): Buffer => bytes([id], value as Buffer);
  const all = Object.entries(allowed).map(([id, kind]) => [Number(id), kind, kinds[kind] as Kind] as const);

  it('may be absent, and all there at once, in any order', () => {
    expect(judge(make())).toBeUndefined();
    const each = all.map(([id, , { good }]) => own(id, good[0] as Value));
    expect(judge(make(...each))).toBeUndefined();
    expect(judge(make(...each.toReversed()))).toBeUndefined();
  });

  it.each(all)('property %i (%s) is taken with what it may be', (id, _kind, { good }) => {
    for (const value of good) expect(judge(make(own(id, value)))).toBeUndefined();
  });

  it.each(all)('property %i (%s) is refused with what it may not be', (id, _kind, { bad = [] }) => {
    for (const [value, code] of bad) expect(judge(make(own(id, value)))?.reason, value.toString()).toBe(code);
  });

  it.each(all)('property %i (%s) may stand there twice only if it is a user property', (id, kind, { good }) => {
    const twice = judge(make(own(id, good[0] as Value), own(id, good[0] as Value)));
    expect(twice?.reason).toBe(kind === 'pair' ? undefined : protocol);
  });

  it.each(all)('property %i (%s) does not reach beyond the others', (id, _kind, { good }) => {
    const whole = own(id, good[0] as Value);
    for (let cut = 1; cut < whole.length; cut++) {
      expect(judge(make(whole.subarray(0, cut)))?.reason, `${cut} bytes`).toBe(malformed);
    }
  });

  it('there is no other', () => {
    for (let id = 0; id < 256; id++) {
      if (id in allowed) continue;
      expect(judge(make(own(id, [0, 0, 0, 0])))?.reason, `${id}`).toBe(protocol);
    }
  });
});

it('properties that are longer than their packet, or whose length is none, are refused', () => {
  for (const length of [[5], [0x80], [0xff, 0xff, 0xff, 0xff], [0xff, 0xff, 0xff, 0x7f], []]) {
    expect(judge(frame(0x30, field('t'), length))?.reason).toBe(malformed);
  }
});
