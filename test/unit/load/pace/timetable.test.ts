import { describe, expect, it } from 'vitest';
import { globalNumber } from '../../../../src/load/pace/split.js';
import { timetableOf } from '../../../../src/load/pace/timetable.js';
import type { LoadPlan, PublishPlan } from '../../../../src/plan/plan.js';
import { atRate, closedLoop, filler } from '../../../helpers/plans.js';
import { fc } from '../../../helpers/properties.js';

const publish = { topic: 't', qos: 0 as const, payload: filler(64), inflight: 1 };
const wait = { minMicros: 100_000, maxMicros: 700_000 };
const waiting = (over: Partial<PublishPlan> = {}, seed = 1): LoadPlan =>
  ({
    clients: 10,
    clientIdPrefix: '',
    seed,
    publish: { ...publish, pace: atRate(20, { firstWait: wait }), ...over },
  }) as unknown as LoadPlan;
const firsts = (plan: LoadPlan): number[] =>
  Array.from({ length: 10 }, (_, client) => (timetableOf(plan)?.dueAt(client, 0, 0) ?? 0) - client * 50_000);

describe('a random wait before the first message', () => {
  it('lies between its bounds, differs by client, and is the same for the same seed', () => {
    const waits = firsts(waiting());
    expect(Math.min(...waits)).toBeGreaterThanOrEqual(100_000);
    expect(Math.max(...waits)).toBeLessThan(700_000);
    expect(new Set(waits).size).toBe(10);
    expect(firsts(waiting())).toEqual(waits);
    expect(firsts(waiting({}, 2))).not.toEqual(waits);
  });

  it('covers its range evenly', () => {
    const many = { ...waiting({ pace: atRate(1e9, { firstWait: wait }) }), clients: 6_000 };
    const table = timetableOf(many);
    const parts = [0, 0, 0];
    for (let client = 0; client < 6_000; client++) {
      const part = Math.floor(((table?.dueAt(client, 0, 0) ?? 0) - 100_000) / 200_010);
      parts[part] = (parts[part] ?? 0) + 1;
    }
    for (const part of parts) expect(part).toBeGreaterThan(1_800);
  });

  it('moves all messages of a client alike, so that its interval stays', () => {
    const table = timetableOf(waiting());
    expect((table?.dueAt(3, 5, 0) ?? 0) - (table?.dueAt(3, 4, 0) ?? 0)).toBeCloseTo(500_000, 3);
  });

  it('a plan without it has clients that take turns, and a closed loop has no timetable', () => {
    expect(firsts(waiting({ pace: atRate(20) }))).toEqual(Array(10).fill(0));
    expect(timetableOf(waiting({ pace: closedLoop }))).toBeUndefined();
  });

  it('the limit holds: every message once, none after', () => {
    const table = timetableOf(waiting({ limit: 33 }));
    expect(table?.countBefore(1e12)).toBe(33);
  });
});

describe('topics with intervals of their own', () => {
  const topic = { topic: 't', qos: 0 as const, payload: filler(64) };
  const each = [
    { ...topic, intervalMicros: 1_000_000 },
    { ...topic, intervalMicros: 100_000 },
  ];
  const table = timetableOf(waiting({ pace: { kind: 'per-topic', topics: each, perSecond: 110 } }));

  it('are due at their interval, with the clients spread over it', () => {
    expect([0, 1, 2].map((sequence) => table?.dueAt(0, sequence, 0))).toEqual([0, 1_000_000, 2_000_000]);
    expect(table?.dueAt(5, 3, 1)).toBeCloseTo(350_000, 6);
    expect(table?.countBefore(2_000_000)).toBe(10 * 2 + 10 * 20);
  });

  it('come in order of time, each as often as its interval says', () => {
    const queue = table?.queue({ worker: 0, workers: 1 });
    const taken = [0, 0];
    for (let last = 0; queue !== undefined && queue.next < 2_000_000; queue.advance()) {
      expect(queue.next).toBeGreaterThanOrEqual(last);
      last = queue.next;
      taken[queue.flow] = (taken[queue.flow] ?? 0) + 1;
    }
    expect(taken).toEqual([20, 200]);
  });
});

