/** Where an agent's clock is, seen from the coordinator's, and where it goes. Microseconds; it is sent to agents as it is. */
export interface ClockLine {
  /** When this was true, on the coordinator's clock. */
  readonly at: number;
  /** Agent's clock less the coordinator's. */
  readonly offset: number;
  /** By how much the offset grows per microsecond: 50e-6 is 50 ppm. */
  readonly drift: number;
  /** The offset may be wrong by this … */
  readonly bound: number;
  /** … and by this more for each microsecond before or after `at`. */
  readonly slack: number;
}

/** The coordinator's own clock, and that of an agent on its machine. */
export const sameClock: ClockLine = { at: 0, offset: 0, drift: 0, bound: 0, slack: 0 };

/** @param at on the coordinator's clock */
export const offsetAt = (line: ClockLine, at: number): number => line.offset + line.drift * (at - line.at);

/** By how much {@link offsetAt} may be wrong. */
export const boundAt = (line: ClockLine, at: number): number => line.bound + line.slack * Math.abs(at - line.at);

/** What the agent's clock shows when the coordinator's shows this. */
export const toAgent = (line: ClockLine, at: number): number => at + offsetAt(line, at);

/** What the coordinator's clock shows when the agent's shows this. */
export const toCoordinator = (line: ClockLine, agentMicros: number): number =>
  line.at + (agentMicros - line.at - line.offset) / (1 + line.drift);

/**
 * How long something took that began on one agent and ended on another.
 * @param began what the clock of the first showed
 * @param ended what the clock of the second showed
 * @returns microseconds, and by how much they may be wrong: it may be below 0 by no more than that
 */
export function tookBetween(
  from: ClockLine,
  began: number,
  to: ClockLine,
  ended: number,
): { readonly micros: number; readonly bound: number } {
  const [first, last] = [toCoordinator(from, began), toCoordinator(to, ended)];
  return { micros: last - first, bound: boundAt(from, first) + boundAt(to, last) };
}
