import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Arrivals } from '../../../src/metrics/arrivals.js';

/** The same counts with all memory in the world. */
function naive(sequences: readonly number[]): { received: number; disordered: number; duplicate: number } {
  const seen = new Set<number>();
  const counts = { received: 0, disordered: 0, duplicate: 0 };
  let highest = -1;
  for (const sequence of sequences) {
    if (seen.has(sequence)) {
      counts.duplicate++;
      continue;
    }
    seen.add(sequence);
    counts.received++;
    if (sequence < highest) counts.disordered++;
    highest = Math.max(highest, sequence);
  }
  return counts;
}

function counted(arrivals: Arrivals): ReturnType<typeof naive> {
  const { received, disordered, duplicate } = arrivals;
  return { received, disordered, duplicate };
}

describe('Arrivals', () => {
  it('agrees with a set as long as nothing is more than 256 numbers late', () => {
    const steps = fc.array(fc.tuple(fc.integer({ min: 0, max: 5 }), fc.integer({ min: 0, max: 200 })), {
      maxLength: 2_000,
    });
    fc.assert(
      fc.property(steps, (moves) => {
        let front = 0;
        const sequences = moves.map(([ahead, behind]) => {
          front += ahead;
          return behind > 150 ? front : Math.max(0, front - behind);
        });
        const arrivals = new Arrivals();
        const track = arrivals.open();
        for (const sequence of sequences) arrivals.arrive(track, sequence);
        expect(counted(arrivals)).toEqual(naive(sequences));
      }),
    );
  });

  it('agrees with a set across jumps of any size', () => {
    const sequences = [0, 1, 5, 300, 4, 299, 10_000, 9_999, 9_999, 10_000, 9_800, 4_294_967_295, 4_294_967_294];
    const arrivals = new Arrivals();
    const track = arrivals.open();
    for (const sequence of sequences) arrivals.arrive(track, sequence);
    expect(counted(arrivals)).toEqual(naive(sequences));
  });

  it('takes what is older than its window for late as long as something is missing, then for a duplicate', () => {
    const arrivals = new Arrivals();
    const track = arrivals.open();
    for (let sequence = 0; sequence < 2_000; sequence++) if (sequence !== 7) arrivals.arrive(track, sequence);
    arrivals.arrive(track, 7);
    expect(counted(arrivals)).toEqual({ received: 2_000, disordered: 1, duplicate: 0 });
    arrivals.arrive(track, 7);
    expect(counted(arrivals)).toEqual({ received: 2_000, disordered: 1, duplicate: 1 });
  });

  it('keeps tracks apart, however many there are', () => {
    const arrivals = new Arrivals();
    const tracks = Array.from({ length: 1_000 }, () => arrivals.open());
    for (const track of tracks) for (let sequence = 0; sequence < 3; sequence++) arrivals.arrive(track, sequence);
    expect(counted(arrivals)).toEqual({ received: 3_000, disordered: 0, duplicate: 0 });
    arrivals.arrive(tracks[500] as number, 1);
    expect(arrivals.duplicate).toBe(1);
  });
});
