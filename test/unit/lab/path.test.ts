import { expect, test } from 'vitest';
import { longestPathMicros } from '../../../src/lab/path.js';

test.each([
  ['a perfect link', {}, 0],
  ['delay', { delayMicros: 200_000 }, 200_000],
  ['jitter within its bounds', { delayMicros: 50_000, jitterMicros: 10_000 }, 60_000],
  [
    'jitter without bounds',
    { delayMicros: 50_000, jitterMicros: 10_000, jitterDistribution: 'normal' as const },
    90_000,
  ],
  ['a full queue', { delayMicros: 20_000, rateBits: 12e6, queuePackets: 100 }, 120_000],
  ['groups', { delayMicros: 20_000, slot: { waitMicros: 10_000, jitterMicros: 5000 } }, 35_000],
  ['groups of so many packets', { slot: { waitMicros: 10_000, packets: 10 }, queuePackets: 100 }, 100_000],
  ['groups of so many bytes', { slot: { waitMicros: 10_000, bytes: 15_000 }, queuePackets: 100 }, 100_000],
  ['a queue bounded by time', { delayMicros: 20_000, rateBits: 12e6, queueMicros: 30_000 }, 50_000],
])('the longest way through a link with %s', (_, settings, micros) => {
  expect(longestPathMicros(settings, 1500)).toBe(micros);
});
