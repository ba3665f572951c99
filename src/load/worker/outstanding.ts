import type { Histogram } from '../../metrics/histogram.js';
import type { DistributionName } from '../../metrics/registry.js';
import { histogramData, histogramOf } from '../histograms.js';
import type { Segment, SegmentLeft } from '../segment.js';
import type { Recorder } from './recorder.js';

interface Left {
  publishes: number;
  readonly ages: Map<DistributionName, Histogram>;
  readonly passed: Map<DistributionName, Histogram>;
}

/**
 * What had been due and is not finished now, when measuring stops. It is no sample yet, but what it will be is known to
 * be larger than its age; left out, percentiles would be those of the operations that did well.
 */
export class Outstanding {
  private readonly bySegment = new Map<Segment, Left>();
  /** Clients that a message has not come to, by the worker's own number, with the silence they are in (microseconds). */
  readonly silences = new Map<number, number>();

  constructor(
    private readonly recorder: Recorder,
    readonly now: number,
  ) {}

  /** A publish, due then, that is neither acknowledged (QoS 0: written) nor given up. */
  publish(due: number): void {
    this.in(this.recorder.at(due)).publishes++;
  }

  /** @param due when the operation was due @param from what its latency counts from @param times so many alike */
  operation(metric: DistributionName, due: number, from = due, times = 1): void {
    this.atLeast(this.recorder.at(due), metric, this.now - from, times);
  }

  /** @param micros what its latency will be at the least */
  atLeast(segment: Segment, metric: DistributionName, micros: number, times = 1): void {
    histogramOf(this.in(segment).ages, metric).recordTimes(micros, times);
  }

  /** A stage of an operation that is not finished. @param isPassed it took so long; otherwise it will take at least so long */
  stage(metric: DistributionName, due: number, isPassed: boolean, micros: number): void {
    const { ages, passed } = this.in(this.recorder.at(due));
    histogramOf(isPassed ? passed : ages, metric).record(micros);
  }

  /** A client waits for a message in a silence that has lasted at least so long; 0: it is in none. */
  silent(client: number, micros: number): void {
    if (micros > 0) this.silences.set(client, micros);
  }

  of(segment: Segment): SegmentLeft | undefined {
    const left = this.bySegment.get(segment);
    if (left === undefined) return undefined;
    const { publishes, ages, passed } = left;
    return { publishes, ages: histogramData(ages), passed: histogramData(passed) };
  }

  private in(segment: Segment): Left {
    let left = this.bySegment.get(segment);
    if (left === undefined) {
      left = { publishes: 0, ages: new Map(), passed: new Map() };
      this.bySegment.set(segment, left);
    }
    return left;
  }
}
