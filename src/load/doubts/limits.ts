/** An operation that the generator began later than this is visible in latencies of a few milliseconds. */
export const lateLimitMicros = 5_000;
/** So many may be late: percentiles up to the P99 do not show them. */
export const lateShareLimit = 0.01;
