import { formatCount, formatDuration } from '../../base/units.js';
import { type DistributionName, type MetricName, metrics, type ValueName } from '../../metrics/registry.js';
import { capacityText } from '../../result/capacity.js';
import type { Cell, NumberName, Result, Search } from '../../result/types.js';
import { isOfSubscribers } from '../words/words.js';
import { combine, combinedText } from './number.js';

/** One arm on one network: all its repeats that finished. */
export interface ArmCells {
  readonly arm: string;
  readonly cells: readonly Cell[];
  /** The searches for its highest rate on this network. */
  readonly searches?: readonly Search[];
}

export const networksOf = ({ cells }: Pick<Result, 'cells'>): string[] => [
  ...new Set(cells.map(({ network }) => network.name)),
];

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
function numberText({ cells, searches = [] }: ArmCells, name: NumberName): string {
  const text = combinedText(combine(cells, name), name.metric);
  return name.metric === 'rate.capacity' && text !== '-' && searches.length > 0 ? capacityText(...searches) : text;
}

export interface Row {
  readonly label: string;
  readonly detail: string;
  /** One text per arm; `-`: not measured. */
  readonly values: readonly string[];
  /** What it shows, so that doubts about it can stand beside it and the best can be marked. */
  readonly number?: NumberName;
  /** What round trips alone would cost. */
  readonly isTheory?: true;
}

/** Rows that belong together, under a heading. */
export interface Section {
  readonly heading: string;
  readonly rows: readonly Row[];
}

/** One number of each arm, as every table shows it; undefined where no arm has it. */
export function numberRow(arms: readonly ArmCells[], number: NumberName): Row | undefined {
  const values = arms.map((arm) => {
    const text = numberText(arm, number);
    return text === '-' ? text : text + ofHowMany(arm.cells, number);
  });
  if (values.every((text) => text === '-')) return undefined;
  return { label: labelOf(arms, number.metric), detail: detailOf(number), values, number };
}

/** Which of the numbers of a metric, or of those that share its label: "P95", "up". */
const detailOf = ({ metric, statistic }: NumberName): string =>
  statistic === 'value'
    ? metrics[metric].detail
    : /^p\d/.test(statistic)
      ? statistic.toUpperCase().replace('P999', 'P99.9')
      : statistic;

export const withDetail = (label: string, detail: string): string => (detail === '' ? label : `${label} ${detail}`);

/** What a number is called by itself: "PUBLISH to PUBACK P95". */
export const numberLabel = (number: NumberName): string => withDetail(metrics[number.metric].label, detailOf(number));

/** Where others only publish, SUBACK is of other clients than CONNACK, and may come before it. */
function labelOf(arms: readonly ArmCells[], metric: MetricName): string {
  const someSubscribe = arms.some(({ cells }) => cells.some((cell) => isOfSubscribers('connect.suback', cell.metrics)));
  return metric === 'connect.suback' && someSubscribe ? 'Subscriber SUBACK' : metrics[metric].label;
}

/** What an event did to the clients. */
export const outcomes = ['clients.survived', 'clients.reconnected', 'clients.lost', 'clients.unknown'] as const;

/** Of how many clients, over all repeats: those that were asked for, or that were connected when the event happened. */
function ofHowMany(cells: readonly Cell[], { metric, window, fleet }: NumberName): string {
  const count = (name: ValueName): number => combine(cells, { metric: name, statistic: 'value', window, fleet }).value;
  if (metric === 'clients.connected') return ofText(count('clients.asked'));
  if (!outcomes.some((name) => name === metric)) return '';
  // Results of schema 1 have no events with outcomes of their own.
  if (window === undefined) return ofText(count('clients.connected'));
  return ofText(outcomes.reduce((sum, name) => sum + (count(name) || 0), 0));
}

const ofText = (count: number): string => (Number.isNaN(count) ? '' : ` of ${formatCount(count)}`);

type Percentile = 'p50' | 'p95' | 'p99' | 'max';

/** @param window a measure window, or an event; undefined: the whole cell @param fleet undefined: all clients */
export function percentileRows(
  arms: readonly ArmCells[],
  metric: DistributionName,
  percentiles: readonly Percentile[],
  window?: string,
  fleet?: string,
): Row[] {
  return percentiles.flatMap((statistic) => numberRow(arms, { metric, statistic, window, fleet }) ?? []);
}

/** @param window see {@link percentileRows} */
export function valueRows(
  arms: readonly ArmCells[],
  names: readonly ValueName[],
  window?: string,
  fleet?: string,
): Row[] {
  return names.flatMap((metric) => numberRow(arms, { metric, statistic: 'value', window, fleet }) ?? []);
}

/** What round trips alone would cost. @param brief the time without how many round trips it is */
export function theoryRow(arms: readonly ArmCells[], metric: MetricName, brief = false): Row[] {
  const values = arms.map(({ cells: [cell] }) => {
    const roundTrips = cell?.theoryRoundTrips[metric];
    if (cell === undefined || roundTrips === undefined) return '-';
    const { rttMicros } = cell.network;
    if (rttMicros === 0) return `${roundTrips} RTT`;
    return `${brief ? '' : `${roundTrips} RTT `}${formatDuration(roundTrips * rttMicros)}`;
  });
  if (values.every((text) => text === '-')) return [];
  return [{ label: labelOf(arms, metric), detail: 'in theory', values, isTheory: true }];
}
