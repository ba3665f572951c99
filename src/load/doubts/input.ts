import type { Histogram } from '../../metrics/histogram.js';
import type { LoadPlan } from '../../plan/plan.js';
import type { ErrorCount, MetricSet } from '../../result/types.js';
import type { DoneLate } from '../merge/done-late.js';
import type { LeftOperations } from '../merge/merged.js';
import type { LoadPhase, WorkerReport } from '../messages.js';

/** What doubts about a load are judged from. */
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
  /** What was not finished when measuring stopped. */
  readonly left: readonly LeftOperations[];
  /** Whether the wait at the end saw everything arrive. */
  readonly drained: boolean;
  /** When the first client was due, monotonic microseconds. */
  readonly connectStart: number;
}
