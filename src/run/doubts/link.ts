import { formatCount } from '../../base/units.js';
import type { Direction, Impairment, LinkCounters } from '../../lab/contract.js';
import type { Doubt } from '../../result/types.js';
import type { LinkPhase } from '../usage/phases.js';

/** Mean loss of one direction, random or burst (stationary share of the Gilbert-Elliott chain, p / (p + r) bad). */
export function lossOf(impairment: Impairment): number {
  const chain = impairment.gilbertElliott;
  if (!chain) return impairment.loss ?? 0;
  const bad = chain.p + chain.r === 0 ? 0 : chain.p / (chain.p + chain.r);
  return bad * chain.oneMinusH + (1 - bad) * chain.oneMinusK;
}

/** A link that nothing went through, and queues that overflowed where nothing was to queue. */
export function linkDoubts(phases: readonly LinkPhase[], counters: LinkCounters): Doubt[] {
  const doubts: Doubt[] = [];
  for (const direction of ['up', 'down'] as const) {
    const dropped = counters[direction].packetsOverflowed ?? unaskedDrops(phases, direction);
    if (dropped > 0 && !phases.some(({ stretches }) => stretches.some(({ profile }) => queues(profile[direction])))) {
      doubts.push({
        code: 'queue-overflow',
        message: `the ${direction}stream queue overflowed: ${formatCount(dropped)} packets dropped beside the loss asked for`,
        advice: 'raise the queue limit of the network profile, or lower the load',
      });
    }
  }
  if (counters.up.packetsIn === 0 || counters.down.packetsIn === 0) {
    doubts.push({ code: 'impairment-unseen', message: 'no packet went through the damaged link' });
  }
  return doubts;
}

/** Whether packets may have to wait for one another. */
export const queues = ({ rateBits, trace }: Impairment): boolean => rateBits !== undefined || trace !== undefined;

/** Where the backend tells lost and overflowed by one number: those dropped while no loss was asked for. */
function unaskedDrops(phases: readonly LinkPhase[], direction: Direction): number {
  return phases
    .flatMap(({ stretches }) => stretches)
    .filter(({ profile }) => lossOf(profile[direction]) === 0)
    .reduce((sum, stretch) => sum + (stretch[direction].loss?.hit ?? 0), 0);
}
