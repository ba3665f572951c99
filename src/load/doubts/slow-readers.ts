import { formatRate } from '../../base/units.js';
import type { DistributionName } from '../../metrics/registry.js';
import type { Doubt } from '../../result/types.js';
import type { DoubtInput } from './input.js';

/** Subscribers that are slow on purpose: what they received late did not come late over the network. */
export function slowReaders({ plan, metrics }: DoubtInput): Doubt[] {
  const reads = plan.subscribe?.reads;
  if (reads === undefined) return [];
  const isBoth = plan.publish !== undefined && plan.publishers === undefined; // their acknowledgements wait, too
  const spoiled: DistributionName[] = [
    'delivery.e2e',
    'delivery.gap',
    ...(isBoth ? (['publish.ack', 'publish.ack.raw'] as const) : []),
  ];
  return spoiled
    .filter((metric) => metrics.distributions[metric])
    .map((metric) => ({
      code: 'slow-readers',
      metric,
      message:
        reads.perSecond === 0
          ? 'the subscribers stop reading, as the load asks for'
          : `each subscriber reads ${formatRate(reads.perSecond)}, as the load asks for: what came sooner waited for it`,
      advice: 'look at what the broker does meanwhile: publish.ack, its memory, and what it drops',
    }));
}
