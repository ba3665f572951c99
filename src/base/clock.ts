import { hrtime } from 'node:process';

// performance.now() and hrtime read the same clock (uv_hrtime, CLOCK_MONOTONIC), but performance.now()
// counts from this process's start and costs no BigInt. One offset makes it comparable between processes.
const offsetMicros = measureOffset();

/**
 * The offset, from the closest of several pairs of readings. One pair is not
 * enough: the process may lose the processor between the two (18 ms were seen
 * on a busy machine), and every one-way time would be wrong by that.
 */
function measureOffset(): number {
  let closest = Number.POSITIVE_INFINITY;
  let offset = 0;
  for (let i = 0; i < 64; i++) {
    const before = Number(hrtime.bigint()) / 1000;
    const now = performance.now() * 1000;
    const after = Number(hrtime.bigint()) / 1000;
    if (after - before >= closest) continue;
    closest = after - before;
    offset = (before + after) / 2 - now;
  }
  return offset;
}

/**
 * CLOCK_MONOTONIC in microseconds (with a fraction). All processes of one
 * machine share it, also across namespaces, so one-way times need no clock games.
 * In a process that follows another machine's clock, that one as well as it is known.
 */
export function nowMicros(): number {
  const own = performance.now() * 1000 + offsetMicros;
  return line === undefined ? own : followed(own);
}

/** This machine's own clock, whichever this process follows. */
export const ownMicros = (): number => performance.now() * 1000 + offsetMicros;

/** Another machine's clock, by this machine's own: a straight line that holds from a time on. */
export interface ClockLine {
  /** By this machine's own clock. */
  readonly fromMicros: number;
  /** What the other clock is ahead of it at that time, and how much more with every microsecond from then on. */
  readonly offsetMicros: number;
  readonly slope: number;
}

let line: ClockLine | undefined;
const coming: ClockLine[] = [];

/**
 * From the line's time on {@link nowMicros} reads the other clock by it. Whoever gives the lines sees to it that one begins where
 * the one before has come to: then time never jumps, and never goes back.
 */
export function followClock(next: ClockLine): void {
  if (line === undefined) line = next;
  else coming.push(next);
}

/** Clocks that are followed are known better than this; what is further apart is not of this run, or wrong. */
const slackMicros = 10_000;

/** How much earlier than it was sent something may seem to come, from a process that follows the same clock; 0 where none is followed. */
export const clockSlackMicros = (): number => (line === undefined ? 0 : slackMicros);

function followed(own: number): number {
  let [next] = coming;
  while (next !== undefined && own >= next.fromMicros) {
    line = coming.shift();
    next = coming[0];
  }
  const { fromMicros, offsetMicros: ahead, slope } = line as ClockLine;
  return own + ahead + (own - fromMicros) * slope;
}

/** A source of monotonic time in microseconds; tests pass a virtual one. */
export type Clock = () => number;
