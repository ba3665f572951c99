/**
 * When things are due. A due time is computed from the start and the index,
 * never from the last send, so delays do not add up and any process can say
 * when message k is due without asking another.
 */
export interface Schedule {
  /** Microseconds after the start at which number `index` (0 …) is due. */
  dueAt(index: number): number;
  /** How many are due in [0, elapsed). */
  countBefore(elapsedMicros: number): number;
}

/** A fixed rate: number k at k / rate. @param perSecond above 0 */
export function constantRate(perSecond: number): Schedule {
  const dueAt = (index: number): number => (index * 1e6) / perSecond;
  return {
    dueAt,
    countBefore: (elapsed) => (elapsed <= 0 ? 0 : firstNotBefore(dueAt, elapsed, (elapsed * perSecond) / 1e6)),
  };
}

/** The smallest index whose due time is not before `elapsed`; `guess` is close to it. */
function firstNotBefore(dueAt: (index: number) => number, elapsed: number, guess: number): number {
  let index = Math.max(0, Math.floor(guess) - 1);
  while (dueAt(index) < elapsed) index++;
  while (index > 0 && dueAt(index - 1) >= elapsed) index--;
  return index;
}
