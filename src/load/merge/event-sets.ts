import type { Histogram } from '../../metrics/histogram.js';
import type { DistributionName } from '../../metrics/registry.js';
import type { MetricSet } from '../../result/types.js';
import type { LoadReport } from '../contract.js';
import type { EventOutcome, EventReport, WorkerReport } from '../messages.js';
import { addHistograms, distributionsOf, type LeftOperations, leftOperations } from './merged.js';

/** What became of the clients because of each event, over all workers. */
export function eventSets(reports: readonly Pick<WorkerReport, 'events'>[]): LoadReport['events'] {
  const names = new Set(reports.flatMap(({ events }) => events.map(({ name }) => name)));
  const partsOf = (name: string) => reports.flatMap(({ events }) => events.filter((event) => event.name === name));
  return Object.fromEntries([...names].map((name) => [name, merged(partsOf(name))]));
}

/** Returns from an event that were not finished when measuring stopped. @param sets of all events */
export function leftOfEvents(
  reports: readonly Pick<WorkerReport, 'events'>[],
  sets: LoadReport['events'],
): LeftOperations[] {
  return Object.entries(sets).flatMap(([name, { distributions }]) => {
    const left = new Map<DistributionName, Histogram>();
    for (const { events } of reports) {
      for (const event of events) if (event.name === name) addHistograms(left, event.left);
    }
    return leftOperations({ left }, distributions, name);
  });
}

function merged(parts: readonly EventReport[]): MetricSet {
  const total = (of: Exclude<keyof EventOutcome, 'awaited'>): number =>
    parts.reduce((sum, { outcome }) => sum + outcome[of], 0);
  const histograms = new Map<DistributionName, Histogram>();
  const left = new Map<DistributionName, Histogram>();
  for (const part of parts) {
    addHistograms(histograms, part.histograms);
    addHistograms(left, part.left);
  }
  const values = {
    'clients.survived': total('survived'),
    'clients.reconnected': total('reconnected'),
    'clients.lost': total('lost'),
    'clients.unknown': total('unknown'),
  };
  return { distributions: distributionsOf({ histograms, left }), values };
}

/** Of one event the outcome is that of the whole run; of several there is none, as each has its own. */
export function onlyOutcome(events: LoadReport['events']): MetricSet['values'] {
  const [only, ...more] = Object.values(events);
  return only === undefined || more.length > 0 ? {} : only.values;
}
