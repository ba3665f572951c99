import { describe, expect, it } from 'vitest';
import type { Distribution } from '../../../../src/base/numbers/distribution.js';
import { Memo } from '../../../../src/load/pace/memo.js';
import { timetableOf } from '../../../../src/load/pace/timetable.js';
import type { LoadPlan, OpenLoop } from '../../../../src/plan/plan.js';
import { atRate, filler } from '../../../helpers/plans.js';
import { fc } from '../../../helpers/properties.js';

const clients = 10;
const poisson: Distribution = { kind: 'exponential', mean: 1e6 };

function tableOf(gaps: Distribution, over: Partial<OpenLoop> = {}, more: object = {}, seed = 1) {
  const pace = atRate(20, { gaps, ...over });
  const plan = {
    clients,
    clientIdPrefix: '',
    seed,
    publish: { topic: 't', qos: 0, inflight: 1, payload: filler(64), pace, ...more },
  };
  const table = timetableOf(plan as unknown as LoadPlan);
  if (table === undefined) throw new Error('no timetable');
  return table;
}
const gapsOf = (client: number, count: number, table = tableOf(poisson)): number[] =>
  Array.from({ length: count }, (_, n) => table.dueAt(client, n + 1, 0) - table.dueAt(client, n, 0));
const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

describe('messages at times that are drawn', () => {
  it('have exponential gaps where they come at random: their mean is what the rate comes to, whatever that of the plan', () => {
    const gaps = Array.from({ length: clients }, (_, client) => gapsOf(client, 2_000)).flat();
    expect(mean(gaps) / 500_000).toBeCloseTo(1, 1);
    for (const x of [0.1, 0.5, 1, 2, 3]) {
      const below = gaps.filter((gap) => gap < x * 500_000).length / gaps.length;
      expect(below).toBeCloseTo(1 - Math.exp(-x), 1);
      expect(Math.abs(below - (1 - Math.exp(-x)))).toBeLessThan(0.015);
    }
  });

  it('are as many as a Poisson process has: mean and variance of the counts of all clients together are the rate', () => {
    const table = tableOf(poisson);
    const counts = Array.from({ length: 1_000 }, (_, second) => {
      return table.countBefore((second + 1) * 1e6) - table.countBefore(second * 1e6);
    });
    const middle = mean(counts);
    const variance = mean(counts.map((count) => (count - middle) ** 2));
    expect(middle).toBeGreaterThan(19.4); // 4 deviations of 20 ± 0.14
    expect(middle).toBeLessThan(20.6);
    expect(variance).toBeGreaterThan(16);
    expect(variance).toBeLessThan(24);
  });

  it.each([
    { kind: 'uniform', from: 400_000, to: 600_000 },
    { kind: 'normal', mean: 500_000, deviation: 100_000 },
    {
      kind: 'weighted',
      values: [
        { value: 250_000, percent: 50 },
        { value: 750_000, percent: 50 },
      ],
    },
  ] satisfies Distribution[])(
    'have the gaps of the distribution, and begin within the first of them: $kind',
    (gaps) => {
      const table = tableOf(gaps);
      const firsts = Array.from({ length: clients }, (_, client) => table.dueAt(client, 0, 0));
      expect(firsts).toEqual(Array.from({ length: clients }, (_, client) => client * 50_000));
      const drawn = gapsOf(3, 3_000, table);
      expect(mean(drawn) / 500_000).toBeCloseTo(1, 1);
      if (gaps.kind === 'uniform') {
        expect(Math.min(...drawn)).toBeGreaterThanOrEqual(399_999);
        expect(Math.max(...drawn)).toBeLessThanOrEqual(600_001);
      }
      if (gaps.kind === 'weighted')
        expect(new Set(drawn.map((gap) => Math.round(gap)))).toEqual(new Set([250_000, 750_000]));
    },
  );

  it('are the same for the same seed, in every process and whatever was asked before, and differ by seed and client', () => {
    const inOrder = gapsOf(2, 300);
    const other = tableOf(poisson);
    const backwards = Array.from({ length: 301 }, (_, n) => other.dueAt(2, 300 - n, 0)).reverse();
    expect(backwards.slice(1).map((due, n) => due - (backwards[n] as number))).toEqual(inOrder);
    expect(gapsOf(2, 300, tableOf(poisson, {}, {}, 2))).not.toEqual(inOrder);
    expect(gapsOf(3, 300)).not.toEqual(inOrder);
  });

  it('are walked through by the workers together, each once, in order of time', () => {
    const table = tableOf(poisson);
    const seen = [0, 1, 2].flatMap((worker) => {
      const queue = table.queue({ worker, workers: 3 });
      const dues: number[] = [];
      for (; queue.next < 30e6; queue.advance()) dues.push(queue.next);
      expect(dues).toEqual([...dues].sort((a, b) => a - b));
      return dues;
    });
    expect(seen).toHaveLength(table.countBefore(30e6));
  });

  it('follow a shape of the rate: half as many in the first half of a ramp from nothing as its mean says', () => {
    const table = tableOf(poisson, { shape: { kind: 'ramp', fromPerSecond: 0, overMicros: 1_000e6 } });
    const expected = (20 / 1_000 / 2) * 500 ** 2; // ∫ 0.02 t dt
    expect(Math.abs(table.countBefore(500e6) - expected)).toBeLessThan(4 * Math.sqrt(expected));
    expect(Math.abs(table.countBefore(1_000e6) - 10_000)).toBeLessThan(400);
  });

  it('end with the limit', () => {
    expect(tableOf(poisson, {}, { limit: 33 }).countBefore(1e12)).toBe(33);
  });
});

describe('values that follow from each other', () => {
  it('are the same in whatever order they are asked for', () => {
    const next = (item: number, number: number, before: number): number => before + item * 1_000 + number;
    const truth = (item: number, number: number): number => item + number * item * 1_000 + (number * (number + 1)) / 2;
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(2), fc.nat(400)), { maxLength: 60 }), (asked) => {
        const memo = new Memo(3, (item) => item, next);
        for (const [item, number] of asked) expect(memo.get(item, number)).toBe(truth(item, number));
      }),
    );
  });

  it('cost one step each when they are asked for in order, also the one before', () => {
    let steps = 0;
    const memo = new Memo(
      1,
      () => 0,
      (_, __, before) => {
        steps++;
        return before + 1;
      },
    );
    for (let number = 1; number < 1_000; number++) {
      memo.get(0, number);
      memo.get(0, number - 1);
    }
    expect(steps).toBe(999);
  });
});
