import type { LinkCounters } from '../../lab/contract.js';
import type { Doubt } from '../../result/types.js';

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
