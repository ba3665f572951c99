import { sumOf } from '../../base/numbers/sum.js';
import { type LoadPlan, rateOf } from '../../plan/plan.js';
import type { MetricSet } from '../../result/types.js';
import { timetableOf } from '../pace/timetable.js';
import { doneLate, receivedLate } from './done-late.js';
import type { Merged } from './merged.js';

/** When a load did what, monotonic microseconds. */
export interface Timing {
  readonly connectStart: number;
  /** 0: nothing was published. */
  readonly publishStart: number;
  readonly publishEnd: number;
  /** Whether the wait at the end saw everything arrive. */
  readonly drained: boolean;
}

export interface RateInput extends Pick<Timing, 'publishStart' | 'publishEnd'> {
  readonly plan: LoadPlan;
  /** A closed loop that had written all its messages before its time was over. */
  readonly endedByLimit: boolean;
  /** Where the cell has several fleets, what all of them publish: subscribers get it, whichever fleet they are in. */
  readonly all?: AllPublished | undefined;
}

/** What the fleets of a cell publish together. */
export interface AllPublished {
  /** Messages that were written at least once. */
  readonly sent: number;
  /** Undefined: some of them publish in a closed loop. */
  readonly perSecond: number | undefined;
}

/** Messages and rates of a window, or of the whole. */
export function messageValues(input: RateInput, merged: Merged, isWhole: boolean): MetricSet['values'] {
  const { plan, publishStart, publishEnd, all } = input;
  const { counts, spans } = merged;
  const seconds = publishStart === 0 ? 0 : secondsBetween(spans, publishStart, publishEnd);
  const scheduled = sumOf(spans, ({ from, to }) => offeredBetween(input, from, to));
  const offered = rateOf(plan) === undefined ? counts.offered : scheduled;
  const received = receivedPerSecond(input, merged, seconds, isWhole);
  // Of several fleets one that publishes nothing has no such rate.
  const hasRate = seconds > 0 && (all === undefined || plan.publish !== undefined);
  return {
    'messages.offered': offered,
    'messages.sent': counts.sent,
    'messages.resent': counts.resent,
    'messages.acknowledged': counts.acknowledged,
    'messages.received': counts.received,
    'messages.duplicate': counts.duplicate,
    'messages.disordered': counts.disordered,
    ...(plan.publish === undefined ? {} : { 'messages.outstanding': merged.outstanding }),
    ...(hasRate ? { 'rate.offered': offered / seconds } : {}),
    ...(hasRate ? { 'rate.achieved': achievedPerSecond(input, merged, seconds, isWhole) } : {}),
    ...(received === undefined ? {} : { 'rate.received': received }),
  };
}

/** Publishes due in [from, to), by the schedule itself: exact, whatever the workers managed. */
function offeredBetween({ plan, publishStart, publishEnd }: RateInput, from: number, to: number): number {
  const timetable = timetableOf(plan);
  if (timetable === undefined || publishStart === 0) return 0;
  const until = (at: number): number => timetable.countBefore(Math.min(at, publishEnd) - publishStart);
  return until(to) - until(from);
}

/** How much of the spans lies between two times, seconds. */
const secondsBetween = (spans: Merged['spans'], start: number, end: number): number =>
  sumOf(spans, ({ from, to }) => Math.max(0, Math.min(to, end) - Math.max(from, start))) / 1e6;

/**
 * What was done, by the time of publishing. A run at a fixed rate may finish what was on its way when publishing ended,
 * as every second of it had begun with what the one before had left; a window and a closed loop may not. A closed loop
 * that ends with its last message has nothing to publish while the answers come: its time ends with the last of them.
 */
function achievedPerSecond(input: RateInput, merged: Merged, seconds: number, isWhole: boolean): number {
  const { plan, publishStart, endedByLimit } = input;
  const { completed, afterwards, spans, lastDone } = merged;
  const done = completed.done + afterwards.done;
  if (endedByLimit) return done === 0 ? 0 : done / secondsBetween(spans, publishStart, lastDone);
  if (!isWhole || rateOf(plan) === undefined) return completed.done / seconds;
  return (done - (doneLate(plan, merged)?.late ?? 0)) / seconds;
}

/** Over the time of publishing; where programs of others publish, from the first arrival to the last. */
function receivedPerSecond(
  { plan, publishStart, endedByLimit, all }: RateInput,
  merged: Merged,
  publishing: number,
  isWhole: boolean,
): number | undefined {
  if (plan.subscribe === undefined) return undefined;
  const { completed, afterwards, spans, firstArrival, lastArrival } = merged;
  const received = completed.received + afterwards.received;
  if (plan.publish === undefined && all === undefined) {
    const micros = lastArrival - firstArrival;
    return received > 1 && micros > 0 ? ((received - 1) * 1e6) / micros : undefined;
  }
  if (publishing === 0) return undefined;
  if (endedByLimit && received > 0) return received / secondsBetween(spans, publishStart, lastArrival);
  if (!isWhole) return completed.received / publishing;
  return (received - receivedLate(plan, merged, all)) / publishing;
}
