import { describe, expect, it } from 'vitest';
import type { Merged } from '../../../../src/load/merge/merged.js';
import { messageValues } from '../../../../src/load/merge/rates.js';
import { noCounts } from '../../../../src/load/segment.js';
import type { LoadPlan } from '../../../../src/plan/plan.js';
import { atRate, closedLoop, filler } from '../../../helpers/plans.js';

const publish = { topic: 't', qos: 1, payload: filler(64), pace: closedLoop, inflight: 100 };
const seconds = 1e6;

function merged(over: Partial<Merged>): Merged {
  return {
    histograms: new Map(),
    left: new Map(),
    counts: noCounts(),
    outstanding: 0,
    completed: { done: 0, received: 0 },
    afterwards: { done: 0, received: 0 },
    spans: [{ from: 0, to: 20 * seconds }],
    lastDone: Number.NEGATIVE_INFINITY,
    firstArrival: Number.POSITIVE_INFINITY,
    lastArrival: Number.NEGATIVE_INFINITY,
    ...over,
  };
}

const valuesOf = (plan: object, parts: Partial<Merged>, more: { limit?: true; window?: true } = {}) =>
  messageValues(
    {
      plan: { clients: 10, ...plan } as LoadPlan,
      publishStart: 5 * seconds,
      publishEnd: 15 * seconds,
      endedByLimit: more.limit === true,
    },
    merged(parts),
    more.window === undefined,
  );

describe('the achieved rate', () => {
  it('of a closed loop is what was acknowledged until publishing ended', () => {
    const parts = { completed: { done: 2_000, received: 0 }, afterwards: { done: 1_000, received: 0 } };
    expect(valuesOf({ publish }, parts)['rate.achieved']).toBe(200);
  });

  it('of a closed loop with a limit is all of them until the last acknowledgement', () => {
    // All written within the first 50 ms, answered half a second after the start.
    const parts = { completed: { done: 0, received: 0 }, afterwards: { done: 10_000, received: 0 } };
    const limited = { publish: { ...publish, limit: 10_000 } };
    const values = valuesOf(limited, { ...parts, lastDone: 5.5 * seconds }, { limit: true });
    expect(values['rate.achieved']).toBe(20_000);
    expect(valuesOf(limited, {}, { limit: true })['rate.achieved']).toBe(0);
  });

  it('of a run at a fixed rate holds what was on its way when publishing ended, and no backlog', () => {
    const open = { publish: { ...publish, pace: atRate(1_000) } };
    const of = (done: number, late: number): number | undefined =>
      valuesOf(open, { completed: { done, received: 0 }, afterwards: { done: late, received: 0 } })['rate.achieved'];
    expect(of(9_800, 200)).toBe(1_000);
    expect(of(5_000, 5_000)).toBe(500);
  });

  it('of a window is what came through in it, whenever it had been due', () => {
    const open = { publish: { ...publish, pace: atRate(1_000) } };
    const spans = [{ from: 10 * seconds, to: 20 * seconds }];
    const parts = { spans, completed: { done: 7_000, received: 0 }, afterwards: { done: 100, received: 0 } };
    const values = valuesOf(open, parts, { window: true });
    expect(values['messages.offered']).toBe(5_000);
    expect(values['rate.achieved']).toBe(1_400);
  });
});

describe('the rate of deliveries', () => {
  it('holds no backlog of subscribers that the broker had acknowledged long before', () => {
    const both = { publish: { ...publish, pace: atRate(1_000) }, subscribe: { topic: 't', qos: 1 } };
    const values = valuesOf(both, {
      counts: { ...noCounts(), sent: 10_000, received: 10_000 },
      completed: { done: 10_000, received: 4_000 },
      afterwards: { done: 0, received: 6_000 },
    });
    expect([values['rate.achieved'], values['rate.received']]).toEqual([1_000, 400]);
  });
});
