import { expect, test } from 'vitest';
import { Watch } from '../../../../src/lab/emulator/pump.js';
import { droppedIn } from '../../../../src/lab/emulator/unread.js';
import { drive, steady } from './link.js';

test('a packet may have waited since its queue was last seen empty', () => {
  const watch = new Watch(0, 100);
  watch.empty(5000);
  expect([watch.took(5010), watch.took(5020)]).toEqual([10, 20]);
  watch.empty(6000);
  expect(watch.took(6001)).toBe(1);
});

test('in a queue that is never empty, no longer than since a queue length before', () => {
  const watch = new Watch(0, 100);
  let waited = 0;
  for (let i = 1; i <= 10_000; i++) waited = watch.took(i * 10);
  expect(waited).toBeGreaterThanOrEqual(1000); // 100 packets at 10 µs: what the queue holds
  expect(waited).toBeLessThanOrEqual(2000);
});

test('a packet that leaves when it is due is not late, whatever the link does to it', () => {
  const settings = { delayMicros: 15_000, jitterMicros: 4000, reorder: 0.2, rateBits: 5e6, duplicate: 0.1 };
  const { lane } = drive(settings, steady(2000, 500));
  expect(lane.lateness.count).toBe(lane.counters.packetsOut);
  expect(lane.lateness.max).toBe(0);
});

test('drops of packets to send are found in /proc/net/dev', () => {
  const text = `Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
    lo:       0       0    0    0    0     0          0         0        0       0    0    0    0     0       0          0
access-c: 1234567   8900    0    1    0     0          0         0 7654321    9800    0   42    0     0       0          0
`;
  expect([droppedIn(text, 'access-c'), droppedIn(text, 'access-n')]).toEqual([42, 0]);
});
