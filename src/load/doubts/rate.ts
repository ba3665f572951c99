import { formatCount } from '../../base/units.js';
import type { Doubt } from '../../result/types.js';
import type { DoneLate } from '../done-late.js';
import type { DoubtInput } from './input.js';

const rateTolerance = 0.02;

export function rateMissed({ plan, metrics }: DoubtInput): Doubt[] {
  const offered = metrics.values['rate.offered'];
  const achieved = metrics.values['rate.achieved'];
  if (plan.publish?.rate === undefined || offered === undefined || achieved === undefined) return [];
  if (Math.abs(achieved - offered) <= offered * rateTolerance) return [];
  return [
    {
      code: 'rate-missed',
      metric: 'rate.achieved',
      message: `${formatCount(offered)}/s were offered, ${formatCount(achieved)}/s achieved`,
      advice: 'above what the path or the broker can carry, latencies are those of a growing queue: lower the rate',
    },
  ];
}

/** Words for what was left when publishing ended. */
export function leftOver({ metrics }: DoubtInput, { key, done, counts }: DoneLate): Doubt[] {
  const word = key === 'sent' ? 'written' : 'acknowledged';
  const late = `${formatCount(counts[key])} of ${formatCount(done)} publishes were ${word} only after publishing had ended`;
  return [
    {
      code: 'rate-missed',
      metric: 'rate.achieved',
      message: `${late}; until then it was ${formatCount(metrics.values['rate.achieved'] ?? 0)}/s`,
      advice: 'what goes through is the lower rate, and latencies are those of a growing queue: lower the rate',
    },
  ];
}
