/**
 * A question of the coordinator and an agent's answer, each with the clock of whoever wrote the time down; microseconds of
 * CLOCK_MONOTONIC. A reading must come before what it stands for when it is sent, and after it when it has come: then a
 * process that loses the processor makes the round trip longer and nothing wrong.
 */
export interface Exchange {
  /** Coordinator, before it asked. */
  readonly asked: number;
  /** Agent, when the question had come. */
  readonly received: number;
  /** Agent, before it answered. */
  readonly answered: number;
  /** Coordinator, when the answer had come. */
  readonly heard: number;
}

/** What one exchange says for certain: at this time of the coordinator the agent's clock was ahead by no less and no more. */
export interface Reading {
  /** The middle of it, on the coordinator's clock. */
  readonly at: number;
  /** Agent's clock less the coordinator's, microseconds: at least this … */
  readonly low: number;
  /** … and at most this. */
  readonly high: number;
}

/**
 * How fast two clocks may part, microseconds per microsecond. Crystals are within 100 ppm, and the kernel's NTP discipline corrects
 * a clock by at most 500 ppm (adjtimex(2)).
 */
export const mostDrift = 500e-6;

/** Each process knows the machine's clock to about this (src/base/clock.ts), and several of a machine speak of one; µs. */
const readingMicros = 2;

/**
 * No message arrives before it is sent. So the agent's clock was ahead by at most `received - asked` when the question
 * came, and by at least `answered - heard` when the answer left, however unequal the two ways are.
 */
export function readingOf({ asked, received, answered, heard }: Exchange): Reading {
  // Both hold at some time within the exchange, and meanwhile the clocks may have parted.
  const parted = (mostDrift * (heard - asked)) / 2 + readingMicros;
  return { at: (asked + heard) / 2, low: answered - heard - parted, high: received - asked + parted };
}
