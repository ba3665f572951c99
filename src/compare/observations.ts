import type { DistributionName, MetricName, ValueName } from '../metrics/registry.js';
import type { Cell, MetricSet, Result } from '../result/types.js';
import type { Statistic } from './types.js';

/** All finished repeats of one arm on one network. */
export interface CellRepeats {
  /** `tls@30ms`: what is the same in every repeat. */
  readonly cell: string;
  readonly arm: string;
  readonly network: string;
  readonly repeats: readonly Cell[];
}

/** What identifies a cell across repeats and results. */
export function cellName(cell: Pick<Cell, 'arm' | 'network'>): string {
  return `${cell.arm}@${cell.network.name}`;
}

/** The same from a planned cell's id, which ends in `#2` for a second repeat. */
export function cellOfId(id: string): string {
  return id.replace(/#\d+$/, '');
}

/** Groups the cells of any number of results by arm and network, in the order of their first appearance. */
export function cellRepeats(results: readonly Result[]): CellRepeats[] {
  const groups = new Map<string, { cell: string; arm: string; network: string; repeats: Cell[] }>();
  for (const cell of results.flatMap((result) => result.cells)) {
    const name = cellName(cell);
    const group = groups.get(name) ?? { cell: name, arm: cell.arm, network: cell.network.name, repeats: [] };
    groups.set(name, group);
    if (cell.status === 'finished') group.repeats.push(cell);
  }
  return [...groups.values()];
}

/**
 * One number per repeat; a repeat that did not measure it is left out.
 * @param window a measure window of the scenario; undefined: the whole cell
 */
export function observations(
  repeats: readonly Cell[],
  metric: MetricName,
  statistic: Statistic,
  window?: string,
): number[] {
  const found: number[] = [];
  for (const cell of repeats) {
    const set = window === undefined ? cell.metrics : cell.windows[window];
    const value = set && numberOf(set, metric, statistic);
    if (value !== undefined && Number.isFinite(value)) found.push(value);
  }
  return found;
}

/** A number of one set of metrics; undefined when it was not measured or had no samples. */
export function numberOf(set: MetricSet, metric: MetricName, statistic: Statistic): number | undefined {
  if (statistic === 'value') return set.values[metric as ValueName];
  const distribution = set.distributions[metric as DistributionName];
  return distribution && distribution.count > 0 ? distribution[statistic] : undefined;
}
