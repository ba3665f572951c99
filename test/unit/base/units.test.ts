import { describe, expect, it } from 'vitest';
import { formatCount, formatCounted, formatDuration, formatRate, parseDuration } from '../../../src/base/units.js';

describe('a duration for a reader', () => {
  it.each([
    [0, '0 ms'],
    [0.4, '0.0004 ms'],
    [3, '0.003 ms'],
    [9.5, '0.0095 ms'],
    [10, '0.01 ms'],
    [350, '0.35 ms'],
    [61_000, '61.0 ms'],
    [1_240_000, '1.24 s'],
    [59_990_000, '60.0 s'],
    [60_000_000, '1 m 0 s'],
    [119_600_000, '2 m 0 s'],
    [3_599_900_000, '60 m 0 s'],
    [Number.NaN, '-'],
  ])('%d us is %s', (micros, text) => {
    expect(formatDuration(micros)).toBe(text);
  });

  it('can be read again where it is less than ten microseconds', () => {
    for (let micros = 1; micros < 10; micros++) expect(parseDuration(formatDuration(micros))).toBeCloseTo(micros, 9);
  });
});

it('a rate is not rounded to nothing', () => {
  expect([20_000, 100.4, 44.66, 9, 0.2, 0.0667, 0, Number.NaN].map(formatRate)).toEqual([
    '20,000/s',
    '100/s',
    '44.7/s',
    '9/s',
    '0.2/s',
    '0.0667/s',
    '0/s',
    '-',
  ]);
});

it('a count of things has the number of the noun', () => {
  expect([1, 2, 0, 12_345].map((count) => formatCounted(count, 'publish', 'publishes'))).toEqual([
    '1 publish',
    '2 publishes',
    '0 publishes',
    '12,345 publishes',
  ]);
});

it('a count has its thousands apart, as Intl has them', () => {
  for (const count of [0, 7, 999, 1_000, -1_000, -999, 65_535, 1_234_567, 1e15]) {
    expect(formatCount(count)).toBe(count.toLocaleString('en-US'));
  }
});