describe('the messages of a worker', () => {
  it.each([
    ['take turns', undefined],
    ['wait before their first message', wait],
  ])('come once each, in order of time, whatever the number of workers, where clients %s', (_, firstWait) => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 60 }), (workers, limit) => {
        const table = timetableOf(waiting({ limit, pace: atRate(20, { firstWait }) }));
        if (table === undefined) throw new Error('no timetable');
        const seen = new Map<number, number>();
        for (let worker = 0; worker < workers; worker++) {
          const share = { worker, workers };
          const queue = table.queue(share);
          for (let last = 0; queue.next < Number.POSITIVE_INFINITY; queue.advance()) {
            const due = queue.next;
            expect(due).toBeGreaterThanOrEqual(last);
            last = due;
            const client = globalNumber(queue.client, share);
            const sequence = seen.get(client) ?? 0;
            expect(due).toBe(table.dueAt(client, sequence, 0));
            seen.set(client, sequence + 1);
          }
        }
        expect([...seen.values()].reduce((a, b) => a + b, 0)).toBe(limit);
      }),
    );
  });

  it.each([undefined, { minMicros: 0, maxMicros: 1 }])('are none for a worker without clients', (firstWait) => {
    const queue = timetableOf({ ...waiting({ pace: atRate(20, { firstWait }) }), clients: 1 })?.queue({
      worker: 3,
      workers: 4,
    });
    expect(queue?.next).toBe(Number.POSITIVE_INFINITY);
  });
});

describe('a limit over topics that have their own pace', () => {
  const topics = (over: Partial<Parameters<typeof atRate>[1]>, limit?: number): LoadPlan =>
    ({
      clients: 3,
      clientIdPrefix: '',
      seed: 1,
      publish: {
        ...publish,
        limit,
        pace: {
          kind: 'per-topic',
          perSecond: 3 / 0.1 + 3 / 0.25,
          topics: [
            { topic: 'a', qos: 0, intervalMicros: 100_000, payload: filler(20) },
            { topic: 'b', qos: 0, intervalMicros: 250_000, payload: filler(20) },
          ],
          ...over,
        },
      },
    }) as unknown as LoadPlan;
  const dueTimes = (plan: LoadPlan): number[] => {
    const table = timetableOf(plan);
    const all: number[] = [];
    for (let client = 0; client < 3; client++) {
      for (let flow = 0; flow < 2; flow++) {
        for (let sequence = 0; sequence < 1_000; sequence++) {
          const due = table?.dueAt(client, sequence, flow) ?? 0;
          if (due < 1e9) all.push(due);
        }
      }
    }
    return all.sort((a, b) => a - b);
  };

  it.each([
    ['a constant rate', {}],
    ['bursts, of which the last is cut', { shape: { kind: 'burst', size: 7 } }],
    ['a ramp', { shape: { kind: 'ramp', fromPerSecond: 0, overMicros: 2e6 } }],
    ['a random wait', { firstWait: { minMicros: 0, maxMicros: 500_000 } }],
  ] as const)('takes exactly the first of all: %s', (_, over) => {
    const endless = dueTimes(topics(over));
    for (const limit of [1, 2, 10, 57]) {
      const plan = topics(over, limit);
      expect(dueTimes(plan)).toEqual(endless.slice(0, limit));
      expect(timetableOf(plan)?.countBefore(1e9)).toBe(limit);
      expect(timetableOf(plan)?.lastDue).toBeGreaterThanOrEqual(endless[limit - 1] as number);
    }
  });

  it('a ramp from nothing brings half as much in its time, and the full rate after it', () => {
    const table = timetableOf(topics({ shape: { kind: 'ramp', fromPerSecond: 0, overMicros: 10e6 } }));
    const before = table?.countBefore(10e6) ?? 0;
    expect(before).toBeGreaterThan(205);
    expect(before).toBeLessThan(217); // 42 a second, half of it over 10 s, and the first of each client and topic
    expect((table?.countBefore(20e6) ?? 0) - before).toBeGreaterThan(415);
  });
});
