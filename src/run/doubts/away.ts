import { formatCount, formatSize } from '../../base/units.js';
import type { BrokerStats } from '../../broker/contract.js';
import { defaultLimits } from '../../broker/limits.js';
import type { Doubt } from '../../result/types.js';

/** Messages that the broker of a cell did not keep for sessions whose clients were away, since its start. */
export function awayDoubts({ counters }: Pick<BrokerStats, 'counters'>): Doubt[] {
  const dropped = counters['mqtt.droppedForAway'] ?? 0;
  if (dropped === 0) return [];
  const { queuedMessages, queuedBytes } = defaultLimits;
  const messages = dropped === 1 ? '1 message' : `${formatCount(dropped)} messages`;
  return [
    {
      code: 'away-dropped',
      metric: 'messages.missing',
      message: `the broker dropped ${messages} for sessions whose clients were away: it keeps ${formatCount(queuedMessages)} for each, and ${formatSize(queuedBytes)} for all`,
      advice: 'lower the rate, or let the clients be away for less long',
    },
  ];
}
