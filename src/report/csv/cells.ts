import { type DistributionName, isEventMetric, type MetricName, metrics } from '../../metrics/registry.js';
import { type Cell, type MetricSet, type NumberName, statistics } from '../../result/types.js';
import { marksOf } from '../rows/marks.js';
import type { DoubtNotes } from '../words/doubts.js';
import { type NamedResult, scenarioOf } from '../words/named-result.js';
import { csvField } from './csv.js';

/**
 * Every number of every cell in long form, which data frames read as they are:
 * scenario,arm,network,repeat,window,metric,statistic,value,unit,doubts. `window` is a measure window or an event, and empty
 * for the whole cell; `statistic` is `value` for a metric of one number per cell. `doubts` has the codes of docs/doubts.md, and
 * `lower-bound` where the true number may be larger, with blanks between.
 */
export function cellsCsv(results: readonly NamedResult[]): string {
  const lines = ['scenario,arm,network,repeat,window,metric,statistic,value,unit,doubts'];
  for (const result of results) {
    const { notes } = marksOf(result);
    for (const cell of result.cells) {
      const who = [scenarioOf(result), cell.arm, cell.network.name, cell.repeat].map(csvField).join(',');
      for (const [window, set] of setsOf(cell))
        lines.push(...linesOf(cell, window, set, notes).map((line) => `${who},${line}`));
    }
  }
  return `${lines.join('\r\n')}\r\n`;
}

/** The whole cell, its windows, then its events with what became of the clients in each. */
function setsOf(cell: Cell): [string | undefined, MetricSet][] {
  const events = new Map(cell.events.flatMap(({ name, metrics: set }) => (set ? [[name, set] as const] : [])));
  const windows = Object.entries(cell.windows).map(([name, set]): [string, MetricSet] => {
    return [name, events.has(name) ? only(set, (metric) => !isEventMetric(metric)) : set];
  });
  const shared = new Set(Object.keys(cell.windows));
  const happened = [...events].map(([name, set]): [string, MetricSet] => {
    return [name, shared.has(name) ? only(set, isEventMetric) : set];
  });
  return [[undefined, cell.metrics], ...windows, ...happened];
}

/** As src/result/set-of.ts chooses where a window and an event have one name. */
function only(set: MetricSet, wanted: (metric: string) => boolean): MetricSet {
  const pick = <T>(numbers: Readonly<Record<string, T>>): Record<string, T> =>
    Object.fromEntries(Object.entries(numbers).filter(([metric]) => wanted(metric)));
  return { distributions: pick(set.distributions), values: pick(set.values) };
}

function linesOf(cell: Cell, window: string | undefined, set: MetricSet, notes: DoubtNotes): string[] {
  const line = (
    metric: MetricName,
    statistic: NumberName['statistic'] | 'count',
    value: number,
    bound: boolean,
  ): string => {
    const name = {
      metric,
      statistic: statistic === 'count' ? 'value' : statistic,
      ...(window === undefined ? {} : { window }),
    };
    const doubts = [...notes.codesAbout([cell], name), ...(bound ? ['lower-bound'] : [])];
    const unit = statistic === 'count' ? 'count' : metrics[metric].unit;
    return [window ?? '', metric, statistic, Number.isFinite(value) ? value : '', unit, doubts.join(' ')]
      .map(csvField)
      .join(',');
  };
  const lines: string[] = [];
  for (const [metric, distribution] of Object.entries(set.distributions) as [
    DistributionName,
    MetricSet['distributions'][DistributionName],
  ][]) {
    if (!distribution) continue;
    lines.push(line(metric, 'count', distribution.count, false));
    if (distribution.count === 0) continue;
    for (const statistic of statistics) {
      lines.push(line(metric, statistic, distribution[statistic], distribution.atLeast?.includes(statistic) ?? false));
    }
  }
  for (const [metric, value] of Object.entries(set.values))
    lines.push(line(metric as MetricName, 'value', value, false));
  return lines;
}
