import { describe, expect, it } from 'vitest';
import { Evictions } from '../../../../src/load/tally/evictions.js';

const seconds = (...stays: number[]): boolean[] => {
  const evictions = new Evictions();
  return stays.map((stay) => evictions.note(7, stay * 1e6));
};

describe('a client that is let in and thrown out again', () => {
  it('is counted once, after three short stays in a row', () => {
    expect(seconds(60, 1, 1, 1, 1, 1, 60, 1, 1, 1)).toEqual([
      ...[false, false, false, true, false, false],
      ...[false, false, false, false],
    ]);
  });

  it('is not one whose stays are long, or short only now and then', () => {
    expect(seconds(1, 1, 60, 1, 1, 11, 1)).not.toContain(true);
  });

  it('is told apart from others', () => {
    const evictions = new Evictions();
    const noted = [1, 2, 3, 1, 2, 3, 1].map((client) => evictions.note(client, 1e6));
    expect(noted).toEqual([false, false, false, false, false, false, true]);
  });
});
