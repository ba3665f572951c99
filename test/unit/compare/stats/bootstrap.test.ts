import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { Random } from '../../../../src/base/numbers/random.js';
import {
  bootstrapDifference,
  type Sides,
  typicalOfRounds,
  typicalShift,
} from '../../../../src/compare/stats/bootstrap.js';
import { median } from '../../../../src/compare/stats/probability.js';
import type { Result } from '../../../../src/result/types.js';
import { fc } from '../../../helpers/properties.js';

/** As the formulas are written in books: every difference and every mean, sorted. */
const plainShift = (base: readonly number[], head: readonly number[]): number =>
  median(base.flatMap((from) => head.map((to) => to - from)));
const plainOfRounds = (differences: readonly number[]): number =>
  median(differences.flatMap((one, i) => differences.slice(i).map((other) => (one + other) / 2)));

const sorted = (values: readonly number[]): Float64Array => new Float64Array(values).sort();
const sidesOf = (base: readonly number[], head: readonly number[]): Sides => ({
  base: sorted(base),
  head: sorted(head),
  differences: sorted([]),
});
const ofRounds = (differences: readonly number[]): number =>
  typicalOfRounds({ ...sidesOf([], []), differences: sorted(differences) });

/** To the last digit; only the sign of a zero may differ, which nothing that is printed shows. */
function same(found: number, expected: number): void {
  expect(found + 0).toBe(expected + 0);
}

const finite = { noNaN: true, noDefaultInfinity: true };
const samples: Readonly<Record<string, fc.Arbitrary<number>>> = {
  'of any size': fc.double({ ...finite, min: -1e150, max: 1e150 }),
  'like latencies': fc.double({ ...finite, min: 0.05, max: 40 }),
  'with many ties': fc.integer({ min: 0, max: 5 }),
  'that are all but a few alike': fc.oneof({ weight: 30, arbitrary: fc.constant(7) }, fc.integer({ min: 0, max: 1e6 })),
  'hundreds of decades apart': fc
    .tuple(fc.integer({ min: -290, max: 150 }), fc.integer({ min: -9999, max: 9999 }))
    .map(([power, digits]) => digits * 10 ** power),
};

describe.each(Object.entries(samples))('the typical difference of samples %s', (_, value) => {
  const side = fc.array(value, { minLength: 1, maxLength: 60, size: 'max' });

  it('is the median of all differences, to the last digit', () => {
    fc.assert(fc.property(side, side, (base, head) => same(typicalShift(sidesOf(base, head)), plainShift(base, head))));
  });

  it('is, of rounds, the median of the means of each two, to the last digit', () => {
    fc.assert(fc.property(side, (differences) => same(ofRounds(differences), plainOfRounds(differences))));
  });

  it('is the same wherever it is thought to lie', () => {
    const near = fc.oneof(value, fc.double({ noNaN: true }));
    fc.assert(
      fc.property(side, side, near, fc.boolean(), (base, head, guess, isNear) => {
        const sides = { ...sidesOf(base, head), differences: sorted(head) };
        for (const estimate of [typicalShift, typicalOfRounds]) {
          const found = estimate(sides);
          same(estimate({ ...sides, near: isNear ? found * (1 + (guess % 1) / 1000) : guess }), found);
        }
      }),
    );
  });
});

describe('the typical difference of stored results', () => {
  const file = new URL('../../../../results/baselines/demo-quick/result.json', import.meta.url);
  const { cells } = JSON.parse(readFileSync(file, 'utf8')) as Result;
  const numbers = new Map<string, Map<string, number[]>>();
  for (const { arm, metrics } of cells) {
    for (const [name, one] of Object.entries(metrics?.distributions ?? {})) {
      for (const statistic of ['p50', 'p95', 'p99', 'max'] as const) {
        const arms = numbers.get(`${name}.${statistic}`) ?? new Map<string, number[]>();
        numbers.set(`${name}.${statistic}`, arms.set(arm, [...(arms.get(arm) ?? []), one[statistic]]));
      }
    }
  }

  it('is that of the plain formula', () => {
    expect(numbers.size).toBeGreaterThan(40);
    for (const arms of numbers.values()) {
      const [tcp = [], quic = []] = [arms.get('tcp'), arms.get('quic')];
      // Sixteen times as many, each a little different: as large as what 160 repeats have.
      const many = (values: readonly number[]) =>
        Array.from({ length: 16 }, (_, i) => values.map((value) => value * (1 + i / 640))).flat();
      if (tcp.length === 0 || quic.length === 0) continue;
      same(typicalShift(sidesOf(tcp, quic)), plainShift(tcp, quic));
      same(typicalShift(sidesOf(many(tcp), many(quic))), plainShift(many(tcp), many(quic)));
      same(ofRounds(many(quic)), plainOfRounds(many(quic)));
    }
  });
});

describe('a resample of the bootstrap', () => {
  const base = [5, 1, 4, 1, 9, 2];
  const seen = (head: readonly number[], paired: boolean): Sides[] => {
    const sides: Sides[] = [];
    const shift = (now: Sides): number => {
      sides.push({ base: now.base.slice(), head: now.head.slice(), differences: now.differences.slice() });
      return 0;
    };
    bootstrapDifference(base, head, new Random(3), 20, { shift, paired });
    return sides;
  };
  const drawn = (random: Random, size: number) => Array.from({ length: size }, () => random.below(size));

  it('draws the base and then the head, in the order of the seed, and gives both sorted', () => {
    const head = [3, 3, 8, 2];
    const [whole, ...resamples] = seen(head, false);
    expect(whole).toEqual(sidesOf(base, head));
    const random = new Random(3);
    for (const resample of resamples) {
      const ofBase = drawn(random, base.length).map((place) => base[place] as number);
      const ofHead = drawn(random, head.length).map((place) => head[place] as number);
      expect(resample).toEqual(sidesOf(ofBase, ofHead));
    }
    expect(resamples).toHaveLength(20);
  });

  it('draws rounds as they belong together', () => {
    const head = [6, 1, 7, 3, 9, 0];
    const [, ...resamples] = seen(head, true);
    const random = new Random(3);
    for (const resample of resamples) {
      const rounds = drawn(random, base.length).map((place) => [base[place] as number, head[place] as number] as const);
      expect(resample).toEqual({
        base: sorted(rounds.map(([one]) => one)),
        head: sorted(rounds.map(([, other]) => other)),
        differences: sorted(rounds.map(([one, other]) => other - one)),
      });
    }
  });
});
