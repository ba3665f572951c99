import { Histogram, type HistogramData } from '../metrics/histogram.js';
import type { DistributionName } from '../metrics/registry.js';

export type Histograms = Map<DistributionName, Histogram>;

/** The histogram of a metric, which is begun where there is none yet. */
export function histogramOf(histograms: Histograms, metric: DistributionName): Histogram {
  let histogram = histograms.get(metric);
  if (histogram === undefined) {
    histogram = new Histogram();
    histograms.set(metric, histogram);
  }
  return histogram;
}

/** As it goes from a worker to its coordinator. */
export function histogramData(
  histograms: ReadonlyMap<DistributionName, Histogram>,
): Partial<Record<DistributionName, HistogramData>> {
  return Object.fromEntries([...histograms].map(([metric, one]) => [metric, one.toData()]));
}
