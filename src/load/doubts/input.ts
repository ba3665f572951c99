import type { Histogram } from '../../metrics/histogram.js';
import type { MetricSet } from '../../result/types.js';
import type { LoadPlan } from '../contract.js';
import type { DoneLate } from '../done-late.js';
import type { WorkerReport } from '../messages.js';

/** What doubts about a load are judged from. */
export interface DoubtInput {
  readonly plan: LoadPlan;
  readonly reports: readonly WorkerReport[];
  readonly metrics: MetricSet;
  readonly windows: Readonly<Record<string, MetricSet>>;
  /** The part of `loop.delay` that was measured from the first due publish on. */
  readonly loopOfTraffic: Histogram;
  /** What was left when publishing ended, where that is much. */
  readonly late: DoneLate | undefined;
}
