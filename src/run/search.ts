import { sumOf } from '../base/numbers/sum.js';
import { formatRate } from '../base/units.js';
import { evaluateExpectations } from '../expect/evaluate.js';
import { together } from '../plan/fleets.js';
import { type FleetPlan, type Pace, rateOf } from '../plan/plan.js';
import { capacityText } from '../result/capacity.js';
import { unsureCapacity } from '../result/doubts/load.js';
import type { Cell, Search, SearchProbe } from '../result/types.js';
import { Bisection } from '../scenario/bisection.js';
import { searchPlan } from '../scenario/search-plan.js';
import type { PlannedCell, ResolvedScenario, ResolvedSearch } from '../scenario/types.js';

/** Runs one cell; the engine's, or a test's. */
export type RunProbe = (scenario: ResolvedScenario, cell: PlannedCell, ratePerSecond: number) => Promise<Cell>;

interface SearchHow {
  readonly run: RunProbe;
  readonly stopped: () => boolean;
  readonly note: (line: string) => void;
}

/**
 * Searches the capacity of every arm on every network of these cells, arms in turn. Arms whose runs would be the same
 * share them. Stops early when told to; a search that was not finished then is left out.
 * @param known searches of an earlier run, which are kept
 */
export async function searchCapacities(
  scenario: ResolvedScenario,
  search: ResolvedSearch,
  cells: readonly PlannedCell[],
  how: SearchHow,
  known: readonly Search[] = [],
): Promise<Search[]> {
  const searches = [...known];
  const isKnown = ({ arm, network }: PlannedCell) =>
    known.some((one) => one.arm === arm.name && one.network === network.name);
  for (const { cell, sharedBy } of searchPlan(cells.filter((one) => !isKnown(one)))) {
    const found = await searchCell(probeScenario(scenario, search), search, cell, how);
    if (how.stopped()) break;
    searches.push(found);
    how.note(`  ${cell.id} holds ${capacityText(found)}${found.caution === undefined ? '' : ` (${found.caution})`}`);
    for (const { arm, id } of sharedBy) {
      searches.push({ ...found, arm: arm.name, sharedWith: cell.arm.name });
      how.note(`  ${id}: the same, since without events its runs would be those of ${cell.id}`);
    }
  }
  return searches;
}

async function searchCell(
  scenario: ResolvedScenario,
  search: ResolvedSearch,
  cell: PlannedCell,
  how: SearchHow,
): Promise<Search> {
  const bisection = new Bisection(search);
  const probes: SearchProbe[] = [];
  let withoutVerdict: string | undefined;
  for (let rate = bisection.next(); rate !== undefined && !how.stopped(); rate = bisection.next()) {
    const probe = await probeTwice(scenario, { search, rate }, withRate(cell, search, rate), probes, how);
    if (probe === undefined) break; // a run that was cut short judges nothing
    if (probe.failed) {
      withoutVerdict = `no verdict at ${formatRate(rate)}: ${probe.found}`;
      break;
    }
    bisection.tell(rate, probe.held);
  }
  const unconfirmed = bisection.confirmed ? undefined : `the edge was not confirmed in ${probes.length} runs`;
  const caution = withoutVerdict ?? unconfirmed;
  return {
    arm: cell.arm.name,
    network: cell.network.name,
    ratePerSecond: bisection.held,
    missedPerSecond: bisection.missed,
    probes,
    caution,
  };
}

/**
 * One run at a rate. A run that failed (a refused calibration, a process that ended) says nothing about the rate, so it
 * is tried once more.
 * @returns the verdict, or the second failure; undefined when it was stopped
 */
async function probeTwice(
  scenario: ResolvedScenario,
  { search, rate }: { readonly search: ResolvedSearch; readonly rate: number },
  cell: PlannedCell,
  probes: SearchProbe[],
  how: SearchHow,
): Promise<SearchProbe | undefined> {
  let last: SearchProbe | undefined;
  for (let attempt = 1; attempt <= 2; attempt++) {
    const ran = await how.run(scenario, cell, rate);
    if (how.stopped()) return undefined;
    last = { ratePerSecond: rate, ...judge(search, ran) };
    probes.push(last);
    const outcome = last.failed ? 'no verdict' : last.held ? 'held' : 'not held';
    how.note(`  ${cell.id}: ${formatRate(rate)} ${outcome}${last.held ? '' : ` (${last.found})`}`);
    if (!last.failed || ran.status === 'unsupported') break;
  }
  return last;
}

