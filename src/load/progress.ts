import { Histogram } from '../metrics/histogram.js';
import type { Timeline } from '../result/types.js';
import type { LoadProgress } from './contract.js';
import type { ProgressEvent } from './messages.js';

/** Steps of half a second make seconds of the timeline. */
const stepsPerSecond = 2;

interface Second {
  readonly connected: Map<number, number>;
  readonly failed: Map<number, number>;
  readonly sums: { offered: number; sent: number; acknowledged: number; received: number; resent: number };
  readonly ack: Histogram;
}

/** Joins the half-second reports of all workers into a progress line and a timeline per second. */
export class Progress {
  listener: (progress: LoadProgress) => void = () => {};
  private readonly latest = new Map<number, ProgressEvent>();
  private readonly seconds: Second[] = [];
  private readonly totals = { offered: 0, sent: 0, acknowledged: 0, received: 0 };
  private readonly recent = new Histogram();
  private reported = -1;

  constructor(private readonly workers: number) {}

  add(event: ProgressEvent): void {
    this.latest.set(event.worker, event);
    const second = this.second(Math.floor(event.step / stepsPerSecond));
    second.connected.set(event.worker, event.connectedNow);
    second.failed.set(event.worker, event.failed);
    for (const key of Object.keys(second.sums) as (keyof Second['sums'])[]) second.sums[key] += event.counts[key];
    second.ack.addData(event.ack);
    this.recent.addData(event.ack);
    for (const key of Object.keys(this.totals) as (keyof typeof this.totals)[]) this.totals[key] += event.counts[key];
    this.report(event.step);
  }

  /** Tells the listener once per step, when the last worker has reported it. */
  private report(step: number): void {
    if (step <= this.reported || this.latest.size < this.workers) return;
    for (const event of this.latest.values()) if (event.step < step) return;
    this.reported = step;
    const sum = (of: (event: ProgressEvent) => number): number => {
      let total = 0;
      for (const event of this.latest.values()) total += of(event);
      return total;
    };
    this.listener({
      connected: sum((e) => e.connectedNow),
      failed: sum((e) => e.failed),
      ...this.totals,
      inFlight: sum((e) => e.inFlight),
      lateSends: sum((e) => e.lateSends),
      ackP95Micros: this.recent.percentile(95),
    });
    this.recent.reset();
  }

  timeline(): Timeline {
    const column = (of: (second: Second) => number): number[] => this.seconds.map(of);
    return {
      stepMicros: 1e6,
      series: {
        connected: column((s) => sumOf(s.connected)),
        failed: column((s) => sumOf(s.failed)),
        offered: column((s) => s.sums.offered),
        sent: column((s) => s.sums.sent),
        resent: column((s) => s.sums.resent),
        acknowledged: column((s) => s.sums.acknowledged),
        received: column((s) => s.sums.received),
        ackP50: column((s) => orZero(s.ack.percentile(50))),
        ackP95: column((s) => orZero(s.ack.percentile(95))),
        ackMax: column((s) => orZero(s.ack.max)),
      },
    };
  }

  private second(index: number): Second {
    while (this.seconds.length <= index) {
      const sums = { offered: 0, sent: 0, acknowledged: 0, received: 0, resent: 0 };
      this.seconds.push({ connected: new Map(), failed: new Map(), sums, ack: new Histogram() });
    }
    return this.seconds[index] as Second;
  }
}

function sumOf(values: ReadonlyMap<number, number>): number {
  let total = 0;
  for (const value of values.values()) total += value;
  return total;
}

/** JSON knows no NaN: a second without samples shows 0. */
function orZero(value: number): number {
  return Number.isNaN(value) ? 0 : value;
}
