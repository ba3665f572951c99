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
 */
export function nowMicros(): number {
  return performance.now() * 1000 + offsetMicros;
}

/** A source of monotonic time in microseconds; tests pass a virtual one. */
export type Clock = () => number;
