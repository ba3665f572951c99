import { Histogram, type HistogramData } from '../metrics/histogram.js';
import type { DistributionName } from '../metrics/registry.js';

/** What is counted per message, in every segment. */
export interface Counts {
  offered: number;
  sent: number;
  resent: number;
  acknowledged: number;
  received: number;
  duplicate: number;
  disordered: number;
}

export function noCounts(): Counts {
  return { offered: 0, sent: 0, resent: 0, acknowledged: 0, received: 0, duplicate: 0, disordered: 0 };
}

export function addCounts(to: Counts, from: Counts): void {
  for (const key of Object.keys(to) as (keyof Counts)[]) to[key] += from[key];
}

export interface SegmentData {
  /** null: between two windows. */
  readonly name: string | null;
  readonly fromMicros: number;
  readonly toMicros: number;
  readonly counts: Counts;
  readonly histograms: Readonly<Partial<Record<DistributionName, HistogramData>>>;
  /** When the first message arrived in it, and the last; absent: none did. */
  readonly arrivals?: { readonly first: number; readonly last: number };
}

/** The samples between two boundaries. A sample is written once; windows and the whole are sums of segments. */
export class Segment {
  readonly counts = noCounts();
  readonly ack = new Histogram();
  readonly ackRaw = new Histogram();
  readonly e2e = new Histogram();
  readonly late = new Histogram();
  /** Of messages; 0: none yet. */
  private firstArrival = 0;
  private lastArrival = 0;
  private readonly rare = new Map<DistributionName, Histogram>();

  constructor(
    readonly name: string | null,
    readonly fromMicros: number,
  ) {}

  noteArrival(now: number): void {
    if (this.firstArrival === 0) this.firstArrival = now;
    this.lastArrival = now;
  }

  /** For everything that does not happen per message. */
  record(name: DistributionName, micros: number): void {
    let histogram = this.rare.get(name);
    if (histogram === undefined) {
      histogram = new Histogram();
      this.rare.set(name, histogram);
    }
    histogram.record(micros);
  }

  toData(toMicros: number): SegmentData {
    const histograms: Partial<Record<DistributionName, HistogramData>> = {};
    const put = (name: DistributionName, histogram: Histogram): void => {
      if (histogram.count > 0) histograms[name] = histogram.toData();
    };
    put('publish.ack', this.ack);
    put('publish.ack.raw', this.ackRaw);
    put('delivery.e2e', this.e2e);
    put('publish.late', this.late);
    for (const [name, histogram] of this.rare) put(name, histogram);
    const data = { name: this.name, fromMicros: this.fromMicros, toMicros, counts: this.counts, histograms };
    if (this.firstArrival === 0) return data;
    return { ...data, arrivals: { first: this.firstArrival, last: this.lastArrival } };
  }
}

interface Boundary {
  readonly at: number;
  readonly name: string | null;
}

/**
 * The measure windows of one worker. Boundaries are times agreed beforehand, so
 * all workers cut at the same instant: a sample belongs to the segment in which
 * its operation completed (arrived, was acknowledged).
 */
export class Recorder {
  current: Segment;
  private readonly closed: SegmentData[] = [];
  private readonly boundaries: Boundary[] = [];
  private readonly closedCounts = noCounts();
  private next = Number.POSITIVE_INFINITY;

  /** @param onBoundary called while the old segment still takes samples: gaps are closed there */
  constructor(
    startMicros: number,
    private readonly onBoundary: (segment: Segment, at: number) => void,
  ) {
    this.current = new Segment(null, startMicros);
  }

  /**
   * From `at` on, samples belong to a window of this name; null ends the window before it.
   * @returns how many microseconds too late the order came; 0 when it was in time
   */
  boundary(name: string | null, at: number, now: number): number {
    this.boundaries.push({ name, at });
    this.boundaries.sort((a, b) => a.at - b.at);
    this.next = this.boundaries[0]?.at ?? Number.POSITIVE_INFINITY;
    this.roll(now);
    return Math.max(0, now - at);
  }

  /** To be called before samples of time `now` are recorded. */
  roll(now: number): void {
    if (now < this.next) return;
    for (let due = this.boundaries[0]; due !== undefined && due.at <= now; due = this.boundaries[0]) {
      this.boundaries.shift();
      this.onBoundary(this.current, due.at);
      this.closed.push(this.current.toData(due.at));
      addCounts(this.closedCounts, this.current.counts);
      this.current = new Segment(due.name, due.at);
    }
    this.next = this.boundaries[0]?.at ?? Number.POSITIVE_INFINITY;
  }

  /** Counts of all segments. */
  totals(): Counts {
    const sum = { ...this.closedCounts };
    addCounts(sum, this.current.counts);
    return sum;
  }

  /** Everything recorded until now. Recording may go on afterwards. */
  segments(now: number): SegmentData[] {
    this.roll(now);
    return [...this.closed, this.current.toData(now)];
  }
}
