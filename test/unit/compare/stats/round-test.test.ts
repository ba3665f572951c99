import { describe, expect, it } from 'vitest';
import { Random } from '../../../../src/base/numbers/random.js';
import { roundTest } from '../../../../src/compare/stats/round-test.js';

const of = (...differences: number[][]) => roundTest(differences, new Random(1));

describe('the test of rounds', () => {
  it('counts the ways to swap rounds: alike in all of n is 2 of 2^n', () => {
    expect(of([1, 2, 3, 4, 5, 6]).p[0]).toBeCloseTo(2 / 2 ** 6, 12);
    expect(of([1, 1, 1, 1]).p[0]).toBeCloseTo(2 / 2 ** 4, 12);
    // Of (±1 ±2 ±4), |sum| is 7 twice, 5 twice, 3 twice, 1 twice; here 1 + 2 − 4.
    expect(of([1, 2, -4]).p[0]).toBe(1);
    expect(of([-1, 2, 4]).p[0]).toBeCloseTo(4 / 8, 12);
  });

  it('leaves out what never differs', () => {
    expect(of([0, 0, 0, 0, 0, 0], [1, 2, 3, 4, 5, 6])).toMatchObject({
      size: 1,
      p: [1, 2 / 64],
      adjusted: [1, 2 / 64],
    });
  });

  it('asks no more of many numbers that move together than of one', () => {
    const one = [3, 4, 5, 4, 3, 5, 4, 3];
    const twin = one.map((value) => value * 1000);
    expect(of(one).adjusted[0]).toBeCloseTo(2 / 256, 12);
    expect(of(one, twin, one, twin).adjusted).toEqual([1, 1, 1, 1].map(() => 2 / 256));
  });

  it('corrects for numbers that do not: each other one may be the striking one', () => {
    const random = new Random(7);
    const noise = () => Array.from({ length: 10 }, () => random.next() - 0.5);
    const found = [0.2, 0.1, 0.3, 0.2, 0.25, 0.15, 0.3, 0.2, -0.1, 0.2];
    const alone = of(found).adjusted[0] as number;
    const among = of(found, ...Array.from({ length: 50 }, noise)).adjusted[0] as number;
    expect(alone).toBeLessThan(0.02);
    expect(among).toBeGreaterThan(5 * alone);
  });

  it('is not blinded by one wild round', () => {
    const steady = [0.18, 0.2, 0.16, 0.21, 0.19, 0.17, 0.2, 0.18, 0.22];
    const others = Array.from({ length: 20 }, (_, i) => steady.map((_, k) => Math.sin(7 * i + 3 * k * k)).concat(0.3));
    expect(of([...steady, 9], ...others).adjusted[0]).toBeLessThan(0.05);
  });

  it('draws the swaps when there are too many to count, close to what counting says', () => {
    const differences = Array.from({ length: 14 }, (_, i) => (i % 3 === 0 ? -1 : 1) + i / 100);
    const drawn = of(differences).p[0] as number;
    const sum = Math.abs(differences.reduce((a, b) => a + b, 0));
    let counted = 0;
    for (let mask = 0; mask < 2 ** 14; mask++) {
      const swapped = differences.reduce((total, value, i) => total + (((mask >> i) & 1) === 1 ? -value : value), 0);
      if (Math.abs(swapped) >= sum - 1e-9) counted++;
    }
    expect(Math.abs(drawn - counted / 2 ** 14)).toBeLessThan(0.03);
  });
});
