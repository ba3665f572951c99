import { hrtime } from 'node:process';

// performance.now() and hrtime read the same clock (uv_hrtime, CLOCK_MONOTONIC), but performance.now()
// counts from this process's start and costs no BigInt. One offset makes it comparable between processes.
const offsetMicros = Number(hrtime.bigint() / 1000n) - performance.now() * 1000;

/**
 * CLOCK_MONOTONIC in microseconds (with a fraction). All processes of one
 * machine share it, also across namespaces, so one-way times need no clock games.
 */
export function nowMicros(): number {
  return performance.now() * 1000 + offsetMicros;
}

/** A source of monotonic time in microseconds; tests pass a virtual one. */
export type Clock = () => number;
