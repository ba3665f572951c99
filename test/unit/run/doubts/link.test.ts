import { describe, expect, test } from 'vitest';
import { linkDoubts, lossOf } from '../../../../src/run/doubts/link.js';
import { counters } from './counters.js';
import { linkPhase } from './link-phases.js';

describe('what a link may not do unasked', () => {
  const codes = (...args: Parameters<typeof linkDoubts>) => linkDoubts(...args).map(({ code }) => code);

  test('let no packet through at all', () => {
    expect(codes([], counters({ packetsIn: 0 }))).toEqual(['impairment-unseen']);
  });

  test('overflow beside the loss asked for', () => {
    expect(codes([linkPhase('traffic', {})], counters({ packetsOverflowed: 7 }))).toEqual(['queue-overflow']);
  });

  test('but where something was to queue, at any time, a full queue drops', () => {
    const overflowed = counters({ packetsOverflowed: 7 });
    expect(codes([linkPhase('before', {}), linkPhase('slow', { rateBits: 1e6 })], overflowed)).toEqual([]);
    expect(codes([linkPhase('traffic', { trace: [1, 2] })], overflowed)).toEqual([]);
  });

  test('overflow on netem, which counts it with the lost', () => {
    const { packetsOverflowed: _, ...up } = counters({ packetsLost: 107 }).up;
    const phase = (loss: number, hit: number) => linkPhase('traffic', { loss }, { loss: { tried: 1000, hit } });
    const lost = { up, down: counters({}).down };
    expect(codes([phase(0.1, 100)], lost)).toEqual([]);
    expect(codes([phase(0.1, 100), phase(0, 7)], lost)).toEqual(['queue-overflow']);
  });
});

test('mean loss of a Gilbert-Elliott chain is its stationary share', () => {
  expect(lossOf({ gilbertElliott: { p: 0.01, r: 0.09, oneMinusH: 1, oneMinusK: 0 } })).toBeCloseTo(0.1);
});
