import { describe, expect, it } from 'vitest';
import { quantile } from '../../../../src/run/brokers/path.js';
import { pathDoubts } from '../../../../src/run/doubts/path.js';

const told = (
  beforeMicros: number | undefined,
  duringMicros: readonly number[],
  rttMicros = 40_000,
  unanswered = 0,
): string[] => pathDoubts({ beforeMicros, duringMicros, unanswered }, rttMicros).map(({ message }) => message);

describe('the way to a broker elsewhere', () => {
  it('is not doubted where it is short and steady beside the network of the scenario', () => {
    expect(told(800, [700, 900, 3900, 800, 850, 790, 810, 820, 830, 840])).toEqual([]);
    expect(told(9000, [9000, 9100], 200_000)).toEqual([]);
    expect(told(1900, [1500, 1900], 0)).toEqual([]);
  });

  it('is doubted where it is longer than a tenth of that', () => {
    expect(told(30_000, [30_100, 30_200])).toEqual([
      'the way from this host to the broker adds 30.1 ms (TCP handshake, P50) where the scenario’s network has 40.0 ms',
    ]);
  });

  it('is doubted where it varies by more than that', () => {
    expect(told(1000, [1000, 1000, 1000, 1000, 1000, 9000, 9500])).toEqual([
      'the way from this host to the broker varied between 1.00 ms and 9.50 ms (TCP handshake, P10 to P90) where the scenario’s network has 40.0 ms',
    ]);
  });

  it('is doubted where nothing answered', () => {
    expect(told(undefined, [])).toEqual([
      'the way from this host to the broker could not be measured: no TCP handshake was answered',
    ]);
  });

  it('is doubted where more than one in ten handshakes had no answer, however fast the others were', () => {
    expect(told(1000, [1000, 1100], 40_000, 3)).toEqual([
      '3 of 5 TCP handshakes from this host to the broker were not answered within 2.00 s',
    ]);
    expect(told(1000, Array(9).fill(1000), 40_000, 1)).toEqual([]);
  });

  it('has as quantile one that was measured', () => {
    expect([0.1, 0.5, 0.9, 1].map((share) => quantile([5, 1, 4, 2, 3], share))).toEqual([1, 3, 5, 5]);
    expect(quantile([], 0.5)).toBeUndefined();
  });
});