/** What is still under way after this does not change the verdict on a rate. */
const longestDrainMicros = 2e6;

/** Only traffic: no events, no windows. */
function probeScenario(scenario: ResolvedScenario, search: ResolvedSearch): ResolvedScenario {
  const drainMicros = Math.min(scenario.drainMicros, longestDrainMicros);
  return { ...scenario, trafficMicros: search.trafficMicros, drainMicros, timeline: [], windows: [] };
}

/** The cell at that rate: of its load, of the fleet that is searched, or of all fleets together, each with its share. */
function withRate(cell: PlannedCell, { fleet }: Pick<ResolvedSearch, 'fleet'>, rate: number): PlannedCell {
  if (cell.fleets === undefined) return { ...cell, load: loadAt(cell.load, rate) };
  const all = sumOf(cell.fleets, ({ load }) => rateOf(load) ?? 0);
  const fleets = cell.fleets.map((one) => {
    if (fleet !== undefined) return one.name === fleet ? { ...one, load: loadAt(one.load, rate) } : one;
    return { ...one, load: loadAt(one.load, ((rateOf(one.load) ?? 0) * rate) / all) };
  });
  return { ...cell, fleets, load: together(fleets.map(({ load }) => load)) };
}

const loadAt = (load: FleetPlan, rate: number): FleetPlan =>
  load.publish ? { ...load, publish: { ...load.publish, pace: paceAt(load.publish.pace, rate) } } : load;

function judge(search: ResolvedSearch, cell: Cell): Pick<SearchProbe, 'held' | 'found' | 'failed'> {
  if (cell.status !== 'finished') return { held: false, found: cell.error?.message ?? cell.status, failed: true };
  // What held up the connects says nothing about a rate of messages.
  const doubts = cell.doubts.filter(({ phase }) => phase !== 'connect');
  const outcomes = evaluateExpectations(search.hold, { cells: [{ ...cell, doubts }] });
  const broken = outcomes.filter(({ outcome }) => outcome !== 'held');
  return {
    held: broken.length === 0,
    found: (broken.length > 0 ? broken : outcomes).map(({ text, found }) => `${text}: ${found}`).join('; '),
  };
}

/**
 * The cells at one rate per network: a share of the lowest capacity that any arm
 * has there. Arms without capacity do not lower it, they could only make it 0.
 */
export function belowCapacity(
  cells: readonly PlannedCell[],
  search: ResolvedSearch,
  found: readonly Search[],
): PlannedCell[] {
  return cells.map((cell) => {
    const rates = found
      .filter((one) => one.network === cell.network.name && one.ratePerSecond > 0)
      .map((one) => one.ratePerSecond);
    return rates.length > 0 ? withRate(cell, search, Math.max(1, Math.floor(Math.min(...rates) * search.share))) : cell;
  });
}

/** The cell with the capacity of its arm among its numbers, and what makes it unsure among its doubts. */
export function withCapacity(cell: Cell, found: readonly Search[]): Cell {
  const search = found.find(({ arm, network }) => arm === cell.arm && network === cell.network.name);
  if (!search) return cell;
  const { caution, ratePerSecond, sharedWith } = search;
  const isFound = search.probes.some(({ failed }) => !failed);
  const values = { ...cell.metrics.values, ...(isFound ? { 'rate.capacity': ratePerSecond } : {}) };
  const doubts = caution === undefined ? [] : [unsureCapacity(caution)];
  const note = `rate.capacity was searched with ${sharedWith}: without events the runs of both arms are the same`;
  return {
    ...cell,
    metrics: { ...cell.metrics, values },
    doubts: [...cell.doubts, ...doubts],
    notes: sharedWith === undefined ? cell.notes : [...(cell.notes ?? []), note],
  };
}

/** The same at another rate: what is drawn stays drawn. */
const paceAt = (pace: Pace, perSecond: number): Pace =>
  pace.kind === 'closed' ? { kind: 'rate', perSecond } : { ...pace, perSecond };
