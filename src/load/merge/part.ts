import { sumOf } from '../../base/numbers/sum.js';
import type { ValueName } from '../../metrics/registry.js';
import { type LoadPlan, rateOf } from '../../plan/plan.js';
import type { MetricSet } from '../../result/types.js';
import type { FleetReport, LoadReport } from '../contract.js';
import { findDoubts } from '../doubts/find.js';
import type { DoubtInput } from '../doubts/input.js';
import type { WorkerReport } from '../messages.js';
import { errorsOf } from './counted.js';
import { doneLate } from './done-late.js';
import { onlyOutcome } from './event-sets.js';
import type { Merged } from './merged.js';
import { type AllPublished, messageValues, type RateInput, type Timing } from './rates.js';
import type { Samples } from './samples.js';

/** What is known of a fleet before its numbers are made. */
interface PartInput {
  readonly plan: LoadPlan;
  readonly samples: Samples;
  readonly all: AllPublished | undefined;
  readonly missing: number | undefined;
}

/** A fleet with its numbers, and what speaks against them. */
export interface Part extends FleetReport {
  readonly plan: LoadPlan;
  readonly doubts: LoadReport['doubts'];
}

export function partOf(input: Timing, { plan, samples, all, missing }: PartInput): Part {
  const { publishStart, publishEnd, drained, connectStart } = input;
  const { reports, whole, events, loops, left } = samples;
  // The time of several fleets is the same for all of them: else their rates would not add up.
  const isAlone = all === undefined && rateOf(plan) === undefined;
  const endedByLimit = isAlone && whole.counts.sent >= (plan.publish?.limit ?? Infinity);
  const rates: RateInput = { plan, publishStart, publishEnd, endedByLimit, all };
  const windows: Record<string, MetricSet> = {};
  for (const { name, merged, distributions } of samples.windows)
    windows[name] = { distributions, values: messageValues(rates, merged, false) };
  const values = {
    ...clientValues(reports, plan.clients, plan.clientStages === undefined ? connectStart : undefined),
    ...wholeMessages(rates, whole, missing),
    ...(plan.publish?.request ? { 'requests.unanswered': whole.counts.sent - answeredIn(reports) } : {}),
    ...onlyOutcome(events),
  };
  const metrics = { distributions: samples.distributions, values };
  const known: DoubtInput = {
    ...{ plan, reports, metrics, windows, loops, left, drained, connectStart },
    errors: errorsOf(reports),
    late: doneLate(plan, whole),
  };
  return { plan, metrics, windows, events, doubts: findDoubts(known) };
}

const answeredIn = (reports: readonly WorkerReport[]): number =>
  sumOf(reports, ({ counters }) => counters['requests.answered'] ?? 0);

/** How many came up, and how fast. @param connectStart undefined: when they came was not a matter of how fast they could */
export function clientValues(
  reports: readonly WorkerReport[],
  clients: number,
  connectStart: number | undefined,
): MetricSet['values'] {
  const up = sumOf(reports, (r) => r.everConnected);
  const values: Partial<Record<ValueName, number>> = {
    'clients.asked': clients,
    'clients.connected': up,
    'clients.failed': sumOf(reports, (r) => r.failedAttempts),
  };
  if (connectStart === undefined) return values;
  const tookMicros = Math.max(...reports.map((r) => r.lastFirstUpMicros)) - connectStart;
  if (up > 1 && tookMicros > 0) values['rate.connect'] = up / (tookMicros / 1e6);
  return values;
}

function wholeMessages(rates: RateInput, whole: Merged, missing: number | undefined): MetricSet['values'] {
  const { plan, all } = rates;
  if (plan.publish === undefined && plan.subscribe === undefined) return {};
  const isKnown = plan.subscribe !== undefined && (plan.publish !== undefined || all !== undefined);
  return {
    ...messageValues(rates, whole, true),
    ...(isKnown && missing !== undefined ? { 'messages.missing': missing } : {}),
  };
}
