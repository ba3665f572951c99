import { Histogram, type HistogramData } from '../../metrics/histogram.js';
import type { DistributionName } from '../../metrics/registry.js';
import type { Distribution, MetricSet } from '../../result/types.js';
import { type Histograms, type HistogramsData, histogramOf } from '../histograms.js';
import type { WorkerReport } from '../messages.js';
import { addCounts, type Completed, type Counts, noCounts, noneCompleted, type SegmentData } from '../segment.js';
import { distributionOf } from './distribution.js';

/** Segments of the same window over all workers. */
export interface Merged {
  readonly histograms: Histograms;
  /** Ages of what was due in it and not finished when measuring stopped. */
  readonly left: Histograms;
  readonly counts: Counts;
  readonly outstanding: number;
  /** What came through in it until publishing ended, and after that. */
  readonly completed: Completed;
  readonly afterwards: Completed;
  /** [from, to) of each part, microseconds; the same for every worker. */
  readonly spans: { readonly from: number; readonly to: number }[];
  /** When the last publish was done; -Infinity without one. */
  readonly lastDone: number;
  /** Of messages; Infinity and -Infinity without one. */
  readonly firstArrival: number;
  readonly lastArrival: number;
}

/** Adds the segments that are wanted. @param publishEnd where `completed` ends and `afterwards` begins */
export function mergeSegments(
  reports: readonly WorkerReport[],
  publishEnd: number,
  wanted: (segment: SegmentData) => boolean,
): Merged {
  const histograms: Histograms = new Map();
  const left: Histograms = new Map();
  const counts = noCounts();
  const completed = noneCompleted();
  const afterwards = noneCompleted();
  const spans: { from: number; to: number }[] = [];
  let outstanding = 0;
  let lastDone = Number.NEGATIVE_INFINITY;
  let firstArrival = Number.POSITIVE_INFINITY;
  let lastArrival = Number.NEGATIVE_INFINITY;
  for (const [worker, report] of reports.entries()) {
    for (const segment of report.segments) {
      if (!wanted(segment)) continue;
      addCounts(counts, segment.counts);
      addCounts(segment.fromMicros < publishEnd ? completed : afterwards, segment.completed);
      outstanding += segment.left?.publishes ?? 0;
      lastDone = Math.max(lastDone, segment.lastDone ?? lastDone);
      firstArrival = Math.min(firstArrival, segment.arrivals?.first ?? firstArrival);
      lastArrival = Math.max(lastArrival, segment.arrivals?.last ?? lastArrival);
      if (worker === 0) spans.push({ from: segment.fromMicros, to: segment.toMicros });
      addHistograms(histograms, segment.histograms);
      if (segment.left === undefined) continue;
      addHistograms(left, segment.left.ages);
      addHistograms(histograms, segment.left.passed ?? {});
    }
  }
  const rest = { lastDone, firstArrival, lastArrival };
  return { histograms, left, counts, outstanding, completed, afterwards, spans, ...rest };
}

export function addHistograms(to: Histograms, from: HistogramsData): void {
  for (const [name, data] of Object.entries(from) as [DistributionName, HistogramData][]) {
    histogramOf(to, name).addData(data);
  }
}

/** Operations of a metric that were not finished when measuring stopped. */
export interface LeftOperations {
  readonly metric: DistributionName;
  /** undefined: of the whole cell. */
  readonly window?: string;
  readonly distribution: Distribution;
  readonly oldestMicros: number;
}

export function leftOperations(
  { left }: Pick<Merged, 'left'>,
  distributions: MetricSet['distributions'],
  window?: string,
): LeftOperations[] {
  return [...left].flatMap(([metric, ages]) => {
    const distribution = distributions[metric];
    return distribution === undefined ? [] : [{ metric, window, distribution, oldestMicros: ages.max }];
  });
}

export function distributionsOf({ histograms, left }: Pick<Merged, 'histograms' | 'left'>): MetricSet['distributions'] {
  const out: Partial<Record<DistributionName, Distribution>> = {};
  for (const name of new Set([...histograms.keys(), ...left.keys()])) {
    const finished = histograms.get(name) ?? new Histogram();
    const unfinished = left.get(name);
    if (finished.count + (unfinished?.count ?? 0) > 0) out[name] = distributionOf(finished, unfinished);
  }
  return out;
}
