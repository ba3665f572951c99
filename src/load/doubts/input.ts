import type { Histogram } from '../../metrics/histogram.js';
import type { LoadPlan } from '../../plan/plan.js';
import type { ErrorCount, MetricSet } from '../../result/types.js';
import type { DoneLate } from '../merge/done-late.js';
import type { LeftOperations } from '../merge/merged.js';
import type { LoadPhase, WorkerReport } from '../messages.js';

/** An operation that the generator began later than this is visible in latencies of a few milliseconds. */
export const lateLimitMicros = 5_000;
/** So many may be late: percentiles up to the P99 do not show them. */
export const lateShareLimit = 0.01;

export interface DoubtInput {
  readonly plan: LoadPlan;
  readonly reports: readonly WorkerReport[];
  readonly metrics: MetricSet;
  /** Of all workers, by kind. */
  readonly errors: readonly ErrorCount[];
  readonly windows: Readonly<Record<string, MetricSet>>;
  /** `loop.delay` by phase, over all workers. */
  readonly loops: Readonly<Record<LoadPhase, Histogram>>;
  /** What was left when publishing ended, where that is much. */
  readonly late: DoneLate | undefined;
  readonly left: readonly LeftOperations[];
  readonly drained: boolean;
  /** When the first client was due, monotonic microseconds. */
  readonly connectStart: number;
}
