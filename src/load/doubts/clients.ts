import { formatCount, formatDuration } from '../../base/units.js';
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

/** Who was connected, lost the connection and did not try again, or not again after the last try. */
export function clientsGone({ plan, reports, connectStart }: DoubtInput): Doubt[] {
  const gone = reports.reduce((sum, report) => sum + report.gone.clients, 0);
  if (gone === 0) return [];
  const tries = plan.reconnect?.tries ?? 0;
  const back =
    tries > 0
      ? `they gave up after ${tries} tries in a row`
      : 'they come back where --reconnect (load.reconnect) lets them';
  const first = Math.min(...reports.map((report) => report.gone.firstMicros ?? Number.POSITIVE_INFINITY));
  return [
    {
      code: 'clients-missing',
      message: `${formatCount(gone)} of ${formatCount(plan.clients)} clients were lost for good, the first ${formatDuration(first - connectStart)} after connecting began`,
      advice: `see the errors by kind; what was due to them counts as outstanding; ${back}`,
    },
  ];
}
