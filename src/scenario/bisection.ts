import type { ResolvedSearch } from './types.js';

/** How often a rate was held and how often not. */
interface Tally {
  readonly held: number;
  readonly missed: number;
}

const untried: Tally = { held: 0, missed: 0 };
/** So many runs with the same outcome settle a rate: 2 of at most 3. */
const settled = 2;

/**
 * Finds where the rates that are held end, on a grid of 2^steps + 1 rates from the lowest to the highest, equal factors
 * apart. The lowest is tried first; then the factor that is still unknown is halved with one run per rate. One run is no
 * proof, so the last rate held and the first one missed are then confirmed: each needs two runs of the same outcome out
 * of at most three. A rate whose second run says otherwise moves the edge, and the search goes on from there. When all
 * below was held, the highest rate itself is tried and confirmed.
 */
export class Bisection {
  private readonly rates: readonly number[];
  private readonly tallies = new Map<number, Tally>();
  private left: number;

  constructor(search: Pick<ResolvedSearch, 'fromRate' | 'toRate' | 'steps'>) {
    this.rates = gridOf(search);
    this.left = mostRuns(search.steps);
  }

  /** The next rate to try; undefined when the edge is confirmed, or the runs are used up. */
  next(): number | undefined {
    const place = this.left > 0 ? this.nextPlace() : undefined;
    return place === undefined ? undefined : this.rates[place];
  }

  /** What the run at {@link next} came to. */
  tell(rate: number, isHeld: boolean): void {
    this.left--;
    const place = this.rates.indexOf(rate);
    const { held, missed } = this.tallies.get(place) ?? untried;
    this.tallies.set(place, isHeld ? { held: held + 1, missed } : { held, missed: missed + 1 });
  }

  /** Highest rate held below the lowest that was not; 0 when not even the lowest was. */
  get held(): number {
    const place = this.edge().held;
    return place === undefined ? 0 : (this.rates[place] as number);
  }

  /** Lowest rate that was not held; undefined when all that were tried were. */
  get missed(): number | undefined {
    const place = this.edge().missed;
    return place === undefined ? undefined : this.rates[place];
  }

  /** Whether both sides of the edge were found twice, with no rate between them. */
  get confirmed(): boolean {
    return this.nextPlace() === undefined;
  }

  private nextPlace(): number | undefined {
    const contested = [...this.tallies].find(([, { held, missed }]) => held === missed);
    if (contested) return contested[0];
    if (!this.tallies.has(0)) return 0;
    const { held, missed } = this.edge();
    const top = this.rates.length - 1;
    if (held !== undefined && held < top && (missed ?? top + 1) - held > 1) {
      // All held up to the last but one: the highest itself. Else the middle.
      return missed === undefined && held === top - 1 ? top : (held + (missed ?? top)) >> 1;
    }
    // The miss first: one unlucky run may hide everything above it.
    return [missed, held].find((place) => place !== undefined && !this.isSettled(place));
  }

  /** By the majority of its runs each; what lies above a rate that was not held does not count. */
  private edge(): { held: number | undefined; missed: number | undefined } {
    const places = [...this.tallies.keys()].sort((a, b) => a - b);
    const tally = (place: number): Tally => this.tallies.get(place) ?? untried;
    const missed = places.find((place) => tally(place).missed > tally(place).held);
    const held = places.filter(
      (place) => (missed === undefined || place < missed) && tally(place).held > tally(place).missed,
    );
    return { held: held.at(-1), missed };
  }

  private isSettled(place: number): boolean {
    const { held, missed } = this.tallies.get(place) ?? untried;
    return Math.max(held, missed) >= settled;
  }
}

/** Whole messages per second; where the steps are finer than that, fewer rates. */
function gridOf({ fromRate, toRate, steps }: Pick<ResolvedSearch, 'fromRate' | 'toRate' | 'steps'>): number[] {
  const places = 2 ** steps;
  const factor = toRate / fromRate;
  return [
    ...new Set(Array.from({ length: places + 1 }, (_, place) => Math.round(fromRate * factor ** (place / places)))),
  ];
}

/**
 * Runs of a search, at most, in which every second run says what the first one did: the lowest rate, the halvings and both
 * sides of the edge once more. One more where all but the highest rate is held, for that one is tried last.
 */
export const usualRuns = (steps: number): number => 1 + steps + 1 + settled;

/** Runs that a search takes at most, enough to begin anew once; what is not confirmed then is said so. */
export const mostRuns = (steps: number): number => usualRuns(steps) + steps + 1;
