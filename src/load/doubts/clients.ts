import { formatCount } from '../../base/units.js';
import type { Doubt } from '../../result/types.js';
import type { DoubtInput } from './input.js';

export function clientsMissing({ plan, metrics }: DoubtInput): Doubt[] {
  const connected = metrics.values['clients.connected'] ?? 0;
  if (connected >= plan.clients) return [];
  const message = `${formatCount(connected)} of ${formatCount(plan.clients)} clients connected`;
  return [
    {
      code: 'clients-missing',
      message,
      advice: 'see the errors by kind; lower the connect rate or the number of clients',
    },
  ];
}
