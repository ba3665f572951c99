import { formatCount, formatCounted, formatSize } from '../../base/units.js';
import type { BrokerStats } from '../../broker/contract.js';
import { defaultLimits } from '../../broker/limits.js';
import type { Doubt } from '../../result/types.js';

/** What the broker of a cell, or its machine, dropped since its start: datagrams before it saw them, and messages for sessions whose clients were away. */
export function brokerDoubts({ counters }: Pick<BrokerStats, 'counters'>): Doubt[] {
  const unseen = Object.entries(counters)
    .filter(([name]) => name.endsWith('.receiveDrops'))
    .reduce((sum, [, count]) => sum + count, 0);
  const forAway = counters['mqtt.droppedForAway'] ?? 0;
  const { queuedMessages, queuedBytes } = defaultLimits;
  const doubts: Doubt[] = [];
  if (unseen > 0)
    doubts.push({
      code: 'receive-drops',
      message: `the kernel dropped ${formatCount(unseen)} datagrams because the broker's socket buffer was full`,
      advice: 'raise net.core.rmem_max, or lower the load',
    });
  if (forAway > 0)
    doubts.push({
      code: 'away-dropped',
      metric: 'messages.missing',
      message: `the broker dropped ${formatCounted(forAway, 'message')} for sessions whose clients were away: it keeps ${formatCount(queuedMessages)} for each, and ${formatSize(queuedBytes)} for all`,
      advice: 'lower the rate, or let the clients be away for less long',
    });
  return doubts;
}
