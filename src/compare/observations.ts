import type { DistributionName, ValueName } from '../metrics/registry.js';
import { breachesOf } from '../result/breaches.js';
import { setOf } from '../result/set-of.js';
import type { Cell, NumberName, Result, Search } from '../result/types.js';
import type { Failed, Unfinished } from './types.js';

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
function cellName(cell: Pick<Cell, 'arm' | 'network'>): string {
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
  const [arm = ''] = name.split('@');
  const network = name.slice(arm.length + 1);
  const cells = results.flatMap(({ cells: all, provenance: { seed } }) =>
    all.filter((cell) => cellName(cell) === name).map((cell) => ({ round: `${seed}#${cell.repeat}`, cell })),
  );
  const searches = results.flatMap(({ searches: all = [], provenance: { seed } }) =>
    all
      .filter((search) => search.arm === arm && search.network === network)
      .map((search) => ({ round: `${seed}#1`, search })),
  );
  const planned = results.flatMap(plannedNames).filter((one) => one === name).length;
  const finished = cells.filter(({ cell }) => cell.status === 'finished');
  const repeats = finished.map(({ cell }) => cell);
  const ran = cells.map(({ cell }) => cell);
  return {
    cell: name,
    arm,
    network,
    repeats,
    rounds: finished.map(({ round }) => round),
    searches,
    unfinished: unfinishedOf(name, planned, ran),
    failed: failedOf(name, repeats),
  };
}

/** What cannot run on this machine at all is not counted: it says nothing about the build. */
function unfinishedOf(name: string, planned: number, ran: readonly Cell[]): Unfinished | undefined {
  const possible = Math.max(planned, ran.length) - ran.filter(({ status }) => status === 'unsupported').length;
  const finished = ran.filter(({ status }) => status === 'finished').length;
  if (finished >= possible) return undefined;
  const bad = ran.filter(({ status }) => status === 'failed' || status === 'interrupted');
  const reasons = [
    ...bad.filter(({ status }) => status === 'failed').map(({ error }) => error?.message ?? 'failed'),
    ...(bad.some(({ status }) => status === 'interrupted') ? ['interrupted'] : []),
    ...(possible > finished + bad.length ? ['never ran'] : []),
  ];
  return { cell: name, planned: possible, finished, reasons: [...new Set(reasons)] };
}

/** However good its numbers are: who acknowledges nothing is never slow. */
function failedOf(name: string, finished: readonly Cell[]): Failed | undefined {
  const reasons = finished.map(breachesOf).filter((breaches) => breaches.length > 0);
  if (reasons.length === 0) return undefined;
  return { cell: name, finished: finished.length, failed: reasons.length, reasons: [...new Set(reasons.flat())] };
}

/**
 * One number per repeat; a repeat that did not measure it is left out. A capacity was searched once for all repeats of
 * a result, and counts once.
 */
export function observed(group: CellRepeats, name: NumberName): Observation[] {
  if (name.metric === 'rate.capacity' && group.searches.length > 0) {
    return group.searches.map(({ round, search }) => ({ round, value: search.ratePerSecond }));
  }
  return group.repeats.flatMap((cell, i) => {
    const value = numberOf(cell, name);
    const bound = isAtLeast(cell, name) ? { atLeast: true as const } : {};
    return Number.isFinite(value) ? [{ round: group.rounds[i] as string, value, ...bound }] : [];
  });
}

/** Of one repeat; NaN where it was not measured. */
export function numberOf(cell: Cell, name: NumberName): number {
  const { metric, statistic } = name;
  const set = setOf(cell, name);
  if (statistic === 'value') return set?.values[metric as ValueName] ?? Number.NaN;
  const distribution = set?.distributions[metric as DistributionName];
  return distribution && distribution.count > 0 ? distribution[statistic] : Number.NaN;
}

/** Whether it is the least that it can be: operations that had not ended are in it with their age. */
export function isAtLeast(cell: Cell, name: NumberName): boolean {
  const { metric, statistic } = name;
  if (statistic === 'value') return false;
  return setOf(cell, name)?.distributions[metric as DistributionName]?.atLeast?.includes(statistic) ?? false;
}
