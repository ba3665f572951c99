import type { NumberName, Result } from '../../result/types.js';
import { measuredEvents } from '../rows/events.js';

/** More networks than this are shown as one table per number instead of one per network. */
export const mostBlocks = 6;

/** What is shown of many networks, where it was measured; of several events the first. */
export function ofMany({ cells }: Result): NumberName[] {
  const [window] = measuredEvents(cells);
  return [
    { metric: 'connect.connack', statistic: 'p50' },
    { metric: 'connect.connack', statistic: 'p95' },
    { metric: 'publish.ack', statistic: 'p50' },
    { metric: 'publish.ack', statistic: 'p99' },
    { metric: 'reconnect.retry', statistic: 'p50', window },
    { metric: 'wire.message.up', statistic: 'value' },
    { metric: 'wire.message.down', statistic: 'value' },
    { metric: 'broker.message.cpu', statistic: 'value' },
    { metric: 'machine.message.cpu', statistic: 'value' },
    { metric: 'messages.missing', statistic: 'value' },
  ];
}
