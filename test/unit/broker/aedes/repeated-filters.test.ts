import type { ISubackPacket, ISubscribePacket } from 'mqtt-packet';
import { expect, it } from 'vitest';
import { RepeatedFilters } from '../../../../src/broker/aedes/repeated-filters.js';

const subscribe = (messageId: number, ...filters: (readonly [string, 0 | 1 | 2])[]): ISubscribePacket => ({
  cmd: 'subscribe',
  messageId,
  subscriptions: filters.map(([topic, qos]) => ({ topic, qos })),
});
const suback = (messageId: number, ...granted: number[]): ISubackPacket => ({ cmd: 'suback', messageId, granted });

it.each([
  [
    'a filter twice',
    [
      ['a', 0],
      ['a', 2],
    ],
    [2],
    [0, 2],
  ],
  [
    'two filters twice, mixed',
    [
      ['a', 0],
      ['b', 1],
      ['a', 2],
      ['b', 0],
    ],
    [2, 0],
    [0, 1, 2, 0],
  ],
  [
    'one of them refused',
    [
      ['a', 0],
      ['b', 1],
      ['a', 2],
    ],
    [0x87, 1],
    [0x87, 1, 0x87],
  ],
  [
    'none twice',
    [
      ['a', 0],
      ['b', 1],
    ],
    [0, 1],
    [0, 1],
  ],
  ['one alone', [['a', 1]], [1], [1]],
] as const)('SUBACK has a code for each filter that was asked for: %s', (_, filters, given, expected) => {
  const repeated = new RepeatedFilters();
  repeated.subscribed(subscribe(7, ...filters));
  const [other, answer, again] = [suback(8, 1), suback(7, ...given), suback(7, 1)];
  for (const packet of [other, answer, again]) repeated.answer(packet);
  expect(answer.granted).toEqual(expected);
  expect(other.granted).toEqual([1]);
  expect(again.granted).toEqual([1]); // the packet id is free again
});
