import { formatCount, formatDuration } from '../../base/units.js';
import type { DistributionName, MetricName, ValueName } from '../../metrics/registry.js';
import { capacityText } from '../../result/capacity.js';
import type { Cell, Result, Search } from '../../result/types.js';
import { rowName } from '../words/words.js';
import { combine, combinedText, type NumberName } from './number.js';

/** One arm on one network: all its repeats that finished. */
export interface ArmCells {
  readonly arm: string;
  readonly cells: readonly Cell[];
  /** The searches for its highest rate on this network. */
  readonly searches?: readonly Search[];
}

/** The arms of a result on a network, in the order of the run, also those of which no repeat finished. */
export function armsOn({ cells, searches = [] }: Pick<Result, 'cells' | 'searches'>, network: string): ArmCells[] {
  const here = cells.filter((cell) => cell.network.name === network);
  return [...new Set(here.map((cell) => cell.arm))].map((arm) => ({
    arm,
    cells: here.filter((cell) => cell.arm === arm && cell.status === 'finished'),
    searches: searches.filter((search) => search.arm === arm && search.network === network),
  }));
}

/** A number of an arm with its unit. A capacity is an interval where its search is known: "4,472–5,393/s". */
export function numberText({ cells, searches = [] }: ArmCells, name: NumberName): string {
  const text = combinedText(combine(cells, name), name.metric);
  return name.metric === 'rate.capacity' && text !== '-' && searches.length > 0 ? capacityText(...searches) : text;
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

/** Rows that belong together, under a heading. */
export interface Section {
  readonly heading: string;
  readonly rows: readonly Row[];
}

/** Of how many, over all repeats; to be put behind a number. */
export const ofAll =
  (metric: ValueName) =>
  (cells: readonly Cell[]): string => {
    const { value } = combine(cells, { metric, statistic: 'value' });
    return Number.isNaN(value) ? '' : ` of ${formatCount(value)}`;
  };

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
    const values = arms.map((arm) => numberText(arm, number));
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
    const values = arms.map((arm) => {
      const text = numberText(arm, number);
      return text === '-' ? text : text + more(arm.cells);
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
