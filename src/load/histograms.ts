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
export type HistogramsData = Readonly<Partial<Record<DistributionName, HistogramData>>>;

export function histogramData(histograms: Histograms): HistogramsData {
  return Object.fromEntries([...histograms].map(([metric, one]) => [metric, one.toData()]));
}

/** One histogram of what all have. */
export function addedUp<T>(list: readonly T[], of: (one: T) => HistogramData): Histogram {
  const sum = new Histogram();
  for (const one of list) sum.addData(of(one));
  return sum;
}
