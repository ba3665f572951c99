import type { DirectionCounters, LinkCounters } from '../../../../src/lab/contract.js';

/** A direction that carried 1,000 packets and hit none. */
export const quiet: DirectionCounters = {
  packetsIn: 1000,
  bytesIn: 100_000,
  packetsOut: 1000,
  bytesOut: 100_000,
  packetsLost: 0,
  packetsOverflowed: 0,
  packetsSentAtOnce: 0,
  packetsReordered: 0,
  packetsDuplicated: 0,
  packetsCorrupted: 0,
};
export const counters = (up: Partial<DirectionCounters>, down: Partial<DirectionCounters> = {}): LinkCounters => ({
  up: { ...quiet, ...up },
  down: { ...quiet, ...down },
});
