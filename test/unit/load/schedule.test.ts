import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { constantRate } from '../../../src/load/schedule.js';

describe('constant rate', () => {
  it('is due at index / rate from the start, so nothing adds up', () => {
    const schedule = constantRate(3);
    expect(schedule.dueAt(0)).toBe(0);
    expect(schedule.dueAt(1)).toBeCloseTo(333_333.33, 1);
    expect(schedule.dueAt(3_000_000)).toBe(1e12);
  });

  it('counts exactly those whose due time lies before', () => {
    const rates = fc.double({ min: 0.01, max: 1_000_000, noNaN: true });
    fc.assert(
      fc.property(rates, fc.integer({ min: 0, max: 100_000 }), (rate, index) => {
        const schedule = constantRate(rate);
        const due = schedule.dueAt(index);
        expect(schedule.countBefore(due)).toBe(index);
        expect(schedule.countBefore(due + 1e6 / rate / 2)).toBe(index + 1);
      }),
    );
    expect(constantRate(10).countBefore(-1)).toBe(0);
  });
});
