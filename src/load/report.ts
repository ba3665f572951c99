import { encodeHistogram } from '../metrics/hdr-codec.js';
import { Histogram, type HistogramData } from '../metrics/histogram.js';
import type { DistributionName, ValueName } from '../metrics/registry.js';
import type { Distribution, MetricSet, RoleResources, Timeline } from '../result/types.js';
import { timetableOf } from './agenda.js';
import type { LoadPlan, LoadReport } from './contract.js';
import { CounterSet, ErrorSet } from './counter-set.js';
import { type DoneLate, doneKey, doneLate } from './done-late.js';
import { findDoubts } from './doubts/find.js';
import { ledgerOf } from './ledger.js';
import type { WorkerReport } from './messages.js';
import { addCounts, type Counts, noCounts, type SegmentData } from './recorder.js';
import { publishSchedule } from './schedule.js';

export interface ReportInput {
  readonly plan: LoadPlan;
  readonly reports: readonly WorkerReport[];
  readonly epochMicros: number;
  /** When the first client was due. */
  readonly connectStart: number;
  /** 0: nothing was published. */
  readonly publishStart: number;
  readonly publishEnd: number;
  readonly timeline: Timeline;
}

type Histograms = Map<DistributionName, Histogram>;

/** Segments of the same window over all workers. */
interface Merged {
  readonly histograms: Histograms;
  readonly counts: Counts;
  /** [from, to) of each part, microseconds; the same for every worker. */
  readonly spans: { readonly from: number; readonly to: number }[];
  /** Of messages; Infinity and -Infinity without one. */
  readonly firstArrival: number;
  readonly lastArrival: number;
}

/** Merges what the workers measured. Nothing is averaged: histograms and counts are added. */
export function loadReport(input: ReportInput): LoadReport {
  const { plan, reports } = input;
  const whole = merge(reports, () => true);
  const gaps = new Histogram();
  const loop = new Histogram();
  const loops = { connecting: new Histogram(), traffic: new Histogram(), drain: new Histogram() };
  for (const report of reports) {
    gaps.addData(report.gaps);
    for (const phase of ['connecting', 'traffic', 'drain'] as const) {
      loop.addData(report.loopDelay[phase]);
      loops[phase].addData(report.loopDelay[phase]);
    }
  }
  // Over the whole, each client has one longest silence; the windows' ones would count a client several times.
  whole.histograms.delete('delivery.gap');
  if (gaps.count > 0) whole.histograms.set('delivery.gap', gaps);
  whole.histograms.set('loop.delay', loop);
  const wholeDistributions = distributions(whole.histograms);
  const late = doneLate(plan, reports, wholeDistributions);

  const names = new Set(reports.flatMap((report) => report.segments.map((segment) => segment.name)));
  const windows: Record<string, MetricSet> = {};
  for (const name of names) {
    if (name === null) continue;
    const merged = merge(reports, (segment) => segment.name === name);
    windows[name] = { distributions: distributions(merged.histograms), values: windowValues(input, merged, late) };
  }
  const ledger = ledgerOf(plan, reports, whole.counts);
  const metrics = { distributions: wholeDistributions, values: wholeValues(input, whole, late, ledger) };
  const errors = new ErrorSet();
  const counters = new CounterSet();
  for (const report of reports) {
    for (const error of report.errors) errors.add(error.code, error.message, error.count);
    for (const [name, sum] of Object.entries(report.counters)) counters.add(name, sum);
    counters.add('messages.refused', report.refused);
    counters.add('messages.foreign', report.foreign);
    counters.add('messages.otherClock', report.otherClock);
    counters.add('connections.lost', report.disconnects);
    counters.add('publishes.late', report.lateSends);
  }
  return {
    metrics,
    windows,
    ledger,
    errors: errors.toList(),
    counters: counters.toRecord(),
    timeline: input.timeline,
    resources: resources(reports),
    doubts: findDoubts({ plan, reports, metrics, windows, loops, late }),
  };
}

function merge(reports: readonly WorkerReport[], wanted: (segment: SegmentData) => boolean): Merged {
  const histograms: Histograms = new Map();
  const counts = noCounts();
  const spans: { from: number; to: number }[] = [];
  let firstArrival = Number.POSITIVE_INFINITY;
  let lastArrival = Number.NEGATIVE_INFINITY;
  for (const [worker, report] of reports.entries()) {
    for (const segment of report.segments) {
      if (!wanted(segment)) continue;
      firstArrival = Math.min(firstArrival, segment.arrivals?.first ?? firstArrival);
      lastArrival = Math.max(lastArrival, segment.arrivals?.last ?? lastArrival);
      addCounts(counts, segment.counts);
      if (worker === 0) spans.push({ from: segment.fromMicros, to: segment.toMicros });
      for (const [name, data] of Object.entries(segment.histograms) as [DistributionName, HistogramData][]) {
        let histogram = histograms.get(name);
        if (histogram === undefined) {
          histogram = new Histogram();
          histograms.set(name, histogram);
        }
        histogram.addData(data);
      }
    }
  }
  return { histograms, counts, spans, firstArrival, lastArrival };
}

/** The percentiles that tables show, and the histogram for all others. */
export function distributionOf(histogram: Histogram): Distribution {
  return {
    count: histogram.count,
    min: histogram.min,
    mean: histogram.mean,
    p50: histogram.percentile(50),
    p90: histogram.percentile(90),
    p95: histogram.percentile(95),
    p99: histogram.percentile(99),
    p999: histogram.percentile(99.9),
    max: histogram.max,
    histogram: encodeHistogram(histogram),
  };
}

