import { formatCount, formatDuration } from '../../base/units.js';
import type { Doubt } from '../../result/types.js';
import type { LinkPhase } from '../usage/phases.js';
import { placeOf } from './impairments.js';

/** A P99 of fewer packets is their largest. */
const fewestPackets = 100;

/** Lateness of the emulated link that is not told from the path: 1 ms, or a twentieth of the round trip. */
const tolerated = (rttMicros: number): number => Math.max(1000, 0.05 * rttMicros);

/** The emulated link in every part of the cell: whether it was in time, and whether it could read all that was sent. */
export function emulatorDoubts(phases: readonly LinkPhase[]): Doubt[] {
  return phases.flatMap(({ name, emulator, stretches }): Doubt[] => {
    if (!emulator) return [];
    const { lateness, unread, realTime } = emulator;
    const priority = realTime ? '' : 'it runs without real-time priority, which only root gets; ';
    const doubts: Doubt[] = [];
    const rtt = Math.min(
      ...stretches.map(({ profile }) => (profile.up.delayMicros ?? 0) + (profile.down.delayMicros ?? 0)),
    );
    if (lateness.count >= fewestPackets && lateness.p99 > tolerated(rtt)) {
      doubts.push({
        code: 'emulator-late',
        ...placeOf(name),
        message:
          `in "${name}" the emulated link delivered packets up to ${formatDuration(lateness.p99)} late at P99 ` +
          `(at most ${formatDuration(lateness.max)}) on a round trip of ${formatDuration(rtt)}`,
        advice: `${priority}keep other programs off this machine, or lower the rate`,
      });
    }
    if (unread > 0) {
      doubts.push({
        code: 'queue-overflow',
        ...placeOf(name),
        message: `in "${name}" the kernel dropped ${formatCount(unread)} packets that the emulated link had not read in time`,
        advice: `${priority}lower the rate: it carries about 200,000 packets/s on a core of its own`,
      });
    }
    return doubts;
  });
}
