import { mostRuns, usualRuns } from './bisection.js';
import { estimateCellMicros } from './estimate.js';
import type { PlannedCell, ResolvedScenario, ResolvedSearch } from './types.js';

/** A cell whose capacity is searched, and those whose runs would be the same and share what is found. */
export interface PlannedSearch {
  readonly cell: PlannedCell;
  readonly sharedBy: readonly PlannedCell[];
}

/**
 * What a search runs: each arm once per network. Its runs have no events, so arms that differ in nothing but their name
 * (and in what happens to them) would run the same and share one.
 */
export function searchPlan(cells: readonly PlannedCell[]): PlannedSearch[] {
  const plan = new Map<string, { cell: PlannedCell; sharedBy: PlannedCell[] }>();
  for (const cell of cells.filter(({ repeat }) => repeat === 1)) {
    const { name: _, ...arm } = cell.arm;
    const key = JSON.stringify([cell.network.name, Object.entries(arm).sort(([a], [b]) => a.localeCompare(b))]);
    const same = plan.get(key);
    if (same) same.sharedBy.push(cell);
    else plan.set(key, { cell, sharedBy: [] });
  }
  return [...plan.values()];
}

/** Runs and time of all searches together: at most when every rate's second run confirms the first, and at most of all. */
export interface SearchEstimate {
  readonly runs: { readonly usual: number; readonly most: number };
  readonly micros: { readonly usual: number; readonly most: number };
}

export function estimateSearch(
  scenario: ResolvedScenario,
  search: ResolvedSearch,
  cells: readonly PlannedCell[],
): SearchEstimate {
  const probe = { ...scenario, trafficMicros: search.trafficMicros };
  const each = searchPlan(cells).map(({ cell }) => estimateCellMicros(probe, cell.network));
  const of = (runs: number) => ({ runs: runs * each.length, micros: runs * each.reduce((sum, one) => sum + one, 0) });
  const [usual, most] = [of(usualRuns(search.steps)), of(mostRuns(search.steps))];
  return { runs: { usual: usual.runs, most: most.runs }, micros: { usual: usual.micros, most: most.micros } };
}

/** How long a whole scenario takes when nothing goes wrong, the search for capacities included. */
export function estimateScenarioMicros(scenario: ResolvedScenario, cells: readonly PlannedCell[]): number {
  const search = scenario.search ? estimateSearch(scenario, scenario.search, cells).micros.usual : 0;
  return cells.reduce((sum, cell) => sum + estimateCellMicros(scenario, cell.network), search);
}