function distributions(histograms: Histograms): MetricSet['distributions'] {
  const out: Partial<Record<DistributionName, Distribution>> = {};
  for (const [name, histogram] of histograms) if (histogram.count > 0) out[name] = distributionOf(histogram);
  return out;
}

/** Publishes due in [from, to), by the schedule itself: exact, whatever the workers managed. */
function offeredBetween(input: ReportInput, from: number, to: number): number {
  const { plan, publishStart, publishEnd } = input;
  const schedule = timetableOf(plan) ?? publishSchedule(plan);
  if (schedule === undefined || publishStart === 0) return 0;
  const until = (at: number): number => schedule.countBefore(Math.min(at, publishEnd) - publishStart);
  return until(to) - until(from);
}

/** How much of the spans lies in the publishing phase, seconds. */
function publishingSeconds(input: ReportInput, spans: Merged['spans']): number {
  if (input.publishStart === 0) return 0;
  let micros = 0;
  for (const { from, to } of spans) {
    micros += Math.max(0, Math.min(to, input.publishEnd) - Math.max(from, input.publishStart));
  }
  return micros / 1e6;
}

function messageValues(counts: Counts, offered: number, seconds: number): MetricSet['values'] {
  return {
    'messages.offered': offered,
    'messages.sent': counts.sent,
    'messages.resent': counts.resent,
    'messages.acknowledged': counts.acknowledged,
    'messages.received': counts.received,
    'messages.duplicate': counts.duplicate,
    'messages.disordered': counts.disordered,
    ...(seconds > 0 ? { 'rate.offered': offered / seconds } : {}),
  };
}

function windowValues(input: ReportInput, merged: Merged, late: DoneLate | undefined): MetricSet['values'] {
  const seconds = publishingSeconds(input, merged.spans);
  const scheduled = merged.spans.reduce((sum, span) => sum + offeredBetween(input, span.from, span.to), 0);
  const offered = input.plan.publish?.rate === undefined ? merged.counts.offered : scheduled;
  // Where much was left when publishing ended, what came after it belongs to no rate.
  const atTheEnd = merged.spans.some(({ from, to }) => from < input.publishEnd && to > input.publishEnd);
  const after = atTheEnd ? late?.counts : undefined;
  const key = doneKey(input.plan);
  const done = merged.counts[key] - (after?.[key] ?? 0);
  const received = receivedPerSecond(input, merged, seconds, after?.received ?? 0);
  return {
    ...messageValues(merged.counts, offered, seconds),
    ...(seconds > 0 ? { 'rate.achieved': done / seconds } : {}),
    ...(received === undefined ? {} : { 'rate.received': received }),
  };
}

/** Over the time of publishing; where others publish, from the first arrival to the last. */
function receivedPerSecond(
  { plan }: ReportInput,
  merged: Merged,
  publishing: number,
  after: number,
): number | undefined {
  if (plan.subscribe === undefined) return undefined;
  const { received } = merged.counts;
  if (plan.publish !== undefined) return publishing > 0 ? (received - after) / publishing : undefined;
  const micros = merged.lastArrival - merged.firstArrival;
  return received > 1 && micros > 0 ? ((received - 1) * 1e6) / micros : undefined;
}

function wholeValues(
  input: ReportInput,
  whole: Merged,
  late: DoneLate | undefined,
  ledger: LoadReport['ledger'],
): MetricSet['values'] {
  const { plan, reports } = input;
  const values: Partial<Record<ValueName, number>> = {
    'clients.asked': plan.clients,
    'clients.connected': sum(reports, (r) => r.everConnected),
    'clients.failed': sum(reports, (r) => r.failedAttempts),
  };
  const tookMicros = Math.max(...reports.map((r) => r.lastFirstUpMicros)) - input.connectStart;
  const up = sum(reports, (r) => r.everConnected);
  if (up > 1 && tookMicros > 0) values['rate.connect'] = up / (tookMicros / 1e6);
  if (reports.some((r) => r.event !== undefined)) {
    values['clients.survived'] = sum(reports, (r) => r.event?.survived ?? 0);
    values['clients.reconnected'] = sum(reports, (r) => r.event?.reconnected ?? 0);
    values['clients.lost'] = sum(reports, (r) => r.event?.lost ?? 0);
  }
  if (plan.publish === undefined && plan.subscribe === undefined) return values;
  Object.assign(values, windowValues(input, whole, late));
  if (plan.subscribe !== undefined && plan.publish !== undefined) {
    values['messages.missing'] = ledger.reduce((n, row) => n + row.missing, 0);
  }
  return values;
}

function sum(reports: readonly WorkerReport[], of: (report: WorkerReport) => number): number {
  return reports.reduce((total, report) => total + of(report), 0);
}

function resources(reports: readonly WorkerReport[]): RoleResources {
  return {
    role: 'load',
    processes: reports.length,
    cpuUserMicros: sum(reports, (r) => r.use.cpuUserMicros),
    cpuSystemMicros: sum(reports, (r) => r.use.cpuSystemMicros),
    peakRssBytes: sum(reports, (r) => r.use.peakRssBytes),
    contextSwitches: sum(reports, (r) => r.use.contextSwitches),
  };
}
