import { describe, expect, it } from 'vitest';
import {
  bursts,
  constantRate,
  publishSchedule,
  ramp,
  type Schedule,
  stages,
} from '../../../../src/load/pace/schedule.js';
import type { LoadPlan } from '../../../../src/plan/plan.js';
import { atRate, filler } from '../../../helpers/plans.js';
import { fc } from '../../../helpers/properties.js';

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

describe('ramp', () => {
  const rates = fc.double({ min: 0, max: 5_000, noNaN: true });

  it('offers half-way what half of the triangle holds: 0 to 100/s over 10 s is 500 messages, then 100/s', () => {
    const schedule = ramp(0, 100, 10e6);
    expect(schedule.countBefore(5e6)).toBe(125);
    expect(schedule.countBefore(10e6)).toBe(500);
    expect(schedule.countBefore(11e6)).toBe(600);
    expect(schedule.dueAt(500)).toBeCloseTo(10e6, 0);
  });

  it('never goes back in time, rising or falling, and counts what it makes due', () => {
    fc.assert(
      fc.property(
        rates,
        fc.double({ min: 1, max: 5_000, noNaN: true }),
        fc.integer({ min: 1, max: 3_000 }),
        (from, to, index) => {
          const schedule = ramp(from, to, 7e6);
          const due = schedule.dueAt(index);
          expect(due).toBeGreaterThanOrEqual(schedule.dueAt(index - 1));
          expect(schedule.countBefore(due + 1)).toBeGreaterThan(index);
          expect(schedule.countBefore(due)).toBeLessThanOrEqual(index);
        },
      ),
    );
  });
});

describe('stages', () => {
  /** Up, hold, step, hold, down to nothing. */
  const five = stages(0, [
    { overMicros: 10e6, toPerSecond: 100 },
    { overMicros: 5e6, toPerSecond: 100 },
    { overMicros: 0, toPerSecond: 20 },
    { overMicros: 5e6, toPerSecond: 20 },
    { overMicros: 4e6, toPerSecond: 0 },
  ]);

  it('make as many messages due as lie under the curve of the rate: 500, 500, 100 and 40', () => {
    const ends = [5, 10, 15, 20, 22, 24, 1000].map((second) => five.countBefore(second * 1e6));
    expect(ends).toEqual([125, 500, 1000, 1100, 1130, 1140, 1140]);
  });

  it('change the distance between messages where the rate steps', () => {
    expect(five.dueAt(999) - five.dueAt(998)).toBeCloseTo(10_000, 3);
    expect(five.dueAt(1001) - five.dueAt(1000)).toBeCloseTo(50_000, 3);
  });

  it('end where the rate has come to nothing', () => {
    expect(five.dueAt(1139)).toBeLessThan(24e6);
    expect(five.dueAt(1140)).toBe(Number.POSITIVE_INFINITY);
  });

  it('that begin with a pause have their first message after it', () => {
    const paused = stages(0, [
      { overMicros: 3e6, toPerSecond: 0 },
      { overMicros: 0, toPerSecond: 10 },
      { overMicros: 1e6, toPerSecond: 10 },
    ]);
    expect([0, 1, 25].map((index) => paused.dueAt(index))).toEqual([3e6, 3.1e6, 5.5e6]);
  });

  it('never go back in time, and count what they make due, whatever they are', () => {
    const stage = fc.record({
      overMicros: fc.oneof(fc.constant(0), fc.integer({ min: 1_000, max: 5e6 })),
      toPerSecond: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 2_000 })),
    });
    fc.assert(
      fc.property(
        fc.array(stage, { minLength: 1, maxLength: 6 }),
        fc.integer({ min: 1, max: 3_000 }),
        (list, index) => {
          const schedule = stages(0, list);
          const due = schedule.dueAt(index);
          expect(due).toBeGreaterThanOrEqual(schedule.dueAt(index - 1));
          if (due === Number.POSITIVE_INFINITY) return;
          expect(schedule.countBefore(due + 1)).toBeGreaterThan(index);
          expect(schedule.countBefore(due)).toBeLessThanOrEqual(index);
        },
      ),
    );
  });
});

describe('bursts', () => {
  it('keep the mean rate: 30/s in groups of 10 is 10 at once every third of a second', () => {
    const schedule = bursts(30, 10);
    expect([0, 9, 10, 19, 20].map((index) => Math.round(schedule.dueAt(index)))).toEqual([
      0, 0, 333_333, 333_333, 666_667,
    ]);
    expect(schedule.countBefore(1)).toBe(10);
    expect(schedule.countBefore(1e6)).toBe(30);
  });
});

describe('a limit', () => {
  it('ends the schedule after that many', () => {
    const publish = { topic: 't', qos: 0 as const, payload: filler(64), pace: atRate(10), inflight: 1, limit: 25 };
    const schedule = publishSchedule({ publish } as LoadPlan) as Schedule;
    expect(schedule.dueAt(24)).toBe(2.4e6);
    expect(schedule.dueAt(25)).toBe(Number.POSITIVE_INFINITY);
    expect(schedule.countBefore(100e6)).toBe(25);
  });
});
