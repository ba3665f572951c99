import { formatDuration } from '../base/units.js';
import type { DistributionName, MetricName, ValueName } from '../metrics/registry.js';
import type { Cell } from '../result/types.js';
import { combine, combinedText, type NumberName } from './number.js';
import { rowName } from './words.js';

/** One arm on one network: all its repeats that finished. */
export interface ArmCells {
  readonly arm: string;
  readonly cells: readonly Cell[];
}

export interface Row {
  /** Shown where it differs from the row above. */
  readonly label: string;
  readonly detail: string;
  /** One text per arm; `-`: not measured. */
  readonly values: readonly string[];
  /** What it shows, so that doubts about it can stand beside it and the best can be marked. */
  readonly number?: NumberName;
}

type Percentile = 'p50' | 'p95' | 'p99' | 'max';

/** @param window a measure window, or an event; undefined: the whole cell */
export function percentileRows(
  arms: readonly ArmCells[],
  metric: DistributionName,
  percentiles: readonly Percentile[],
  window?: string,
): Row[] {
  const row = (statistic: Percentile): Row => {
    const number: NumberName = { metric, statistic, window };
    const values = arms.map(({ cells }) => combinedText(combine(cells, number), metric));
    const detail = statistic === 'max' ? 'max' : statistic.toUpperCase();
    return { label: rowName(metric), detail, values, number };
  };
  return row('p50').values.every((text) => text === '-') ? [] : percentiles.map(row);
}

/** @param more behind the number, e.g. of how many; of all repeats of the arm */
export function valueRows(
  arms: readonly ArmCells[],
  names: readonly ValueName[],
  more: (cells: readonly Cell[]) => string = () => '',
  window?: string,
): Row[] {
  return names.flatMap((metric) => {
    const number: NumberName = { metric, statistic: 'value', window };
    const values = arms.map(({ cells }) => {
      const text = combinedText(combine(cells, number), metric);
      return text === '-' ? text : text + more(cells);
    });
    return values.every((text) => text === '-') ? [] : [{ label: rowName(metric), detail: '', values, number }];
  });
}

/** What round trips alone would cost. */
export function theoryRow(arms: readonly ArmCells[], metric: MetricName): Row[] {
  const values = arms.map(({ cells: [cell] }) => {
    const roundTrips = cell?.theoryRoundTrips[metric];
    if (cell === undefined || roundTrips === undefined) return '-';
    const { rttMicros } = cell.network;
    return rttMicros > 0 ? `${roundTrips} RTT ${formatDuration(roundTrips * rttMicros)}` : `${roundTrips} RTT`;
  });
  return values.every((text) => text === '-') ? [] : [{ label: rowName(metric), detail: 'theory', values }];
}
