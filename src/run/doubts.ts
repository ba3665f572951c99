import { MqbenchError } from '../base/errors.js';
import { formatCount, formatDuration, formatShare } from '../base/units.js';
import type { BrokerStats } from '../broker/contract.js';
import type { Calibration, Direction, Impairment, LinkCounters, LinkProfile } from '../lab/contract.js';
import type { Doubt, EventRecord } from '../result/types.js';

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

/** Mean loss of one direction, random or burst (stationary share of the Gilbert-Elliott chain, p / (p + r) bad). */
export function lossOf(impairment: Impairment): number {
  const chain = impairment.gilbertElliott;
  if (!chain) return impairment.loss ?? 0;
  const bad = chain.p + chain.r === 0 ? 0 : chain.p / (chain.p + chain.r);
  return bad * chain.oneMinusH + (1 - bad) * chain.oneMinusK;
}

/** Impairments that were asked for and left no trace in the link's counters, and queues that overflowed. */
export function linkDoubts(profile: LinkProfile, counters: LinkCounters): Doubt[] {
  const doubts: Doubt[] = [];
  for (const direction of ['up', 'down'] as const satisfies readonly Direction[]) {
    const asked = profile[direction];
    const seen = counters[direction];
    const unseen = (what: string, share: number | undefined, count: number) => {
      // Less than 5 expected events may honestly be none.
      if (!share || share * seen.packetsIn < 5 || count > 0) return;
      doubts.push({
        code: 'impairment-unseen',
        message: `${formatShare(share)} ${what} was asked for ${direction}stream, but none of ${seen.packetsIn} packets was hit`,
        advice: 'the numbers of this cell are those of an undamaged link',
      });
    };
    unseen('loss', lossOf(asked), seen.packetsLost);
    unseen('reordering', asked.reorder, seen.packetsReordered);
    unseen('duplication', asked.duplicate, seen.packetsDuplicated);
    unseen('corruption', asked.corrupt, seen.packetsCorrupted);
    if (seen.packetsOverflowed > 0 && asked.rateBits === undefined) {
      doubts.push({
        code: 'queue-overflow',
        message: `the ${direction}stream queue overflowed: ${seen.packetsOverflowed} packets dropped beside the loss asked for`,
        advice: 'raise the queue limit of the network profile, or lower the load',
      });
    }
  }
  if (counters.up.packetsIn === 0 || counters.down.packetsIn === 0) {
    doubts.push({ code: 'impairment-unseen', message: 'no packet went through the damaged link' });
  }
  return doubts;
}

/** Below this share of lost packets few connections ever have the small window that it takes. */
const losingShare = 0.001;

/**
 * quiche 0.18 under cubic and reno takes the round trip for longer and longer once losses have made the congestion
 * window small, and its probes wait for that long (docs/quic.md, "The round trip that grows"): late last messages of an arm
 * over QUIC may be this library's and not the protocol's.
 */
export function overratedRttDoubts(
  { transport, congestionControl }: { readonly transport: string; readonly congestionControl: string },
  { up, down }: LinkCounters,
): Doubt[] {
  if (transport !== 'quic' || congestionControl === 'bbr') return [];
  const lost = up.packetsLost + up.packetsOverflowed + down.packetsLost + down.packetsOverflowed;
  if (lost <= losingShare * (up.packetsIn + down.packetsIn)) return [];
  return [
    {
      code: 'quic-overrated-rtt',
      message:
        'packets were lost, and quiche 0.18 overrates the round trip after losses with cubic and reno: ' +
        'what is late at P99 and above may be this library and not QUIC',
      advice: 'compare with an arm that has congestionControl bbr; docs/quic.md explains it',
    },
  ];
}

/** A rebind that left the NAT table or the addresses as they were did not happen. */
export function eventDoubts(events: readonly EventRecord[]): Doubt[] {
  const doubts: Doubt[] = [];
  for (const event of events) {
    if (event.proof.kind !== 'rebind') continue;
    const before = JSON.stringify(event.proof.outerBefore);
    if (before === JSON.stringify(event.proof.outerAfter) || event.proof.conntrackBefore === 0) {
      doubts.push({
        code: 'event-unseen',
        message: `${event.name}: the NAT's outer addresses or its table did not change`,
        advice: 'what is reported after the event is not the effect of a rebind',
      });
    }
  }
  return doubts;
}

/** Datagrams that reached the broker's machine and that it never saw, since its start. */
export function receiveDropDoubts({ counters }: Pick<BrokerStats, 'counters'>): Doubt[] {
  const drops = Object.entries(counters).reduce(
    (sum, [name, count]) => (name.endsWith('.receiveDrops') ? sum + count : sum),
    0,
  );
  if (drops === 0) return [];
  return [
    {
      code: 'receive-drops',
      message: `the kernel dropped ${formatCount(drops)} datagrams because the broker's socket buffer was full`,
      advice: 'raise net.core.rmem_max, or lower the load',
    },
  ];
}
