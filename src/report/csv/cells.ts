import { isEventMetric, type MetricName, metrics } from '../../metrics/registry.js';
import { type Cell, type MetricSet, type NumberName, type Statistic, statistics } from '../../result/types.js';
import { marksOf } from '../rows/marks.js';
import type { DoubtNotes } from '../words/doubts.js';
import { type NamedResult, scenarioOf } from '../words/named-result.js';
import { reasonsIn } from '../words/reasons.js';
import { csvLine, csvText } from './csv.js';

/**
 * Every number of every cell in long form, which data frames read as they are:
 * scenario,arm,network,repeat,window,metric,statistic,value,unit,doubts. `window` is a measure window or an event, and empty
 * for the whole cell; of a fleet it is that behind the fleet's name (`sensors`, `sensors.after`). `statistic` is `value` for a metric of one number per cell. `doubts` has the codes of docs/doubts.md, and
 * `lower-bound` where the true number may be larger, with blanks between.
 */
export function cellsCsv(results: readonly NamedResult[]): string {
  const lines = results.flatMap((result) => {
    const { notes } = marksOf(result);
    return result.cells.flatMap((cell) => {
      const who = csvLine([scenarioOf(result), cell.arm, cell.network.name, cell.repeat]);
      const lines = [...placesOf(cell).flatMap((place) => linesOf(cell, place, notes)), ...reasonLines(cell)];
      return lines.map((line) => `${who},${line}`);
    });
  });
  return csvText('scenario,arm,network,repeat,window,metric,statistic,value,unit,doubts', lines);
}

/** Whose numbers a set has. */
interface Place extends Pick<NumberName, 'window' | 'fleet'> {
  readonly set: MetricSet;
}

/** All clients, then each fleet. */
function placesOf({ metrics, windows, events, fleets = {} }: Cell): Place[] {
  const outcomes = events.flatMap(({ name, metrics: set }) => (set ? [[name, set] as const] : []));
  return [
    ...setsOf(metrics, windows, outcomes),
    ...Object.entries(fleets).flatMap(([fleet, own]) =>
      setsOf(own.metrics, own.windows, Object.entries(own.events)).map((place) => ({ ...place, fleet })),
    ),
  ];
}

/** The whole, its windows, then its events with what became of the clients in each. */
function setsOf(
  whole: MetricSet,
  windows: Cell['windows'],
  outcomes: readonly (readonly [name: string, set: MetricSet])[],
): Place[] {
  const isBoth = (name: string): boolean => name in windows && outcomes.some(([event]) => event === name);
  // As src/result/set-of.ts chooses where a window and an event have one name.
  const own = ([name, set]: readonly [string, MetricSet], isOwn: (metric: string) => boolean): Place => {
    const pick = <T>(numbers: Readonly<Record<string, T>>): Record<string, T> =>
      Object.fromEntries(Object.entries(numbers).filter(([metric]) => !isBoth(name) || isOwn(metric)));
    return { window: name, set: { distributions: pick(set.distributions), values: pick(set.values) } };
  };
  return [
    { set: whole },
    ...Object.entries(windows).map((window) => own(window, (metric) => !isEventMetric(metric))),
    ...outcomes.map((event) => own(event, isEventMetric)),
  ];
}

/** What the broker gave as reasons in the whole cell, as an expectation calls it. */
const reasonLines = (cell: Cell): string[] =>
  reasonsIn(cell).map(([name, count]) => csvLine(['', `counter.${name}`, 'value', count, 'count', '']));

function linesOf(cell: Cell, { window, fleet, set }: Place, notes: DoubtNotes): string[] {
  const where = [fleet, window].filter((part) => part !== undefined).join('.');
  const line = (metric: MetricName, statistic: NumberName['statistic'] | 'count', value: number, isBound = false) => {
    const isCount = statistic === 'count';
    const name = { metric, statistic: isCount ? 'value' : statistic, window, fleet } as const;
    const doubts = [...notes.codesAbout([cell], name), ...(isBound ? ['lower-bound'] : [])];
    const unit = isCount ? 'count' : metrics[metric].unit;
    return csvLine([where, metric, statistic, value, unit, doubts.join(' ')]);
  };
  const distributions = Object.entries(set.distributions).flatMap(([name, distribution]) => {
    if (!distribution) return [];
    const metric = name as MetricName;
    const { count, atLeast = [] } = distribution;
    const of = (one: Statistic) => line(metric, one, distribution[one], atLeast.includes(one));
    return [line(metric, 'count', count), ...(count === 0 ? [] : statistics.map(of))];
  });
  return [
    ...distributions,
    ...Object.entries(set.values).map(([name, value]) => line(name as MetricName, 'value', value)),
  ];
}
