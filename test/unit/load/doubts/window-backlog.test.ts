import { describe, expect, it } from 'vitest';
import type { DoubtInput } from '../../../../src/load/doubts/input.js';
import { windowBacklog } from '../../../../src/load/doubts/rate.js';
import type { LoadPlan } from '../../../../src/plan/plan.js';
import type { MetricSet } from '../../../../src/result/types.js';
import { atRate } from '../../../helpers/plans.js';

/** 5 s at 1,000/s. */
function window(achieved: number, p50 = 1_000): MetricSet {
  const values = { 'messages.offered': 5_000, 'rate.offered': 1_000, 'rate.achieved': achieved };
  return { values, distributions: { 'publish.ack': { p50 } } } as unknown as MetricSet;
}

function doubts(windows: Record<string, MetricSet>, publish: object = { qos: 1, pace: atRate(1_000) }) {
  return windowBacklog({ plan: { publish } as LoadPlan, windows } as DoubtInput);
}

describe('a window in which something else was due than came through', () => {
  it('is doubted, and so is the one that gets it later', () => {
    const found = doubts({ before: window(1_000), blackout: window(20, 2_000_000), after: window(1_980) });
    expect(found.map(({ window, metric, message }) => [window, metric, message])).toEqual([
      ['blackout', 'rate.achieved', 'of 5,000 publishes that were due in blackout only 100 were acknowledged in it'],
      [
        'after',
        'rate.achieved',
        '5,000 publishes were due in after, and with what had waited 9,900 were acknowledged in it',
      ],
    ]);
  });

  it('is not doubted for what is on its way at any time', () => {
    expect(doubts({ first: window(970, 60_000), second: window(1_000, 60_000) })).toEqual([]);
    expect(doubts({ first: window(965, 60_000) })).toHaveLength(1); // 2 %, and 1,000/s times 60 ms, of 5,000
  });

  it('is not doubted for a burst that falls on its edge', () => {
    const publish = { qos: 1, pace: atRate(1_000, { shape: { kind: 'burst', size: 500 } }) };
    expect(doubts({ first: window(900) }, publish)).toEqual([]);
    expect(doubts({ first: window(900) })).toHaveLength(1);
  });

  it('cannot be in a closed loop, where nothing is due before the one before it is done', () => {
    expect(doubts({ first: window(500) }, { qos: 1 })).toEqual([]);
  });
});
