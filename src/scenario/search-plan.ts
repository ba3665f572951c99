import { mostRuns, usualRuns } from './bisection.js';
import { estimateCellMicros } from './estimate.js';
import type { PlannedCell, ResolvedScenario, ResolvedSearch } from './types.js';

/**
 * What a search runs: each arm once per network. Its runs have no events, so arms that differ in nothing but their name
 * (and in what happens to them) would run the same and share what is found.
 */
export function searchPlan(
  cells: readonly PlannedCell[],
): { readonly cell: PlannedCell; readonly sharedBy: readonly PlannedCell[] }[] {
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

/** Runs and time of all searches together: usually at most, when every rate's second run confirms the first, and at most of all. */
export function estimateSearch(scenario: ResolvedScenario, search: ResolvedSearch, cells: readonly PlannedCell[]) {
  const probe = { ...scenario, trafficMicros: search.trafficMicros };
  const each = searchPlan(cells).map(({ cell }) => estimateCellMicros(probe, cell.network));
  const micros = each.reduce((sum, one) => sum + one, 0);
  const [usual, most] = [usualRuns(search.steps), mostRuns(search.steps)];
  return {
    runs: { usual: usual * each.length, most: most * each.length },
    micros: { usual: usual * micros, most: most * micros },
  };
}

/** How long a whole scenario takes when nothing goes wrong, the search for capacities included. */
export function estimateScenarioMicros(scenario: ResolvedScenario, cells: readonly PlannedCell[]): number {
  const search = scenario.search ? estimateSearch(scenario, scenario.search, cells).micros.usual : 0;
  return cells.reduce((sum, cell) => sum + estimateCellMicros(scenario, cell.network), search);
}
