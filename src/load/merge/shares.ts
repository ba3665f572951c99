import { sumOf } from '../../base/numbers/sum.js';
import { Histogram } from '../../metrics/histogram.js';
import type { LoadPlan } from '../../plan/plan.js';
import type { WorkerShare } from '../contract.js';
import type { WorkerReport } from '../messages.js';
import { shareOf } from '../pace/split.js';

/** What each worker had of the load; those that are gone are not there. */
export function sharesOf(plans: readonly LoadPlan[], reports: readonly WorkerReport[]): WorkerShare[] {
  return reports.map((report) => {
    const { fleet, share, everConnected, use, firstLateMicros } = report;
    // Every fleet has its workers in a row.
    const before = new Map(reports.filter((one) => one.fleet < fleet).map((one) => [one.fleet, one.share.workers]));
    return {
      worker: sumOf(before.values(), (workers) => workers) + share.worker,
      clients: shareOf((plans[fleet] as LoadPlan).clients, share),
      connected: everConnected,
      ...{ use, firstLateMicros, lateP99Micros: lateP99(report) },
    };
  });
}

function lateP99({ segments }: WorkerReport): number | undefined {
  const late = new Histogram();
  for (const { histograms } of segments) if (histograms['publish.late']) late.addData(histograms['publish.late']);
  return late.count === 0 ? undefined : late.percentile(99);
}
