import type { DistributionName, MetricName, ValueName } from '../metrics/registry.js';
import { breachesOf } from '../result/breaches.js';
import { setOf } from '../result/set-of.js';
import type { Cell, MetricSet, Result, Search } from '../result/types.js';
import type { Failed, Statistic, Unfinished } from './types.js';

/** All repeats of one arm on one network. */
export interface CellRepeats {
  /** `tls@30ms`: what is the same in every repeat. */
  readonly cell: string;
  readonly arm: string;
  readonly network: string;
  /** Those that finished. */
  readonly repeats: readonly Cell[];
  /** For each of them the round that it belongs to: both sides of a round ran with the same seed. */
  readonly rounds: readonly string[];
  /** One per result, however often its cells were repeated. */
  readonly searches: readonly { readonly round: string; readonly search: Search }[];
  /** Undefined: every planned repeat finished, or cannot run on this machine at all. */
  readonly unfinished?: Unfinished;
  /** Undefined: every repeat that finished is a success. */
  readonly failed?: Failed;
}

/** A number, and the round it is of. */
export interface Observation {
  readonly round: string;
  readonly value: number;
  /** It is the least that it can be: unfinished operations are in it with their age. Absent: it is exact. */
  readonly atLeast?: true;
}

/** What identifies a cell across repeats and results. */
export function cellName(cell: Pick<Cell, 'arm' | 'network'>): string {
  return `${cell.arm}@${cell.network.name}`;
}

/** The same from a planned cell's id, which ends in `#2` for a second repeat. */
export function cellOfId(id: string): string {
  return id.replace(/#\d+$/, '');
}

/** What was planned, by the names of its cells: one that ran says it itself, as the id of a load command's cell is its arm alone. */
function plannedNames({ planned, cells }: Result): string[] {
  const ran = new Map(cells.map((cell) => [cell.id, cellName(cell)]));
  return planned.map((id) => ran.get(id) ?? cellOfId(id));
}

/** Groups the cells of any number of results by arm and network, in the order of their first appearance; planned ones that never ran last. */
export function cellRepeats(results: readonly Result[]): CellRepeats[] {
  const names = new Set([...results.flatMap((result) => result.cells.map(cellName)), ...results.flatMap(plannedNames)]);
  return [...names].map((name) => group(name, results));
}

function group(name: string, results: readonly Result[]): CellRepeats {
  const at = name.indexOf('@');
  const [arm, network] = [name.slice(0, at), name.slice(at + 1)];
  const cells = results.flatMap((result) =>
    result.cells
      .filter((cell) => cellName(cell) === name)
      .map((cell) => ({ round: `${result.provenance.seed}#${cell.repeat}`, cell })),
  );
  const searches = results.flatMap((result) =>
    (result.searches ?? [])
      .filter((search) => search.arm === arm && search.network === network)
      .map((search) => ({ round: `${result.provenance.seed}#1`, search })),
  );
  const planned = results.flatMap(plannedNames).filter((one) => one === name).length;
  const finished = cells.filter(({ cell }) => cell.status === 'finished');
  return {
    cell: name,
    arm,
    network,
    repeats: finished.map(({ cell }) => cell),
    rounds: finished.map(({ round }) => round),
    searches,
    ...unfinishedOf(
      name,
      planned,
      cells.map(({ cell }) => cell),
    ),
    ...failedOf(
      name,
      finished.map(({ cell }) => cell),
    ),
  };
}

/** What cannot run on this machine at all is not counted: it says nothing about the build. */
function unfinishedOf(name: string, planned: number, cells: readonly Cell[]): { unfinished?: Unfinished } {
  const of = (status: Cell['status']) => cells.filter((cell) => cell.status === status);
  const [finished, failed, interrupted] = [of('finished'), of('failed'), of('interrupted')];
  const possible = Math.max(planned, cells.length) - of('unsupported').length;
  const notRun = possible - finished.length - failed.length - interrupted.length;
  if (finished.length >= possible) return {};
  const reasons = [
    ...failed.map(({ error }) => error?.message ?? 'failed'),
    ...(interrupted.length > 0 ? ['interrupted'] : []),
    ...(notRun > 0 ? ['never ran'] : []),
  ];
  return { unfinished: { cell: name, planned: possible, finished: finished.length, reasons: [...new Set(reasons)] } };
}

/** However good its numbers are: who acknowledges nothing is never slow. */
function failedOf(name: string, finished: readonly Cell[]): { failed?: Failed } {
  const reasons = finished.map(breachesOf).filter((breaches) => breaches.length > 0);
  if (reasons.length === 0) return {};
  return {
    failed: { cell: name, finished: finished.length, failed: reasons.length, reasons: [...new Set(reasons.flat())] },
  };
}

/**
 * One number per repeat; a repeat that did not measure it is left out. A capacity was searched once for all repeats of
 * a result, and counts once.
 * @param window a measure window or an event of the scenario; undefined: the whole cell
 */
export function observed(group: CellRepeats, metric: MetricName, statistic: Statistic, window?: string): Observation[] {
  if (metric === 'rate.capacity' && group.searches.length > 0) {
    return group.searches.map(({ round, search }) => ({ round, value: search.ratePerSecond }));
  }
  const found: Observation[] = [];
  for (const [index, cell] of group.repeats.entries()) {
    const value = numberIn(cell, metric, statistic, window);
    if (value === undefined) continue;
    const bound = isAtLeast(cell, metric, statistic, window) ? { atLeast: true as const } : {};
    found.push({ round: group.rounds[index] as string, value, ...bound });
  }
  return found;
}

/** One number per cell that has it. */
export function observations(
  repeats: readonly Cell[],
  metric: MetricName,
  statistic: Statistic,
  window?: string,
): number[] {
  return repeats.flatMap((cell) => numberIn(cell, metric, statistic, window) ?? []);
}

function numberIn(cell: Cell, metric: MetricName, statistic: Statistic, window?: string): number | undefined {
  const set = setOf(cell, { metric, window });
  const value = set && numberOf(set, metric, statistic);
  return value !== undefined && Number.isFinite(value) ? value : undefined;
}

function isAtLeast(cell: Cell, metric: MetricName, statistic: Statistic, window?: string): boolean {
  if (statistic === 'value' || statistic === 'present') return false;
  const { atLeast } = setOf(cell, { metric, window })?.distributions[metric as DistributionName] ?? {};
  return atLeast?.includes(statistic) ?? false;
}

/** A number of one set of metrics; undefined when it was not measured or had no samples. */
export function numberOf(set: MetricSet, metric: MetricName, statistic: Statistic): number | undefined {
  if (statistic === 'present') return undefined; // of a repeat, not of a set
  if (statistic === 'value') return set.values[metric as ValueName];
  const distribution = set.distributions[metric as DistributionName];
  return distribution && distribution.count > 0 ? distribution[statistic] : undefined;
}
