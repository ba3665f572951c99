import { formatShare } from '../../base/units.js';
import type { Direction, Impairment, LinkCounters, LinkProfile } from '../../lab/contract.js';
import type { Doubt } from '../../result/types.js';

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
