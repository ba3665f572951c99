import { type LoadPlan, ownTopics, rateOf } from '../../plan/plan.js';
import type { Merged } from './merged.js';
import type { AllPublished } from './rates.js';

/** Beyond what is on its way at any time: a twentieth of all. */
const lateShare = 0.05;

/** What has happened to a publish that is done. */
export function doneWord(plan: LoadPlan): string {
  const levels = new Set((ownTopics(plan) ?? [{ qos: plan.publish?.qos }]).map(({ qos }) => qos));
  if (!levels.has(0)) return 'acknowledged';
  return levels.size === 1 ? 'written' : 'written (QoS 0) or acknowledged';
}

/** What a run at a fixed rate had not done when publishing ended, and did while it lingered. */
export interface DoneLate {
  /** Of so many publishes that were done in all … */
  readonly done: number;
  /** … so many were only then. */
  readonly late: number;
}

/**
 * Work that was left when publishing ended, if it is more than what is under way at any time. Counted into a rate it
 * would hide that the path could not keep up.
 */
export function doneLate(plan: LoadPlan, whole: Pick<Merged, 'completed' | 'afterwards' | 'histograms'>) {
  const rate = rateOf(plan);
  if (rate === undefined) return undefined;
  const ack = whole.histograms.get('publish.ack');
  return muchLate(rate, ack?.min, whole.completed.done, whole.afterwards.done);
}

/** The same of deliveries: subscribers may be behind where the broker is not. @param all where the cell has several fleets */
export function receivedLate(
  plan: LoadPlan,
  whole: Pick<Merged, 'completed' | 'afterwards' | 'histograms' | 'counts'>,
  all: AllPublished = { perSecond: rateOf(plan), sent: whole.counts.sent },
): number {
  const { perSecond: rate, sent } = all;
  if (rate === undefined) return whole.afterwards.received;
  const copies = whole.counts.received / Math.max(1, sent);
  const e2e = whole.histograms.get('delivery.e2e');
  return muchLate(rate * copies, e2e?.min, whole.completed.received, whole.afterwards.received)?.late ?? 0;
}

function muchLate(rate: number, shortest: number | undefined, inTime: number, late: number): DoneLate | undefined {
  const done = inTime + late;
  const underWay = shortest === undefined || Number.isNaN(shortest) ? 0 : (rate * shortest) / 1e6;
  return late > done * lateShare + underWay + 1 ? { done, late } : undefined;
}
