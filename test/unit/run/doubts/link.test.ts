import { describe, expect, test } from 'vitest';
import { linkDoubts, lossOf } from '../../../../src/run/doubts/link.js';
import { counters } from './counters.js';

describe('an impairment that did not happen is flagged', () => {
  test('zero drops where loss was asked for', () => {
    const doubts = linkDoubts({ up: { loss: 0.1 }, down: { loss: 0.1 } }, counters({ packetsLost: 98 }));
    expect(doubts.map((doubt) => doubt.code)).toEqual(['impairment-unseen']);
    expect(doubts[0]?.message).toContain('10.0 % loss was asked for downstream, but none of 1000 packets');
  });

  test('not when fewer than five drops could be expected', () => {
    expect(linkDoubts({ up: { loss: 0.001 }, down: {} }, counters({}))).toEqual([]);
  });

  test('no packet through the link at all', () => {
    expect(linkDoubts({ up: {}, down: {} }, counters({ packetsIn: 0 }))).toHaveLength(1);
  });

  test('a queue that overflowed beside the loss asked for', () => {
    const doubts = linkDoubts({ up: {}, down: {} }, counters({ packetsOverflowed: 7 }));
    expect(doubts.map((doubt) => doubt.code)).toEqual(['queue-overflow']);
  });
});

test('mean loss of a Gilbert-Elliott chain is its stationary share', () => {
  expect(lossOf({ gilbertElliott: { p: 0.01, r: 0.09, oneMinusH: 1, oneMinusK: 0 } })).toBeCloseTo(0.1);
});
