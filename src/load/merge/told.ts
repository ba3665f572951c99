import { definedOf } from '../../base/own.js';
import type { Histogram } from '../../metrics/histogram.js';
import type { DistributionName } from '../../metrics/registry.js';
import type { Distribution, MetricSet, Timeline } from '../../result/types.js';
import type { LoadReport } from '../contract.js';
import type { Progress } from '../progress.js';
import { distributionOf } from './distribution.js';

/**
 * What is known of a load none of whose workers can be asked any more: what they told while it ran, up to a step before they went.
 */
export function reportAsTold(progress: Progress, timeline: Timeline): LoadReport {
  const { offered, sent, acknowledged, received, connected } = progress.progress;
  const values: MetricSet['values'] = definedOf({
    'clients.connected': connected,
    'messages.offered': offered,
    'messages.sent': sent,
    'messages.acknowledged': acknowledged,
    'messages.received': received,
  });
  const known: readonly (readonly [DistributionName, Histogram])[] = [
    ['publish.ack', progress.acknowledged],
    ['delivery.e2e', progress.delivered],
    ['connect.connack', progress.connected],
  ];
  const distributions: Partial<Record<DistributionName, Distribution>> = {};
  for (const [name, histogram] of known) if (histogram.count > 0) distributions[name] = distributionOf(histogram);
  return {
    metrics: { distributions, values },
    ...{ windows: {}, events: {}, ledger: [], errors: [], addresses: [], counters: {}, workers: [], doubts: [] },
    timeline,
    resources: { role: 'load', processes: 0, cpuUserMicros: 0, cpuSystemMicros: 0, peakRssBytes: 0 },
  };
}
