import { expect, test } from 'vitest';
import { directionCounters } from '../../../src/lab/netem.js';

test("tc's and the receiving device's figures become counters of IP packets", () => {
  // As printed by iproute2 6.1 on Linux 6.1 for `netem delay 15ms loss 10%`, shortened to what is read and its neighbours.
  const tc = JSON.stringify([
    {
      kind: 'netem',
      handle: '1:',
      root: true,
      options: { limit: 3750, delay: { delay: 0.015, jitter: 0, correlation: 0 }, ecn: false, gap: 0 },
      bytes: 19716,
      packets: 186,
      drops: 14,
      overlimits: 0,
      requeues: 0,
      backlog: 0,
      qlen: 0,
    },
  ]);
  expect(directionCounters(tc, { packets: 186, bytes: 19716 })).toEqual({
    packetsIn: 200,
    bytesIn: 17112,
    packetsOut: 186,
    bytesOut: 17112,
    packetsLost: 14,
    packetsOverflowed: 0,
    packetsReordered: 0,
    packetsDuplicated: 0,
    packetsCorrupted: 0,
  });
});

test('a device whose queue is not netem has lost nothing', () => {
  const counters = directionCounters('[{"kind":"noqueue"}]', { packets: 3, bytes: 300 });
  expect([counters.packetsIn, counters.packetsLost, counters.packetsOut, counters.bytesOut]).toEqual([0, 0, 3, 258]);
});
