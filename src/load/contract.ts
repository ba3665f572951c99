import type { ProcessUse } from '../metrics/resources.js';
import type { Doubt, ErrorCount, LedgerRow, MetricSet, RoleResources, Timeline } from '../result/types.js';
import type { AddressUse } from '../transport/address-book.js';

/** Counts while it runs, for the progress line; sent about twice a second. */
export interface LoadProgress {
  readonly connected: number;
  /** The fewest that were connected at once since it was sent last. */
  readonly connectedLeast: number;
  readonly gone: number;
  readonly failed: number;
  readonly offered?: number;
  readonly sent?: number;
  readonly acknowledged: number;
  readonly received: number;
  readonly inFlight: number;
  readonly lateSends: number;
  readonly ackP95Micros: number;
}

/** What a worker process had of a load. */
export interface WorkerShare {
  /** Its number among all workers of the cell. */
  readonly worker: number;
  readonly clients: number;
  /** Of these the ones that were up once. */
  readonly connected: number;
  readonly use: ProcessUse;
  /** How late publishes were written, µs: the first, and the P99 of all; absent: none was ever due. */
  readonly firstLateMicros?: number | undefined;
  readonly lateP99Micros?: number | undefined;
}

/** What a fleet came to, or all fleets of a cell together. */
export interface FleetReport {
  readonly metrics: MetricSet;
  /** By measure window opened with `Coordinator.window(name)`. */
  readonly windows: Readonly<Record<string, MetricSet>>;
  /** By event marked with `Coordinator.mark(name)`: what became of the clients, and reconnect.* of those it cut. */
  readonly events: Readonly<Record<string, MetricSet>>;
}

/** What one cell's load came to, merged over all workers. */
export interface LoadReport extends FleetReport {
  /** By name, where the cell has several. */
  readonly fleets?: Readonly<Record<string, FleetReport>>;
  readonly ledger: readonly LedgerRow[];
  readonly errors: readonly ErrorCount[];
  /** Which addresses of the broker's names were connected to. */
  readonly addresses: readonly AddressUse[];
  readonly counters: Readonly<Record<string, number>>;
  readonly timeline: Timeline;
  readonly resources: RoleResources;
  /** What each worker did, in the order of their numbers. */
  readonly workers: readonly WorkerShare[];
  readonly doubts: readonly Doubt[];
}
