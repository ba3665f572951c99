import type { Role } from '../base/process/role.js';

/** Worker processes that are there already, on other machines: what {@link WorkerTeam} starts its own for otherwise. */
export interface Crew {
  /** Worker processes that it has. */
  readonly size: number;
  /** Orders are given so long before they take effect: each of them travels, and has to be everywhere by then. */
  readonly leadMicros: number;
  /** A worker each, by their numbers. @param workers more than {@link size} where the cell has more fleets than that */
  staff(workers: number): Role[];
  /** Called with the numbers of workers that are gone although the load goes on without them. */
  onLost(listener: (workers: readonly number[]) => void): void;
}
