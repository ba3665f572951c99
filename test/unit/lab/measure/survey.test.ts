import { expect, test } from 'vitest';
import { surveyText } from '../../../../src/cli/lab/status.js';
import { oneWay } from '../../../../src/lab/measure/survey.js';
import { drive, steady } from '../emulator/link.js';

test('one packet that overtakes five: one overtook, five were overtaken', () => {
  const numbers = [0, 6, 1, 2, 3, 4, 5, 7, 8, 9];
  const { overtook, reordered } = oneWay({ numbers, delays: numbers.map(() => 1) }, 10);
  expect([overtook, reordered]).toEqual([0.1, 0.5]);
});

test('the share that reorder asks for is what overtook, not what was overtaken', () => {
  const { deliveries, lane } = drive({ delayMicros: 10_000, reorder: 0.2 }, steady(20_000, 2000));
  const way = oneWay({ numbers: deliveries.map(({ id }) => id), delays: deliveries.map(() => 1) }, 20_000);
  expect(way.overtook).toBeCloseTo(0.2, 1.5);
  expect(way.overtook * 20_000).toBe(lane.counters.packetsReordered);
  expect(way.reordered).toBeGreaterThan(0.4);
  const text = surveyText('delay 10ms reorder 20%', {
    backend: 'tun',
    oneWay: { ...way, overtook: 0.2, reordered: 0.488 },
    counted: lane.counters,
    rtt: { p50: 1, p95: 1 },
    udpBitsPerSecond: Number.NaN,
    tcpBitsPerSecond: Number.NaN,
  });
  expect(text).toContain('20.0 % overtook others, 48.8 % were overtaken');
});

test('jitter reorders too, and its overtaking is counted; without either nothing is', () => {
  const jittered = drive({ delayMicros: 10_000, jitterMicros: 3000 }, steady(5000, 1000));
  const way = oneWay({ numbers: jittered.deliveries.map(({ id }) => id), delays: [] }, 5000);
  expect(jittered.lane.counters.packetsReordered).toBe(Math.round(way.overtook * 5000));
  expect(jittered.lane.counters).toMatchObject({ packetsSentAtOnce: 0 });
  expect(jittered.lane.counters.packetsReordered).toBeGreaterThan(500);
  expect(drive({ delayMicros: 10_000 }, steady(500, 1000)).lane.counters.packetsReordered).toBe(0);
});

test('alone on the link, a packet that is sent at once overtakes nobody', () => {
  const { counters } = drive({ delayMicros: 10_000, reorder: 0.5 }, steady(1000, 20_000)).lane;
  expect(counters.packetsSentAtOnce).toBeGreaterThan(400);
  expect(counters.packetsReordered).toBe(0);
});
