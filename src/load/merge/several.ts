import { sumOf } from '../../base/numbers/sum.js';
import type { ValueName } from '../../metrics/registry.js';
import { fewSamplesDoubts } from '../../result/doubts/few-samples.js';
import type { Doubt, MetricSet } from '../../result/types.js';
import type { FleetReport, LoadReport } from '../contract.js';
import type { WorkerReport } from '../messages.js';
import { onlyOutcome } from './event-sets.js';
import { clientValues, type Part } from './part.js';
import type { Timing } from './rates.js';
import { samplesOf } from './samples.js';

interface Together extends FleetReport {
  /** By their names. */
  readonly named: Readonly<Record<string, FleetReport>>;
  readonly doubts: LoadReport['doubts'];
}

/**
 * What a cell of several fleets came to: distributions of all clients alike, and counts and rates of messages that are the
 * sums of those of its fleets.
 * @param missing of all fleets; those of one may not be known
 */
export function ofSeveral(
  input: Timing & { readonly reports: readonly WorkerReport[] },
  parts: readonly Part[],
  missing: number,
): Together {
  const { reports, publishEnd, connectStart } = input;
  const samples = samplesOf(reports, publishEnd);
  const windows: Record<string, MetricSet> = {};
  for (const { name, distributions } of samples.windows)
    windows[name] = { distributions, values: added(parts.map((part) => part.windows[name]?.values ?? {})) };
  const clients = sumOf(parts, ({ plan }) => plan.clients);
  const isStaged = parts.some(({ plan }) => plan.clientStages !== undefined);
  const messages = added(parts.map(({ metrics }) => metrics.values));
  const values: MetricSet['values'] = {
    ...clientValues(reports, clients, isStaged ? undefined : connectStart),
    ...messages,
    ...(parts.some(({ plan }) => plan.subscribe) ? { 'messages.missing': missing } : {}),
    ...onlyOutcome(samples.events),
  };
  const metrics = { distributions: samples.distributions, values };
  const ofWindows = Object.entries(windows).flatMap(([name, set]) => fewSamplesDoubts(set, name));
  return {
    ...{ metrics, windows, events: samples.events },
    named: Object.fromEntries(
      parts.map(({ plan: { fleet = '' }, metrics, windows, events }) => [fleet, { metrics, windows, events }]),
    ),
    doubts: [...parts.flatMap(doubtsOf), ...fewSamplesDoubts(metrics), ...ofWindows],
  };
}

/** What is counted of messages, of all fleets that have it. */
function added(list: readonly MetricSet['values'][]): MetricSet['values'] {
  const sums: Partial<Record<ValueName, number>> = {};
  for (const values of list) {
    for (const [name, value] of Object.entries(values) as [ValueName, number][]) {
      if (isOfMessages(name)) sums[name] = (sums[name] ?? 0) + value;
    }
  }
  return sums;
}

const isOfMessages = (name: ValueName): boolean =>
  name.startsWith('messages.') ||
  name.startsWith('requests.') ||
  name === 'rate.offered' ||
  name === 'rate.achieved' ||
  name === 'rate.received';

/** What is said of a fleet. */
function doubtsOf({ plan: { fleet = '' }, doubts, events }: Part): Doubt[] {
  const ofEvents = Object.entries(events).flatMap(([name, set]) => fewSamplesDoubts(set, name));
  return [...doubts, ...ofEvents].map((doubt) => ({ ...doubt, fleet }));
}
