import { sumOf } from '../base/numbers/sum.js';
import { Histogram } from '../metrics/histogram.js';
import type { Timeline } from '../result/types.js';
import type { LoadProgress } from './contract.js';
import { type ProgressEvent, stepMicros } from './messages.js';
import { addCounts, type Counts, noCounts } from './segment.js';

/** The listener is told twice a second at most; steps are shorter. */
const stepsPerTelling = 3;

/** What the listener is told the sums of, and what the timeline is. */
const told = ['offered', 'sent', 'acknowledged', 'received'] as const;
const clientSeries = ['connected', 'connectedLeast', 'cut', 'failed'] as const;
const countSeries = ['offered', 'sent', 'resent', 'acknowledged', 'received'] as const;
const latencySeries = ['ackP50', 'ackP95', 'ackMax'] as const;
const seriesNames = [...clientSeries, ...countSeries, ...latencySeries];
type Row = Record<(typeof seriesNames)[number], number>;

/** Of one worker's clients. */
type Clients = Record<'connected' | 'connectedLeast' | 'failed', number>;

/** A step that workers still report on. */
interface OpenStep {
  readonly clients: Map<number, Clients>;
  readonly sums: Counts;
  readonly ack: Histogram;
  cut: number;
}

/** Joins the reports of all workers, step by step, into a progress line and a timeline. */
export class Progress {
  listener: (progress: LoadProgress) => void = () => {};
  private readonly latest = new Map<number, ProgressEvent>();
  /** Twelve numbers per step that is over; only the latest ones keep their histograms. */
  private readonly closed: Row[] = [];
  private readonly open = new Map<number, OpenStep>();
  private readonly totals = noCounts();
  private readonly recent = new Histogram();
  private recentLeast = Number.POSITIVE_INFINITY;
  /** Of the whole run so far. */
  readonly acknowledged = new Histogram();
  readonly delivered = new Histogram();
  readonly connected = new Histogram();
  private reported = -1;
  private readonly lost = new Set<number>();

  /** @param workers that are heard */
  constructor(private workers: number) {}

  /** A worker is gone, and the others go on: its clients are not there any more. What it has told stays. */
  lose(worker: number): void {
    this.latest.delete(worker);
    this.lost.add(worker);
    this.workers--;
    const steps = [...this.latest.values()].map(({ step }) => step);
    if (steps.length > 0) this.report(Math.min(...steps));
  }

  add(event: ProgressEvent): void {
    if (this.lost.has(event.worker)) return;
    this.latest.set(event.worker, event);
    const step = this.stepOf(event.step);
    const { connectedLeast = Number.POSITIVE_INFINITY } = step.clients.get(event.worker) ?? {};
    step.clients.set(event.worker, {
      connected: event.connectedNow,
      connectedLeast: Math.min(connectedLeast, event.connectedLeast),
      failed: event.failed,
    });
    step.cut += event.cut;
    addCounts(step.sums, event.counts);
    addCounts(this.totals, event.counts);
    step.ack.addData(event.ack);
    this.recent.addData(event.ack);
    this.acknowledged.addData(event.ack);
    this.delivered.addData(event.e2e);
    this.connected.addData(event.connack);
    this.report(event.step);
  }

  /** Closes what the last worker has reported, and tells the listener after every few steps. */
  private report(step: number): void {
    if (step <= this.reported || this.latest.size < this.workers) return;
    for (const event of this.latest.values()) if (event.step < step) return;
    this.reported = step;
    while (this.closed.length <= step) this.closeNext();
    if ((step + 1) % stepsPerTelling === 0) this.tell();
  }

  private tell(): void {
    this.listener(this.progress);
    this.recent.reset();
    this.recentLeast = Number.POSITIVE_INFINITY;
  }

  /** All that was heard until now: counts and histograms of one reading belong together. */
  get progress(): LoadProgress {
    const sum = (of: (event: ProgressEvent) => number): number => sumOf(this.latest.values(), of);
    const connected = sum((e) => e.connectedNow);
    return {
      ...picked(this.totals, told),
      connected,
      connectedLeast: Math.min(connected, this.recentLeast),
      gone: sum((e) => e.gone),
      failed: sum((e) => e.failed),
      inFlight: sum((e) => e.inFlight),
      lateSends: sum((e) => e.lateSends),
      ackP95Micros: this.recent.percentile(95),
    };
  }

  timeline(): Timeline {
    const last = Math.max(-1, ...this.open.keys());
    const rows = [...this.closed];
    for (let index = rows.length; index <= last; index++) rows.push(this.rowOf(index));
    const series = Object.fromEntries(seriesNames.map((name) => [name, rows.map((row) => row[name])]));
    return { stepMicros, series };
  }

  /** Workers lose their clients at moments of their own, so the sum of their fewest is a lower bound. */
  private rowOf(index: number): Row {
    const step = this.open.get(index);
    // At the end of a run one worker may be a step ahead of another, which is where it was last.
    const clients = [...this.latest].map(([worker, { connectedNow, failed }]): Clients => {
      return step?.clients.get(worker) ?? { connected: connectedNow, connectedLeast: connectedNow, failed };
    });
    return {
      connected: sumOf(clients, ({ connected }) => connected),
      connectedLeast: sumOf(clients, ({ connectedLeast }) => connectedLeast),
      failed: sumOf(clients, ({ failed }) => failed),
      cut: step?.cut ?? 0,
      ...picked(step?.sums ?? noCounts(), countSeries),
      ackP50: orZero(step?.ack.percentile(50)),
      ackP95: orZero(step?.ack.percentile(95)),
      ackMax: orZero(step?.ack.max),
    };
  }

  private closeNext(): void {
    const index = this.closed.length;
    const row = this.rowOf(index);
    this.recentLeast = Math.min(this.recentLeast, row.connectedLeast);
    this.closed.push(row);
    this.open.delete(index);
  }

  /** A report that comes after its step was closed (a worker that was held up) counts in the oldest open one. */
  private stepOf(index: number): OpenStep {
    const wanted = Math.max(index, this.closed.length);
    let step = this.open.get(wanted);
    if (step === undefined) {
      step = { clients: new Map(), sums: noCounts(), ack: new Histogram(), cut: 0 };
      this.open.set(wanted, step);
    }
    return step;
  }
}

/** JSON knows no NaN: a step without samples shows 0. */
function orZero(value: number | undefined): number {
  return value === undefined || Number.isNaN(value) ? 0 : value;
}

const picked = <K extends keyof Counts>(counts: Counts, names: readonly K[]): Pick<Counts, K> =>
  Object.fromEntries(names.map((name) => [name, counts[name]])) as Pick<Counts, K>;
