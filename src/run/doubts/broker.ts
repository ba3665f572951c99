import { formatCount, formatCounted, formatSize } from '../../base/units.js';
import type { BrokerStats } from '../../broker/contract.js';
import { defaultLimits } from '../../broker/limits.js';
import type { Doubt } from '../../result/types.js';
import type { SysCounts } from '../brokers/sys.js';

/** What the broker of a cell, or its machine, dropped since its start: datagrams before it saw them, and messages that clients which were away, or slow, could not be given. */
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
  const slow = counters['mqtt.droppedForReceiveMaximum'] ?? 0;
  const large = counters['mqtt.tooLargeForClient'] ?? 0;
  if (slow + large > 0)
    doubts.push({
      code: 'receiver-limits',
      metric: 'messages.missing',
      message: `the broker dropped ${formatCounted(slow, 'message')} for clients with as many unacknowledged ones as they take, and ${formatCount(large)} larger than their clients take`,
      advice: 'let clients name a higher receive maximum and larger packets, or lower the rate',
    });
  return doubts;
}

/** What a broker of others says that it dropped while the cell ran. */
export function sysDoubts(grown: SysCounts): Doubt[] {
  const dropped = grown['publish/messages/dropped'] ?? 0;
  if (dropped === 0) return [];
  return [
    {
      code: 'broker-dropped',
      metric: 'messages.missing',
      message: `the broker says that it dropped ${formatCounted(dropped, 'message')} meanwhile ($SYS/broker/publish/messages/dropped)`,
      advice: 'lower the rate, or raise the bounds of its queues',
    },
  ];
}
