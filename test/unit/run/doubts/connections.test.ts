import { describe, expect, it } from 'vitest';
import { connectionDoubts, leavesOnPurpose } from '../../../../src/run/doubts/connections.js';
import type { TimelineEvent } from '../../../../src/scenario/types.js';

/** Steps of 200 ms; the traffic begins with the third. */
const report = (cut: number[]) => ({
  counters: { 'connections.lost': cut.reduce((sum, count) => sum + count, 0) },
  timeline: { stepMicros: 200_000, trafficFromMicros: 400_000, series: { cut } },
});
const rebind = { kind: 'rebind', name: 'rebind', atMicros: 400_000 } as TimelineEvent;
const happened = { name: 'rebind', atMicros: 450_000 };

describe('connections that were lost', () => {
  it('in a cell without events are a doubt about all of it', () => {
    const [doubt, ...more] = connectionDoubts([], [], report([0, 0, 10, 0]));
    expect(more).toEqual([]);
    expect(doubt).toMatchObject({
      code: 'connections-lost',
      message: expect.stringMatching(/^10 connections were lost/),
    });
    expect(doubt).not.toHaveProperty('window');
    expect(connectionDoubts([], [], report([0, 0, 0]))).toEqual([]);
  });

  it('are what an event does, from the step on in which it happens', () => {
    expect(connectionDoubts([rebind], [happened], report([0, 0, 0, 0, 7, 5]))).toEqual([]);
  });

  it('before the first event that disturbs anything are a doubt', () => {
    expect(connectionDoubts([rebind], [happened], report([0, 0, 0, 1, 7, 5]))).toMatchObject([
      { message: '1 connection was lost, before the first event' },
    ]);
    const heal = { kind: 'heal', name: 'heal', atMicros: 0 } as TimelineEvent;
    expect(connectionDoubts([heal], [{ name: 'heal', atMicros: 0 }], report([0, 0, 0, 0, 2]))).toHaveLength(1);
  });

  it('before an event are not told apart from clients that leave on purpose, by churn or by stages', () => {
    expect(connectionDoubts([rebind], [happened], report([0, 0, 0, 1, 7, 5]), true)).toEqual([]);
    const [stay, away, politely] = [1e6, 1e6, true] as const;
    expect(leavesOnPurpose({ churn: { stayMicros: stay, awayMicros: away, politely } })).toBe(true);
    expect(leavesOnPurpose({ clientStages: [{ overMicros: 1e6, toClients: 10 }] })).toBe(true);
    expect(leavesOnPurpose({})).toBe(false);
  });
});
