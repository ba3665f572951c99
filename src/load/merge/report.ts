import { sumOf } from '../../base/sum.js';
import type { Histogram } from '../../metrics/histogram.js';
import { isEventMetric, type ValueName } from '../../metrics/registry.js';
import { type LoadPlan, rateOf } from '../../plan/plan.js';
import type { MetricSet, RoleResources, Timeline } from '../../result/types.js';
import type { LoadReport } from '../contract.js';
import { findDoubts } from '../doubts/find.js';
import { addedUp, histogramOf } from '../histograms.js';
import type { LoadPhase, WorkerReport } from '../messages.js';
import { CounterSet, ErrorSet } from '../tally/counter-set.js';
import { doneLate } from './done-late.js';
import { eventSets, onlyOutcome } from './event-sets.js';
import { ledgerOf } from './ledger.js';
import { distributionsOf, type LeftOperations, leftOperations, type Merged, mergeSegments } from './merged.js';
import { messageValues, type RateInput } from './rates.js';

export interface ReportInput {
  readonly plan: LoadPlan;
  readonly reports: readonly WorkerReport[];
  readonly epochMicros: number;
  readonly connectStart: number;
  /** 0: nothing was published. */
  readonly publishStart: number;
  readonly publishEnd: number;
  readonly drained: boolean;
  readonly timeline: Timeline;
}

/** Merges what the workers measured. Nothing is averaged: histograms and counts are added. */
export function loadReport(input: ReportInput): LoadReport {
  const { plan, reports, publishStart, publishEnd } = input;
  const whole = mergeSegments(reports, publishEnd, () => true);
  const gaps = addedUp(reports, (report) => report.gaps);
  const openGaps = addedUp(reports, (report) => report.openGaps);
  const ofPhase = (phase: LoadPhase): Histogram => addedUp(reports, ({ loopDelay }) => loopDelay[phase]);
  const loops = { connecting: ofPhase('connecting'), traffic: ofPhase('traffic'), drain: ofPhase('drain') };
  // Over the whole, each client has one longest silence; the windows' ones would count a client several times.
  whole.histograms.delete('delivery.gap');
  whole.left.delete('delivery.gap');
  if (gaps.count > 0) whole.histograms.set('delivery.gap', gaps);
  if (openGaps.count > 0) whole.left.set('delivery.gap', openGaps);
  for (const loop of Object.values(loops)) histogramOf(whole.histograms, 'loop.delay').add(loop);

  const endedByLimit = rateOf(plan) === undefined && whole.counts.sent >= (plan.publish?.limit ?? Infinity);
  const rates: RateInput = { plan, publishStart, publishEnd, endedByLimit };
  const distributions = distributionsOf(whole);
  const ofParts: LeftOperations[] = leftOperations(whole, distributions);
  const windows: Record<string, MetricSet> = {};
  for (const name of new Set(reports.flatMap((report) => report.segments.map((segment) => segment.name)))) {
    if (name === null) continue;
    const merged = mergeSegments(reports, publishEnd, (segment) => segment.name === name);
    const distributions = distributionsOf(merged);
    windows[name] = { distributions, values: messageValues(rates, merged, false) };
    ofParts.push(...leftOperations(merged, distributions, name));
  }
  const ledger = ledgerOf(plan, reports, whole.counts, input.drained);
  const { events, left: ofEvents } = eventSets(reports);
  // Of a window and an event of one name, reconnects are the event's.
  const ofOthers = ofParts.filter(({ metric, window = '' }) => !(isEventMetric(metric) && events[window]));
  const left = [...ofOthers, ...ofEvents];
  const values = { ...wholeValues(input, rates, whole, ledger), ...onlyOutcome(events) };
  const metrics = { distributions, values };
  const { drained, connectStart } = input;
  const { errors, counters } = countersAndErrors(reports);
  const known = { plan, reports, metrics, errors, windows, loops, left, drained, connectStart };
  return {
    ...{ metrics, windows, events, ledger, errors, counters, timeline: input.timeline },
    addresses: addressesOf(reports),
    resources: resources(reports),
    doubts: findDoubts({ ...known, late: doneLate(plan, whole) }),
  };
}

/** What is counted by itself and told as a counter, too. */
const tallied = [
  ['messages.refused', 'refused'],
  ['messages.foreign', 'foreign'],
  ['messages.otherClock', 'otherClock'],
  ['connections.lost', 'disconnects'],
  ['publishes.late', 'lateSends'],
] as const;

function countersAndErrors(reports: readonly WorkerReport[]): Pick<LoadReport, 'errors' | 'counters'> {
  const errors = new ErrorSet();
  const counters = new CounterSet();
  for (const report of reports) {
    for (const error of report.errors) errors.add(error, error.count);
    for (const [name, sum] of Object.entries(report.counters)) counters.add(name, sum);
    for (const [name, of] of tallied) counters.add(name, report[of]);
    counters.add('clients.gone', report.gone.clients);
  }
  return { errors: errors.toList(), counters: counters.toRecord() };
}

function addressesOf(reports: readonly WorkerReport[]): LoadReport['addresses'] {
  const sums = new Map<string, { host: string; address: string; connections: number; raced: number }>();
  for (const { host, address, connections, raced } of reports.flatMap((report) => report.addresses)) {
    const sum = sums.get(`${host} ${address}`) ?? { host, address, connections: 0, raced: 0 };
    sum.connections += connections;
    sum.raced += raced;
    sums.set(`${host} ${address}`, sum);
  }
  return [...sums.values()];
}

function wholeValues(
  input: ReportInput,
  rates: RateInput,
  whole: Merged,
  ledger: LoadReport['ledger'],
): MetricSet['values'] {
  const { plan, reports } = input;
  const values: Partial<Record<ValueName, number>> = {
    'clients.asked': plan.clients,
    'clients.connected': sumOf(reports, (r) => r.everConnected),
    'clients.failed': sumOf(reports, (r) => r.failedAttempts),
  };
  const tookMicros = Math.max(...reports.map((r) => r.lastFirstUpMicros)) - input.connectStart;
  const up = sumOf(reports, (r) => r.everConnected);
  if (up > 1 && tookMicros > 0) values['rate.connect'] = up / (tookMicros / 1e6);
  if (plan.publish === undefined && plan.subscribe === undefined) return values;
  Object.assign(values, messageValues(rates, whole, true));
  if (plan.subscribe !== undefined && plan.publish !== undefined) {
    values['messages.missing'] = sumOf(ledger, (row) => row.missing);
  }
  return values;
}

function resources(reports: readonly WorkerReport[]): RoleResources {
  return {
    role: 'load',
    processes: reports.length,
    cpuUserMicros: sumOf(reports, (r) => r.use.cpuUserMicros),
    cpuSystemMicros: sumOf(reports, (r) => r.use.cpuSystemMicros),
    peakRssBytes: sumOf(reports, (r) => r.use.peakRssBytes),
    contextSwitches: sumOf(reports, (r) => r.use.contextSwitches),
  };
}
