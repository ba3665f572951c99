import { describe, expect, it } from 'vitest';
import {
  type Distribution,
  meanOf,
  quantileOf,
  rangeOf,
  shareWithin,
} from '../../../../src/base/numbers/distribution.js';
import { drawnAt } from '../../../../src/base/numbers/random.js';

const draws = 100_000;

/** So many values at fixed places, so that the bounds below hold for ever or never. */
function drawn(distribution: Distribution, seed = 1): number[] {
  const quantile = quantileOf(distribution);
  return Array.from({ length: draws }, (_, i) => quantile(drawnAt(seed, 0, 7, i)));
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
function deviation(values: readonly number[]): number {
  const middle = mean(values);
  return Math.sqrt(mean(values.map((value) => (value - middle) ** 2)));
}
const shareBelow = (values: readonly number[], limit: number): number =>
  values.filter((value) => value < limit).length / values.length;

describe('a distribution', () => {
  it.each([
    [{ kind: 'fixed', value: 300 }, 300, 0],
    [{ kind: 'uniform', from: 100, to: 1_000 }, 550, 900 / Math.sqrt(12)],
    [{ kind: 'exponential', mean: 400 }, 400, 400],
    [{ kind: 'normal', mean: 500, deviation: 50 }, 500, 50],
    [{ kind: 'lognormal', mean: 500, deviation: 400 }, 500, 400],
    [
      {
        kind: 'weighted',
        values: [
          { value: 64, percent: 80 },
          { value: 1024, percent: 20 },
        ],
      },
      256,
      384,
    ],
  ] satisfies [Distribution, number, number][])('has its mean and deviation: %j', (distribution, middle, spread) => {
    const values = drawn(distribution);
    expect(meanOf(distribution)).toBeCloseTo(middle, 3);
    expect(mean(values)).toBeGreaterThan(middle * 0.99);
    expect(mean(values)).toBeLessThanOrEqual(middle * 1.01);
    expect(deviation(values)).toBeGreaterThanOrEqual(spread * 0.97);
    expect(deviation(values)).toBeLessThanOrEqual(spread * 1.03);
  });

  it('has its shape', () => {
    const uniform = drawn({ kind: 'uniform', from: 0, to: 10 });
    for (let tenth = 1; tenth < 10; tenth++) expect(shareBelow(uniform, tenth)).toBeCloseTo(tenth / 10, 2);
    const exponential = drawn({ kind: 'exponential', mean: 1 });
    for (const x of [0.1, 0.5, 1, 2, 4]) expect(shareBelow(exponential, x)).toBeCloseTo(1 - Math.exp(-x), 2);
    const normal = drawn({ kind: 'normal', mean: 10, deviation: 1 });
    for (const [x, share] of [
      [8, 0.0228],
      [9, 0.1587],
      [10, 0.5],
      [11, 0.8413],
    ] as const)
      expect(shareBelow(normal, x)).toBeCloseTo(share, 2);
    const logs = drawn({ kind: 'lognormal', mean: Math.exp(0.5), deviation: Math.sqrt((Math.E - 1) * Math.E) }).map(
      Math.log,
    );
    expect([mean(logs), deviation(logs)].map((value) => value.toFixed(1))).toEqual(['0.0', '1.0']); // of the standard one
    const weighted = drawn({
      kind: 'weighted',
      values: [
        { value: 1, percent: 70 },
        { value: 2, percent: 25 },
        { value: 3, percent: 5 },
      ],
    });
    expect([2, 3].map((x) => shareBelow(weighted, x).toFixed(2))).toEqual(['0.70', '0.95']);
  });

  it.each([
    { kind: 'exponential', mean: 400, min: 100, max: 500 },
    { kind: 'exponential', mean: 400, min: 100 },
    { kind: 'normal', mean: 500, deviation: 300, min: 20, max: 600 },
    { kind: 'normal', mean: 100, deviation: 300 },
    { kind: 'lognormal', mean: 500, deviation: 900, min: 64, max: 4_096 },
  ] satisfies Distribution[])(
    'is cut at its bounds, without heaps at them, and knows its mean then: %j',
    (distribution) => {
      const values = drawn(distribution);
      const { least, most } = rangeOf(distribution);
      expect(Math.min(...values)).toBeGreaterThanOrEqual(distribution.min ?? 0);
      expect(Math.max(...values)).toBeLessThanOrEqual(most);
      expect(least).toBe(distribution.min ?? 0);
      if (distribution.max !== undefined) expect(most).toBeLessThanOrEqual(distribution.max);
      expect(new Set(values).size).toBeGreaterThan(draws * 0.99);
      expect(mean(values) / meanOf(distribution)).toBeCloseTo(1, 2);
      expect(shareWithin(distribution)).toBeLessThan(1);
    },
  );

  it('is drawn the same at the same place, and differently at every other', () => {
    const at = (...place: [number, number, number, number]) => drawnAt(...place);
    expect(at(1, 2, 3, 4)).toBe(at(1, 2, 3, 4));
    const near = [at(1, 2, 3, 4), at(2, 2, 3, 4), at(1, 3, 3, 4), at(1, 2, 4, 4), at(1, 2, 3, 5), at(1, 2, 4, 3)];
    expect(new Set(near).size).toBe(near.length);
  });

  it('draws of neighbours have nothing in common: messages of a client, clients of a message, purposes', () => {
    const places = [
      (i: number) => drawnAt(1, 0, 3, i),
      (i: number) => drawnAt(1, 0, i, 3),
      (i: number) => drawnAt(1, i, 3, 3),
      (i: number) => drawnAt(i, 0, 3, 3),
    ];
    for (const place of places) {
      const values = Array.from({ length: 20_000 }, (_, i) => place(i) - 0.5);
      const products = (lag: number) => mean(values.slice(lag).map((value, i) => value * (values[i] as number))) * 12;
      for (const lag of [1, 2, 3, 7, 16]) expect(Math.abs(products(lag))).toBeLessThan(0.03); // 4 deviations of 1/√n
      expect(Math.abs(mean(values))).toBeLessThan(0.01);
    }
  });
});
