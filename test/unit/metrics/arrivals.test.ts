import { describe, expect, it } from 'vitest';
import { type ArrivalKind, Arrivals, arrivalKinds } from '../../../src/metrics/arrivals.js';
import { fc } from '../../helpers/properties.js';

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

/** Counts what it says. */
class Counted extends Arrivals {
  readonly counts = { received: 0, disordered: 0, duplicate: 0 };

  override arrive(track: number, sequence: number): ArrivalKind {
    const kind = super.arrive(track, sequence);
    this.counts[kind === arrivalKinds.duplicate ? 'duplicate' : 'received']++;
    if (kind === arrivalKinds.disordered) this.counts.disordered++;
    return kind;
  }
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
        const arrivals = new Counted();
        const track = arrivals.open();
        for (const sequence of sequences) arrivals.arrive(track, sequence);
        expect(arrivals.counts).toEqual(naive(sequences));
      }),
    );
  });

  it('agrees with a set across jumps of any size', () => {
    const sequences = [0, 1, 5, 300, 4, 299, 10_000, 9_999, 9_999, 10_000, 9_800, 4_294_967_295, 4_294_967_294];
    const arrivals = new Counted();
    const track = arrivals.open();
    for (const sequence of sequences) arrivals.arrive(track, sequence);
    expect(arrivals.counts).toEqual(naive(sequences));
  });

  it('takes what is older than its window for late if it is missing, and else for a duplicate, whatever else is missing', () => {
    const arrivals = new Counted();
    const track = arrivals.open();
    for (let sequence = 0; sequence < 2_000; sequence++) {
      if (sequence !== 7 && sequence !== 900) arrivals.arrive(track, sequence);
    }
    arrivals.arrive(track, 8);
    expect(arrivals.counts).toEqual({ received: 1_998, disordered: 0, duplicate: 1 });
    arrivals.arrive(track, 7);
    arrivals.arrive(track, 7);
    expect(arrivals.counts).toEqual({ received: 1_999, disordered: 1, duplicate: 2 });
    expect([arrivals.receivedOf(track), arrivals.gapsOf(track)]).toEqual([1_999, 1]);
  });

  const missing = (arrivals: Arrivals, track: number, sent: number): number[] => {
    const numbers: number[] = [];
    arrivals.eachMissing(track, sent, (from, to) => {
      for (let number = from; number < to; number++) numbers.push(number);
    });
    return numbers.sort((a, b) => a - b);
  };

  it('missing and received are together what was sent, and no copy cancels a loss, whatever arrives in which order', () => {
    const sent = 4_000;
    const jumps = fc.array(fc.oneof(fc.integer({ min: 0, max: sent - 1 }), fc.integer({ min: 0, max: 300 })), {
      maxLength: 600,
    });
    fc.assert(
      fc.property(jumps, (sequences) => {
        const arrivals = new Counted();
        arrivals.open(); // so that it is not the first
        const track = arrivals.open();
        for (const sequence of sequences) arrivals.arrive(track, sequence);
        const gone = missing(arrivals, track, sent);
        expect(gone.length + arrivals.receivedOf(track)).toBe(sent);
        const seen = new Set(sequences);
        expect(gone.filter((number) => seen.has(number))).toEqual([]);
        expect(arrivals.receivedOf(track) + arrivals.counts.duplicate).toBe(sequences.length);
      }),
    );
  });

  it('never finds more than was sent, also where a track lost more stretches than it remembers', () => {
    const sent = 4_000;
    const arrivals = new Counted();
    const track = arrivals.open();
    for (let sequence = 1; sequence < sent; sequence += 2) arrivals.arrive(track, sequence);
    for (let sequence = 0; sequence < sent; sequence += 2) arrivals.arrive(track, sequence);
    for (let sequence = 0; sequence < sent; sequence += 2) arrivals.arrive(track, sequence);
    const gone = missing(arrivals, track, sent);
    expect(gone.length).toBeGreaterThan(0);
    expect(gone.length + arrivals.receivedOf(track)).toBe(sent);
  });

  it('knows the gaps between first and last of a publisher whose start it did not hear', () => {
    const arrivals = new Counted();
    const track = arrivals.open(1_000_000);
    for (const sequence of [1_000_000, 1_000_003, 999_998, 1_000_001]) arrivals.arrive(track, sequence);
    expect(arrivals.gapsOf(track)).toBe(2); // 999,999 and 1,000,002
    for (let sequence = 1_000_004; sequence < 1_002_000; sequence += 2) arrivals.arrive(track, sequence);
    expect(arrivals.gapsOf(track)).toBe(2 + 997);
  });

  it('keeps tracks apart, however many there are', () => {
    const arrivals = new Counted();
    const tracks = Array.from({ length: 1_000 }, () => arrivals.open());
    for (const track of tracks) for (let sequence = 0; sequence < 3; sequence++) arrivals.arrive(track, sequence);
    expect(arrivals.counts).toEqual({ received: 3_000, disordered: 0, duplicate: 0 });
    arrivals.arrive(tracks[500] as number, 1);
    expect(arrivals.counts.duplicate).toBe(1);
  });
});
