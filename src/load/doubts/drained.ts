import { formatCount, formatDuration } from '../../base/units.js';
import type { DistributionName } from '../../metrics/registry.js';
import type { Distribution, Doubt } from '../../result/types.js';
import type { LeftOperations } from '../merge/merged.js';
import type { DoubtInput } from './input.js';

/** The same operations seen another way: one sentence speaks for both, and stands at both. */
const spokenFor: Partial<Record<DistributionName, DistributionName>> = {
  'publish.ack.raw': 'publish.ack',
  'delivery.gap': 'delivery.e2e',
  'connect.transport': 'connect.connack',
  'connect.connack.raw': 'connect.connack',
  'connect.suback': 'connect.connack',
  'reconnect.noticed': 'reconnect.connack',
  'reconnect.transport': 'reconnect.connack',
  'reconnect.retry': 'reconnect.connack',
  'reconnect.suback': 'reconnect.connack',
};

/** Operations that were not finished when measuring stopped: they count with their age, and percentiles on them are bounds. */
export function notDrained({ left, reports }: DoubtInput): Doubt[] {
  const cutOff = reports.some((report) => (report.cutOff ?? 0) + (report.dueAway ?? 0) > 0);
  return left.map((one) => {
    const { metric, window } = one;
    const other = left.find((speaker) => speaker.metric === spokenFor[metric] && speaker.window === window);
    return {
      code: 'not-drained',
      metric,
      window,
      message: sentenceOf(other ?? one),
      advice: adviceOf(one, cutOff),
    };
  });
}

/** @param cutOff clients were away, and what was due to them may be all that is left */
function adviceOf({ metric, distribution: { count, outstanding } }: LeftOperations, cutOff: boolean): string {
  if (isConnect(metric)) return 'see the errors by kind; who gave up counts with the time until then';
  if (count === outstanding) return 'none was ever finished: see the errors by kind, and the log of the broker';
  return cutOff
    ? 'see the errors by kind; what is due to clients that are not connected stays a lower bound'
    : 'wait longer at the end (--linger, drain) or lower the rate; what is never answered stays a lower bound';
}

function sentenceOf({ metric, window, distribution, oldestMicros }: LeftOperations): string {
  const where = window === undefined ? '' : ` due in ${window}`;
  const { outstanding = 0, count } = distribution;
  const share = `${formatCount(outstanding)} of ${formatCount(count)} ${wordOf(metric)}${where}`;
  const what = isConnect(metric) ? 'had not come through' : 'were not finished';
  return `${share} ${what} when measuring stopped, after up to ${formatDuration(oldestMicros)}${boundsOf(distribution)}`;
}

/** Deliveries of which nobody knows whether they were still to come, as QoS 0 promises none. */
export function notDelivered({ drained, left, metrics }: DoubtInput): Doubt[] {
  const missing = metrics.values['messages.missing'] ?? 0;
  if (drained || missing === 0 || left.some(({ metric }) => metric === 'delivery.e2e')) return [];
  return [
    {
      code: 'not-drained',
      metric: 'delivery.e2e',
      message: `${formatCount(missing)} deliveries had not come when measuring stopped, and none is promised: delivery.e2e is of those that came`,
      advice: 'read it together with messages.missing',
    },
  ];
}

/** A client that was refused, or that gave up, has finished, and has not come through. */
const isConnect = (metric: DistributionName): boolean => /^(re)?connect\./.test(metric);

function boundsOf({ atLeast = [] }: Distribution): string {
  const percentiles = atLeast.filter((name) => name.startsWith('p')).map((name) => name.toUpperCase());
  return percentiles.length === 0 ? '' : `: ${percentiles.join(', ').replace('P999', 'P99.9')} are lower bounds`;
}

function wordOf(metric: DistributionName): string {
  if (metric.startsWith('publish')) return 'publishes';
  if (metric === 'delivery.gap') return 'longest silences';
  if (metric.startsWith('delivery')) return 'deliveries';
  return metric.startsWith('connect') ? 'connects' : 'reconnects';
}
