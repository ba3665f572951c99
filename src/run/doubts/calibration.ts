import { MqbenchError } from '../../base/errors.js';
import { formatDuration, formatShare } from '../../base/units.js';
import type { Calibration, LinkProfile } from '../../lab/contract.js';
import type { Doubt } from '../../result/types.js';
import { lossOf } from './link.js';

/**
 * Whether the measured link is the one asked for: the median round trip within
 * 10 % or 1 ms (whichever is more: kernel scheduling costs tenths of a
 * millisecond at any delay), and the loss within three standard deviations.
 */
export function calibrationDoubts(profile: LinkProfile, rttMicros: number, measured: Calibration): Doubt[] {
  const doubts: Doubt[] = [];
  const off = Math.abs(measured.rttP50Micros - rttMicros);
  if (off > Math.max(rttMicros * 0.1, 1000)) {
    doubts.push({
      code: 'calibration-off',
      message: `round trip ${formatDuration(measured.rttP50Micros)} (P50) measured where ${formatDuration(rttMicros)} was asked for`,
      advice: 'the machine may be busy; compare the arms with each other, not with theory',
    });
  }
  const asked = 1 - (1 - lossOf(profile.up)) * (1 - lossOf(profile.down));
  const share = measured.lost / measured.packets;
  const deviation = Math.sqrt(Math.max(asked * (1 - asked), 1 / measured.packets) / measured.packets);
  if (Math.abs(share - asked) > 3 * deviation + 0.005) {
    doubts.push({
      code: 'calibration-off',
      message: `${formatShare(share)} of ${measured.packets} echo packets lost where ${formatShare(asked)} was asked for`,
    });
  }
  return doubts;
}

/**
 * Beyond a doubt: a link so far from the one asked for that the cell would measure something else. The median round
 * trip is off by more than it was to be (at least 50 ms, and as much more as jitter may add; a rate limit queues
 * echoes legitimately), or no echo came back though some had to.
 * @throws MQB_CALIBRATION with what was measured
 */
export function refuseOffLink(profile: LinkProfile, rttMicros: number, measured: Calibration): void {
  const refuse = (what: string): never => {
    throw new MqbenchError('MQB_CALIBRATION', `the network is not the one asked for: ${what}`, {
      hint: 'keep other programs off this machine, or try the other lab backend',
    });
  };
  if (measured.lost === measured.packets && lossOf(profile.up) < 0.9 && lossOf(profile.down) < 0.9) {
    refuse(`none of ${measured.packets} echo packets came back`);
  }
  const jitter = (profile.up.jitterMicros ?? 0) + (profile.down.jitterMicros ?? 0);
  const limited = [profile.up, profile.down].some(
    ({ rateBits, trace }) => rateBits !== undefined || trace !== undefined,
  );
  const bound = Math.max(rttMicros, 50_000) + 2 * jitter;
  if (!limited && Math.abs(measured.rttP50Micros - rttMicros) > bound) {
    refuse(
      `round trip ${formatDuration(measured.rttP50Micros)} (P50) where ${formatDuration(rttMicros)} was asked for`,
    );
  }
}
