import { sumOf } from '../../base/numbers/sum.js';
import type { MetricSet } from '../../result/types.js';
import type { LoadReport } from '../contract.js';
import type { Histograms } from '../histograms.js';
import type { WorkerReport } from '../messages.js';
import { addHistograms, distributionsOf, type LeftOperations, leftOperations } from './merged.js';

/** What became of the clients because of each event, over all workers; and their returns that were not finished. */
export function eventSets(reports: readonly Pick<WorkerReport, 'events'>[]): {
  readonly events: LoadReport['events'];
  readonly left: LeftOperations[];
} {
  const all = reports.flatMap(({ events }) => events);
  const sets = [...new Set(all.map(({ name }) => name))].map((name) => {
    const parts = all.filter((event) => event.name === name);
    const merged = { histograms: new Map() as Histograms, left: new Map() as Histograms };
    for (const { histograms, left } of parts) {
      addHistograms(merged.histograms, histograms);
      addHistograms(merged.left, left);
    }
    const total = (of: 'survived' | 'reconnected' | 'lost' | 'unknown') => sumOf(parts, ({ outcome }) => outcome[of]);
    const values = {
      'clients.survived': total('survived'),
      'clients.reconnected': total('reconnected'),
      'clients.lost': total('lost'),
      'clients.unknown': total('unknown'),
    };
    const distributions = distributionsOf(merged);
    return { name, set: { distributions, values }, left: leftOperations(merged, distributions, name) };
  });
  return {
    events: Object.fromEntries(sets.map(({ name, set }) => [name, set])),
    left: sets.flatMap(({ left }) => left),
  };
}

/** Of one event the outcome is that of the whole run; of several there is none, as each has its own. */
export function onlyOutcome(events: LoadReport['events']): MetricSet['values'] {
  const [only, ...more] = Object.values(events);
  return only === undefined || more.length > 0 ? {} : only.values;
}
