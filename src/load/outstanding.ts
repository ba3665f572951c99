import { Histogram, type HistogramData } from '../metrics/histogram.js';
import type { DistributionName } from '../metrics/registry.js';
import type { Recorder } from './recorder.js';
import type { Segment, SegmentLeft } from './segment.js';

interface Left {
  publishes: number;
  readonly ages: Map<DistributionName, Histogram>;
}

/**
 * What had been due and is not finished now, when measuring stops. It is no sample yet, but what it will be is known to
 * be larger than its age; left out, percentiles would be those of the operations that did well.
 */
export class Outstanding {
  private readonly bySegment = new Map<Segment, Left>();

  constructor(
    private readonly recorder: Recorder,
    readonly now: number,
  ) {}

  /** A publish, due then, that is neither acknowledged (QoS 0: written) nor given up. */
  publish(due: number): void {
    this.at(due).publishes++;
  }

  /** @param due when the operation was due @param from what its latency counts from @param times so many alike */
  operation(metric: DistributionName, due: number, from = due, times = 1): void {
    this.atLeast(metric, due, this.now - from, times);
  }

  /** @param micros what its latency will be at the least */
  atLeast(metric: DistributionName, due: number, micros: number, times = 1): void {
    const { ages } = this.at(due);
    let histogram = ages.get(metric);
    if (histogram === undefined) {
      histogram = new Histogram();
      ages.set(metric, histogram);
    }
    histogram.recordTimes(micros, times);
  }

  of(segment: Segment): SegmentLeft | undefined {
    const left = this.bySegment.get(segment);
    if (left === undefined) return undefined;
    const ages: Partial<Record<DistributionName, HistogramData>> = {};
    for (const [name, histogram] of left.ages) ages[name] = histogram.toData();
    return { publishes: left.publishes, ages };
  }

  private at(due: number): Left {
    const segment = this.recorder.at(due);
    let left = this.bySegment.get(segment);
    if (left === undefined) {
      left = { publishes: 0, ages: new Map() };
      this.bySegment.set(segment, left);
    }
    return left;
  }
}
