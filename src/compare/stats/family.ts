/** One test of a comparison: its p, and the smallest p that it could have had. */
export interface FamilyTest {
  readonly p: number;
  readonly smallestP: number;
}

/** The tests of one comparison, judged together. */
export interface Family {
  /** How many of the tests could have found anything at all; the others cost nothing. */
  readonly size: number;
  /** Per test, in the order given: p as if it were the only one (Holm). */
  readonly adjusted: readonly number[];
}

/**
 * Holm's step-down correction: the chance of even one false alarm among all tests of a
 * comparison stays below alpha, whatever depends on what (Holm 1979, Scand. J. Statist. 6).
 *
 * A test whose smallest attainable p is above alpha can never alarm, so it is left out of
 * the count (Tarone 1990, Biometrics 46): counters that are zero in every repeat would
 * otherwise dull the tests of latencies. That smallest p depends on the pooled values only,
 * not on which side they belong to, so leaving the test out does not favour either side.
 */
export function holm(tests: readonly FamilyTest[], alpha: number): Family {
  const able = tests.map((_, index) => index).filter((index) => (tests[index] as FamilyTest).smallestP <= alpha);
  able.sort((a, b) => (tests[a] as FamilyTest).p - (tests[b] as FamilyTest).p);
  const adjusted = new Array<number>(tests.length).fill(1);
  let highest = 0;
  able.forEach((index, place) => {
    highest = Math.max(highest, Math.min(1, (tests[index] as FamilyTest).p * (able.length - place)));
    adjusted[index] = highest;
  });
  return { size: able.length, adjusted };
}
