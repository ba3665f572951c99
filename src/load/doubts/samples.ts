import { formatCount } from '../../base/units.js';
import type { DistributionName, MetricName } from '../../metrics/registry.js';
import type { Distribution, Doubt, MetricSet } from '../../result/types.js';
import type { DoubtInput } from './input.js';

/** With fewer samples beyond it, a percentile is hardly more than the maximum. */
const samplesBeyond = 2;

/** One doubt per metric; windows are judged by their own counts. */
export function fewSamples({ metrics, windows }: DoubtInput): Doubt[] {
  const few = new Map<MetricName, string>();
  const look = (set: MetricSet, where: string): void => {
    for (const [name, distribution] of Object.entries(set.distributions) as [DistributionName, Distribution][]) {
      if (name === 'loop.delay' || few.has(name)) continue;
      const beyond = distribution.count * 0.01;
      if (beyond < samplesBeyond) few.set(name, `${formatCount(distribution.count)} samples${where}`);
    }
  };
  look(metrics, '');
  for (const [name, set] of Object.entries(windows)) look(set, ` in ${name}`);
  return [...few].map(([metric, count]) => ({
    code: 'few-samples' as const,
    metric,
    message: `${count}: fewer than ${samplesBeyond} lie beyond the P99`,
    advice: 'take more clients, a longer run or repeats',
  }));
}
