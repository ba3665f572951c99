import { formatCount } from '../../base/units.js';
import type { BrokerStats } from '../../broker/contract.js';
import type { Doubt } from '../../result/types.js';

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
