import { Histogram } from '../metrics/histogram.js';
import type { Timeline } from '../result/types.js';
import type { LoadProgress } from './contract.js';
import type { ProgressEvent } from './messages.js';

/** Steps of half a second make seconds of the timeline. */
const stepsPerSecond = 2;

const seriesNames = [
  'connected',
  'failed',
  'offered',
  'sent',
  'resent',
  'acknowledged',
  'received',
  'ackP50',
  'ackP95',
  'ackMax',
] as const;
type Row = Record<(typeof seriesNames)[number], number>;

/** A second that workers still report on. */
interface OpenSecond {
  readonly connected: Map<number, number>;
  readonly failed: Map<number, number>;
  readonly sums: { offered: number; sent: number; acknowledged: number; received: number; resent: number };
  readonly ack: Histogram;
}

/** Joins the half-second reports of all workers into a progress line and a timeline per second. */
export class Progress {
  listener: (progress: LoadProgress) => void = () => {};
  private readonly latest = new Map<number, ProgressEvent>();
  /** Ten numbers per second that is over; only the latest ones keep their histograms. */
  private readonly closed: Row[] = [];
  private readonly open = new Map<number, OpenSecond>();
  private readonly totals = { offered: 0, sent: 0, acknowledged: 0, received: 0 };
  private readonly recent = new Histogram();
  /** Of the whole run so far. */
  readonly acknowledged = new Histogram();
  readonly delivered = new Histogram();
  readonly connected = new Histogram();
  /** What the listener was told last. */
  progress: LoadProgress = {
    connected: 0,
    gone: 0,
    failed: 0,
    acknowledged: 0,
    received: 0,
    inFlight: 0,
    lateSends: 0,
    ackP95Micros: Number.NaN,
  };
  private reported = -1;

  constructor(private readonly workers: number) {}

  add(event: ProgressEvent): void {
    this.latest.set(event.worker, event);
    const second = this.second(Math.floor(event.step / stepsPerSecond));
    second.connected.set(event.worker, event.connectedNow);
    second.failed.set(event.worker, event.failed);
    for (const key of Object.keys(second.sums) as (keyof OpenSecond['sums'])[]) second.sums[key] += event.counts[key];
    second.ack.addData(event.ack);
    this.recent.addData(event.ack);
    this.acknowledged.addData(event.ack);
    this.delivered.addData(event.e2e);
    this.connected.addData(event.connack);
    for (const key of Object.keys(this.totals) as (keyof typeof this.totals)[]) this.totals[key] += event.counts[key];
    this.report(event.step);
  }

  /** Tells the listener once per step, when the last worker has reported it. */
  private report(step: number): void {
    if (step <= this.reported || this.latest.size < this.workers) return;
    for (const event of this.latest.values()) if (event.step < step) return;
    this.reported = step;
    while (this.closed.length < Math.floor((step + 1) / stepsPerSecond)) this.closeNext();
    const sum = (of: (event: ProgressEvent) => number): number => {
      let total = 0;
      for (const event of this.latest.values()) total += of(event);
      return total;
    };
    this.progress = {
      connected: sum((e) => e.connectedNow),
      gone: sum((e) => e.gone),
      failed: sum((e) => e.failed),
      ...this.totals,
      inFlight: sum((e) => e.inFlight),
      lateSends: sum((e) => e.lateSends),
      ackP95Micros: this.recent.percentile(95),
    };
    this.listener(this.progress);
    this.recent.reset();
  }

  timeline(): Timeline {
    const last = Math.max(-1, ...this.open.keys());
    const rows = [...this.closed];
    for (let index = rows.length; index <= last; index++) rows.push(rowOf(this.open.get(index)));
    const series = Object.fromEntries(seriesNames.map((name) => [name, rows.map((row) => row[name])]));
    return { stepMicros: 1e6, series };
  }

  private closeNext(): void {
    const index = this.closed.length;
    this.closed.push(rowOf(this.open.get(index)));
    this.open.delete(index);
  }

  /** A report that comes after its second was closed (a worker that was held up) counts in the oldest open one. */
  private second(index: number): OpenSecond {
    const wanted = Math.max(index, this.closed.length);
    let second = this.open.get(wanted);
    if (second === undefined) {
      const sums = { offered: 0, sent: 0, acknowledged: 0, received: 0, resent: 0 };
      second = { connected: new Map(), failed: new Map(), sums, ack: new Histogram() };
      this.open.set(wanted, second);
    }
    return second;
  }
}

function rowOf(second: OpenSecond | undefined): Row {
  const { offered = 0, sent = 0, resent = 0, acknowledged = 0, received = 0 } = second?.sums ?? {};
  return {
    connected: sumOf(second?.connected),
    failed: sumOf(second?.failed),
    offered,
    sent,
    resent,
    acknowledged,
    received,
    ackP50: orZero(second?.ack.percentile(50)),
    ackP95: orZero(second?.ack.percentile(95)),
    ackMax: orZero(second?.ack.max),
  };
}

function sumOf(values: ReadonlyMap<number, number> | undefined): number {
  let total = 0;
  for (const value of values?.values() ?? []) total += value;
  return total;
}

/** JSON knows no NaN: a second without samples shows 0. */
function orZero(value: number | undefined): number {
  return value === undefined || Number.isNaN(value) ? 0 : value;
}
