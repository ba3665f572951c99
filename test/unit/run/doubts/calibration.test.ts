import { describe, expect, test } from 'vitest';
import { calibrationDoubts, refuseOffLink } from '../../../../src/run/doubts/calibration.js';

describe('calibration against what was asked for', () => {
  const good = { packets: 200, lost: 0, rttP50Micros: 30_300, rttP95Micros: 31_000, reordered: 0 };
  test('a median within 10 % is believed', () => {
    expect(calibrationDoubts({ up: {}, down: {} }, 30_000, good)).toEqual([]);
  });
  test('a median 4 ms off at 30 ms is a doubt', () => {
    expect(calibrationDoubts({ up: {}, down: {} }, 30_000, { ...good, rttP50Micros: 34_000 })).toHaveLength(1);
  });
  test('20 % measured where 5 % loss each way was asked for is a doubt', () => {
    const profile = { up: { loss: 0.05 }, down: { loss: 0.05 } };
    expect(calibrationDoubts(profile, 30_000, { ...good, lost: 20 })).toEqual([]);
    expect(calibrationDoubts(profile, 30_000, { ...good, lost: 60 })).toHaveLength(1);
  });
});

describe('a link far from the one asked for fails the cell', () => {
  const measured = { packets: 100, lost: 0, rttP50Micros: 30_000, rttP95Micros: 31_000, reordered: 0 };
  test('not when it is merely doubtful', () => {
    expect(() => refuseOffLink({ up: {}, down: {} }, 30_000, { ...measured, rttP50Micros: 45_000 })).not.toThrow();
  });
  test('a median 90 ms off at 30 ms', () => {
    const off = { ...measured, rttP50Micros: 120_000 };
    expect(() => refuseOffLink({ up: {}, down: {} }, 30_000, off)).toThrow(/120 ms \(P50\) where 30.0 ms/);
    expect(() => refuseOffLink({ up: { rateBits: 1e5 }, down: {} }, 30_000, off)).not.toThrow();
  });
  test('no echo at all, unless that was asked for', () => {
    const silent = { ...measured, lost: 100, rttP50Micros: Number.NaN };
    expect(() => refuseOffLink({ up: { loss: 0.1 }, down: {} }, 30_000, silent)).toThrow(/none of 100/);
    expect(() => refuseOffLink({ up: { loss: 1 }, down: {} }, 30_000, silent)).not.toThrow();
  });
});
