import { sumOf } from '../../base/numbers/sum.js';
import { formatCount, formatCounted, formatDuration } from '../../base/units.js';
import type { Doubt, ErrorCount } from '../../result/types.js';
import type { LoadReport } from '../contract.js';
import type { DoubtInput } from './input.js';

/** What a broker, a machine or a path that has too much to do may answer with, or leave unanswered. */
const ofLoad = /^MQB_(DIAL_TIMEOUT|IDLE_TIMEOUT|NO_CONNACK|NO_SUBACK|ABORTED|DESCRIPTORS|CONNACK_(3|136|137|151|159))$/;
/** The same, where others are let in at the same time; where nobody is, it is for another reason. */
const ofLoadBesideOthers = /^MQB_(CLOSED_EARLY|LOST|RESET)$/;

/**
 * Nobody was let in, and each was told so, as by a certificate, a version or a port that does not fit: nothing was
 * measured, and only the error matters.
 */
export function allRefused({ metrics, errors }: Pick<LoadReport, 'metrics' | 'errors'>): boolean {
  const nobody = (metrics.values['clients.connected'] ?? 0) === 0;
  return nobody && errors.length > 0 && errors.every(({ code }) => !ofLoad.test(code));
}

export function clientsMissing({ plan, metrics, errors }: DoubtInput): Doubt[] {
  const connected = metrics.values['clients.connected'] ?? 0;
  if (connected >= plan.clients) return [];
  const message = `${formatCount(connected)} of ${formatCounted(plan.clients, 'client')} connected`;
  const isOfLoad = ({ code }: ErrorCount): boolean =>
    ofLoad.test(code) || (connected > 0 && ofLoadBesideOthers.test(code));
  const mayBeLoad = errors.length === 0 || errors.some(isOfLoad);
  const advice = `see the errors by kind${mayBeLoad ? '; lower the connect rate or the number of clients' : ': they say what keeps clients out'}`;
  return [{ code: 'clients-missing', message, advice }];
}

/** Who was connected, lost the connection and did not try again, or not again after the last try. */
export function clientsGone({ plan, reports, connectStart }: DoubtInput): Doubt[] {
  const gone = sumOf(reports, (report) => report.gone.clients);
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
      message: `${formatCount(gone)} of ${formatCounted(plan.clients, 'client')} ${gone === 1 ? 'was' : 'were'} lost for good, the first ${formatDuration(first - connectStart)} after connecting began`,
      advice: `see the errors by kind; what was due to them counts as outstanding; ${back}`,
    },
  ];
}
