import { Histogram } from '../metrics/histogram.js';
import type { DistributionName } from '../metrics/registry.js';
import { type Histograms, type HistogramsData, histogramData, histogramOf } from './histograms.js';

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

export function addCounts<T extends Record<keyof T, number>>(to: T, from: T): void {
  for (const key of Object.keys(to) as (keyof T)[]) (to[key] as number) += from[key];
}

/** What came through at a time, whenever it had been due. */
export interface Completed {
  /** Publishes of QoS 0 that were written, and acknowledgements of the others. */
  done: number;
  received: number;
}

export function noneCompleted(): Completed {
  return { done: 0, received: 0 };
}

export interface SegmentData {
  /** null: between two windows. */
  readonly name: string | null;
  readonly fromMicros: number;
  readonly toMicros: number;
  /** Of messages that were due in it, whatever time they took. */
  readonly counts: Counts;
  /** Of messages that came through in it. */
  readonly completed: Completed;
  /** Of what was due in it. */
  readonly histograms: HistogramsData;
  /** When the last publish was done in it; absent: none was. */
  readonly lastDone?: number;
  /** When the first message arrived in it, and the last; absent: none did. */
  readonly arrivals?: { readonly first: number; readonly last: number };
  /** What was due in it and not finished when measuring stopped; absent: nothing. */
  readonly left?: SegmentLeft;
}

export interface SegmentLeft {
  readonly publishes: number;
  /** How long the operations of each metric have been waited for. */
  readonly ages: HistogramsData;
  /** Stages that these operations have come past: samples like those of finished ones. */
  readonly passed?: HistogramsData;
}

/**
 * The time between two boundaries. A sample is written once, in the segment in which its operation was due; windows and
 * the whole are sums of segments. So a segment takes samples for as long as anything that was due in it may complete.
 */
export class Segment {
  readonly counts = noCounts();
  readonly completed = noneCompleted();
  readonly ack = new Histogram();
  readonly ackRaw = new Histogram();
  readonly e2e = new Histogram();
  readonly late = new Histogram();
  private readonly histograms: Histograms = new Map([
    ['publish.ack', this.ack],
    ['publish.ack.raw', this.ackRaw],
    ['delivery.e2e', this.e2e],
    ['publish.late', this.late],
  ]);
  /** When the last publish was done in it; 0: none yet. */
  lastDone = 0;
  /** Infinity for the one that is open. */
  toMicros = Number.POSITIVE_INFINITY;
  /** Of messages; 0: none yet. */
  private firstArrival = 0;
  private lastArrival = 0;
  /** Longest silence of each client; undefined: no silence yet. */
  private gaps: Float64Array | undefined;

  constructor(
    readonly name: string | null,
    readonly fromMicros: number,
  ) {}

  /** A publish of QoS 0 was written, or another one acknowledged. */
  noteDone(now: number): void {
    this.completed.done++;
    this.lastDone = now;
  }

  noteArrival(now: number): void {
    this.completed.received++;
    if (this.firstArrival === 0) this.firstArrival = now;
    this.lastArrival = now;
  }

  /** For everything that does not happen per message. */
  record(name: DistributionName, micros: number): void {
    histogramOf(this.histograms, name).record(micros);
  }

  /** @param client the worker's own number of it @param clients how many there are */
  noteGap(client: number, micros: number, clients: number): void {
    this.gaps ??= new Float64Array(clients);
    if (micros > (this.gaps[client] as number)) this.gaps[client] = micros;
  }

  addGapsTo(longest: Float64Array): void {
    this.gaps?.forEach((micros, client) => {
      if (micros > (longest[client] as number)) longest[client] = micros;
    });
  }

  /** @param gaps longest silences to go with it, zeros apart */
  toData(toMicros: number, gaps?: Float64Array): SegmentData {
    const { name, fromMicros, counts, completed, lastDone, firstArrival: first, lastArrival: last } = this;
    const all: Histograms = new Map(this.histograms);
    for (const micros of gaps ?? []) if (micros > 0) histogramOf(all, 'delivery.gap').record(micros);
    for (const [metric, { count }] of all) if (count === 0) all.delete(metric);
    return {
      ...{ name, fromMicros, toMicros, counts, completed, histograms: histogramData(all) },
      lastDone: lastDone === 0 ? undefined : lastDone,
      arrivals: first === 0 ? undefined : { first, last },
    };
  }
}
