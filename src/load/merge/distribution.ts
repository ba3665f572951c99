import { encodeHistogram } from '../../metrics/hdr-codec.js';
import { Histogram, rankOf } from '../../metrics/histogram.js';
import type { Distribution, Statistic } from '../../result/types.js';

const percentiles = [
  ['p50', 50],
  ['p90', 90],
  ['p95', 95],
  ['p99', 99],
  ['p999', 99.9],
] as const satisfies readonly (readonly [Statistic, number])[];

/** What a histogram tells apart: two values closer than this are one. */
const resolution = 1.002;

/**
 * The statistics that tables show, and the histogram for all others.
 * @param left ages of operations that were not finished when measuring stopped: they count as samples that took at
 * least so long. A statistic that could be larger had they been waited for is named in `atLeast`.
 */
export function distributionOf(finished: Histogram, left?: Histogram): Distribution {
  const outstanding = left?.count ?? 0;
  const all = new Histogram();
  all.add(finished);
  if (left !== undefined) all.add(left);
  const values = Object.fromEntries(percentiles.map(([name, percent]) => [name, all.percentile(percent)]));
  const atLeast = outstanding === 0 ? [] : lowerBounds(finished, all);
  return {
    count: all.count,
    min: all.min,
    mean: all.mean,
    ...(values as Record<(typeof percentiles)[number][0], number>),
    max: all.max,
    ...(outstanding === 0 ? {} : { outstanding, atLeast }),
    histogram: encodeHistogram(all),
  };
}

/** The statistics that would differ if what is left took for ever. */
function lowerBounds(finished: Histogram, all: Histogram): Statistic[] {
  const bounds: Statistic[] = finished.count === 0 || finished.min > all.min ? ['min', 'mean'] : ['mean'];
  for (const [name, percent] of percentiles) {
    const atMost = finished.atRank(rankOf(percent, all.count));
    if (atMost > all.percentile(percent) * resolution) bounds.push(name);
  }
  return [...bounds, 'max'];
}
