import type { LabBackend, LinkCounters } from '../../lab/contract.js';
import type { Doubt } from '../../result/types.js';
import type { ResolvedArm } from '../../scenario/types.js';
import type { LinkPhase } from '../usage/phases.js';
import { emulatorDoubts } from './emulator.js';
import { impairmentDoubts } from './impairments.js';
import { linkDoubts } from './link.js';

/** Everything to be said of the access link of a cell: whether it was the one asked for, and in time. */
export function networkDoubts(
  backend: LabBackend,
  arm: ResolvedArm,
  phases: readonly LinkPhase[],
  counters: LinkCounters,
): Doubt[] {
  return [
    ...linkDoubts(phases, counters),
    ...impairmentDoubts(phases, backend),
    ...emulatorDoubts(phases),
    ...overratedRttDoubts(arm, counters),
  ];
}

/** Below this share of lost packets few connections ever have the small window that it takes. */
const losingShare = 0.001;

/**
 * quiche 0.18 under cubic and reno takes the round trip for longer and longer once losses have made the congestion
 * window small, and its probes wait for that long (docs/quic.md, "The round trip that grows"): late last messages of an arm
 * over QUIC may be this library's and not the protocol's.
 */
export function overratedRttDoubts(
  { transport, congestionControl }: Pick<ResolvedArm, 'transport' | 'congestionControl'>,
  { up, down }: LinkCounters,
): Doubt[] {
  if (transport !== 'quic' || congestionControl === 'bbr') return [];
  const lost = [up, down].reduce((sum, one) => sum + one.packetsLost + (one.packetsOverflowed ?? 0), 0);
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
