import { formatCount } from '../base/units.js';
import type { Cell, Search } from '../result/types.js';
import { evaluateExpectations } from '../scenario/expect.js';
import type { PlannedCell, ResolvedScenario, ResolvedSearch } from '../scenario/types.js';

/**
 * Finds the highest rate that is held by halving the logarithmic range: rates
 * differ by factors, so each step halves the factor that is still unknown. The
 * lowest rate is tried first; the highest never as such, so what is found may
 * be short of it by (to/from)^(1/2^steps).
 */
export class Bisection {
  private held = 0;
  private low: number;
  private high: number;
  private left: number;

  constructor({ fromRate, toRate, steps }: Pick<ResolvedSearch, 'fromRate' | 'toRate' | 'steps'>) {
    this.low = fromRate;
    this.high = toRate;
    this.left = steps + 1;
  }

  /** The next rate to try; undefined when the search is over. */
  next(): number | undefined {
    if (this.left === 0) return undefined;
    return this.held === 0 ? this.low : Math.round(Math.sqrt(this.low * this.high));
  }

  /** What the run at {@link next} came to. */
  tell(rate: number, isHeld: boolean): void {
    this.left--;
    if (isHeld) {
      this.held = rate;
      this.low = rate;
    } else if (this.held === 0) {
      this.left = 0; // not even the lowest
    } else {
      this.high = rate;
    }
  }

  /** Highest rate held so far; 0 when none was. */
  get capacity(): number {
    return this.held;
  }
}

/** Runs one cell; the engine's, or a test's. */
export type RunProbe = (scenario: ResolvedScenario, cell: PlannedCell) => Promise<Cell>;

/** Searches the capacity of every arm on every network of these cells, arms in turn. Stops early when told to. */
export async function searchCapacities(
  scenario: ResolvedScenario,
  search: ResolvedSearch,
  cells: readonly PlannedCell[],
  how: { readonly run: RunProbe; readonly stopped: () => boolean; readonly note: (line: string) => void },
): Promise<Search[]> {
  const searches: Search[] = [];
  for (const cell of cells.filter(({ repeat }) => repeat === 1)) {
    const bisection = new Bisection(search);
    const probes: Search['probes'][number][] = [];
    for (let rate = bisection.next(); rate !== undefined && !how.stopped(); rate = bisection.next()) {
      const probe = await how.run(probeScenario(scenario, search), withRate(cell, rate));
      if (how.stopped()) break; // a run that was cut short judges nothing
      const { held, found } = judge(search, probe);
      bisection.tell(rate, held);
      probes.push({ ratePerSecond: rate, held, found });
      how.note(`  ${cell.id}: ${formatCount(rate)}/s ${held ? 'held' : `not held (${found})`}`);
    }
    searches.push({ arm: cell.arm.name, network: cell.network.name, ratePerSecond: bisection.capacity, probes });
  }
  return searches;
}

/** What is still under way after this does not change the verdict on a rate. */
const longestDrainMicros = 2e6;

/** Only traffic: no events, no windows. */
function probeScenario(scenario: ResolvedScenario, search: ResolvedSearch): ResolvedScenario {
  const drainMicros = Math.min(scenario.drainMicros, longestDrainMicros);
  return { ...scenario, trafficMicros: search.trafficMicros, drainMicros, timeline: [], windows: [] };
}

function withRate(cell: PlannedCell, rate: number): PlannedCell {
  const { publish } = cell.load;
  return publish ? { ...cell, load: { ...cell.load, publish: { ...publish, rate } } } : cell;
}

function judge(search: ResolvedSearch, cell: Cell): { held: boolean; found: string } {
  if (cell.status !== 'finished') return { held: false, found: cell.error?.message ?? cell.status };
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
    return rates.length > 0 ? withRate(cell, Math.max(1, Math.floor(Math.min(...rates) * search.share))) : cell;
  });
}

/** The cell with the capacity of its arm among its numbers. */
export function withCapacity(cell: Cell, found: readonly Search[]): Cell {
  const search = found.find(({ arm, network }) => arm === cell.arm && network === cell.network.name);
  if (!search) return cell;
  const values = { ...cell.metrics.values, 'rate.capacity': search.ratePerSecond };
  return { ...cell, metrics: { ...cell.metrics, values } };
}
