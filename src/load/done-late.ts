import type { DistributionName } from '../metrics/registry.js';
import type { Distribution } from '../result/types.js';
import type { LoadPlan } from './contract.js';
import type { WorkerReport } from './messages.js';
import { type Counts, noCounts } from './recorder.js';

/** Beyond what is on its way at any time: a twentieth of all. */
const lateShare = 0.05;

/** What counts as done: QoS 0 is written, the others are acknowledged. */
export function doneKey({ publish }: LoadPlan): 'sent' | 'acknowledged' {
  return publish?.qos === 0 ? 'sent' : 'acknowledged';
}

/** What a run at a fixed rate had not done when publishing ended, and did while it lingered. */
export interface DoneLate {
  readonly key: ReturnType<typeof doneKey>;
  readonly done: number;
  readonly counts: Counts;
}

/**
 * Work that was left when publishing ended, if it is more than what is under way at any time. Counted into a rate it
 * would hide that the path could not keep up.
 */
export function doneLate(
  plan: LoadPlan,
  reports: readonly WorkerReport[],
  acks: { readonly [name in DistributionName]?: Pick<Distribution, 'min'> },
): DoneLate | undefined {
  const { publish } = plan;
  if (publish?.rate === undefined) return undefined;
  const key = doneKey(plan);
  const counts = noCounts();
  let done = 0;
  for (const { atEnd, totals } of reports) {
    if (atEnd === undefined) continue;
    done += totals[key];
    for (const name of Object.keys(counts) as (keyof Counts)[]) counts[name] += totals[name] - atEnd.counts[name];
  }
  const underWay = (publish.rate * (acks['publish.ack']?.min ?? 0)) / 1e6;
  return counts[key] > done * lateShare + underWay + 1 ? { key, done, counts } : undefined;
}
