import { formatCount } from '../../base/units.js';
import type { DistributionName } from '../../metrics/registry.js';
import type { Distribution, Doubt, MetricSet } from '../types.js';

/** With fewer samples beyond it, a percentile is hardly more than the maximum. */
const samplesBeyond = 2;

/** The share of samples that lie beyond a percentile, from the middle outwards. */
const sharesBeyond = { p50: 0.5, p90: 0.1, p95: 0.05, p99: 0.01, p999: 0.001 } as const;
type Percentile = keyof typeof sharesBeyond;
const words: Readonly<Record<Percentile, string>> = { p50: 'P50', p90: 'P90', p95: 'P95', p99: 'P99', p999: 'P99.9' };

/** The percentiles that a distribution has too few samples for. */
export function fewSamplesAt({ count }: Pick<Distribution, 'count'>): Percentile[] {
  const all = Object.keys(sharesBeyond) as Percentile[];
  return all.filter((percentile) => count * sharesBeyond[percentile] < samplesBeyond);
}

/**
 * A doubt for each metric of a set that has too few samples for its P99 or for a percentile before it.
 * @param window whose numbers these are; undefined: the whole cell
 * @param last the outermost percentile that is shown: tables of results have no P99.9
 */
export function fewSamplesDoubts(
  { distributions }: Pick<MetricSet, 'distributions'>,
  window?: string,
  last: 'p99' | 'p999' = 'p99',
): Doubt[] {
  return (Object.entries(distributions) as [DistributionName, Distribution][]).flatMap(([metric, distribution]) => {
    const statistics = fewSamplesAt(distribution);
    const first = statistics[0];
    if (distribution.count === 0 || metric === 'loop.delay' || first === undefined) return [];
    if (first === 'p999' && last === 'p99') return [];
    const where = window === undefined ? '' : ` in ${window}`;
    return [
      {
        code: 'few-samples' as const,
        metric,
        ...{ window, statistics },
        message: `${formatCount(distribution.count)} samples${where}: fewer than ${samplesBeyond} lie beyond the ${words[first]}`,
        advice: 'take more clients, a longer run or repeats',
      },
    ];
  });
}
