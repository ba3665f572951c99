import { MqbenchError } from '../../base/errors.js';
import { formatDuration, formatShare } from '../../base/units.js';
import type { Calibration, Impairment, LinkProfile } from '../../lab/contract.js';
import type { Doubt } from '../../result/types.js';
import { lossOf, queues } from './link.js';
import { roundTripBand } from './round-trip.js';
import { binomialTails, chainTails, lossChain, type Tails } from './tails.js';

/** How often each of the two is doubted of a link that is the one asked for: once in 2,000 cells. */
const falseAlarms = 0.0005;

/**
 * Whether the measured link is the one asked for, from outside of it: the median round trip, to which kernel and
 * processes may add 0.5 ms and 2 %, and the number of echoes lost, by the exact probability of as many or as few.
 */
export function calibrationDoubts(profile: LinkProfile, measured: Calibration): Doubt[] {
  const doubts: Doubt[] = [];
  const { packets, lost, rttP50Micros } = measured;
  const band = roundTripBand(profile, packets - lost);
  if (lost < packets && (rttP50Micros < band.fromMicros || rttP50Micros > band.toMicros)) {
    doubts.push({
      code: 'calibration-off',
      message: `round trip ${formatDuration(rttP50Micros)} (P50) measured where ${formatDuration(band.medianMicros)} was asked for`,
      advice: 'the machine may be busy; compare the arms with each other, not with theory',
    });
  }
  const { low, high } = lossTails(profile, measured);
  const isQueued = [profile.up, profile.down].some((one) => queues(one) || one.slot !== undefined);
  if (Math.min(low, isQueued ? 1 : high) < falseAlarms / 2) {
    doubts.push({
      code: 'calibration-off',
      message: `${formatShare(lost / packets)} of ${packets} echo packets lost where ${formatShare(lossThere(profile))} was asked for`,
      advice: 'the link is not the one asked for: compare the arms with each other, and not with other runs',
    });
  }
  return doubts;
}

/** Of a packet there and back. */
const lossThere = ({ up, down }: LinkProfile): number => 1 - (1 - lossOf(up)) * (1 - lossOf(down));

/** Exact where losses are independent; where they come in bursts, what is certain of both ways together. */
function lossTails(profile: LinkProfile, { packets, lost }: Calibration): Tails {
  const { up, down } = profile;
  if (!lossChain(up) && !lossChain(down)) return binomialTails(packets, lost, lossThere(profile));
  // As few as this were lost on either way, and the way back was tried by those that got there.
  const low = Math.min(tailsOf(up, packets, lost).low, tailsOf(down, packets - lost, lost).low);
  // As many as this were lost on both: then so many on one or the rest on the other, however they are divided.
  let high = 1;
  for (let tenths = 1; tenths < 10; tenths++) {
    const part = Math.round((lost * tenths) / 10);
    high = Math.min(high, tailsOf(up, packets, part).high + tailsOf(down, packets, lost - part + 1).high);
  }
  return { low, high };
}

function tailsOf(direction: Impairment, tried: number, hit: number): Tails {
  const chain = lossChain(direction);
  return chain ? chainTails(tried, hit, chain) : binomialTails(tried, hit, lossOf(direction));
}

/**
 * Beyond a doubt: a link so far from the one asked for that the cell would measure something else. The median round
 * trip is off by more than it was to be (at least 50 ms, and as much more as jitter may add; a rate limit, or groups, let
 * echoes wait legitimately), or no echo came back though some had to.
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
  const isLimited = [profile.up, profile.down].some(queues);
  const bound = Math.max(rttMicros, 50_000) + 2 * jitter;
  if (!isLimited && Math.abs(measured.rttP50Micros - rttMicros) > bound) {
    refuse(
      `round trip ${formatDuration(measured.rttP50Micros)} (P50) where ${formatDuration(rttMicros)} was asked for`,
    );
  }
}
