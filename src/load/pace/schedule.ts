import type { LoadPlan } from '../../plan/plan.js';
import type { RateStage } from '../../plan/stages.js';

/**
 * When things are due. A due time is computed from the start and the index, never from the last send, so delays do not
 * add up and any process can say when message k is due without asking another.
 */
export interface Schedule {
  /** Microseconds after the start at which number `index` (0 …) is due; never falls with the index. */
  dueAt(index: number): number;
  /** How many are due in [0, elapsed). */
  countBefore(elapsedMicros: number): number;
}

/** A fixed rate: number k at k / rate. @param perSecond above 0 */
export function constantRate(perSecond: number): Schedule {
  return counted((index) => (index * 1e6) / perSecond);
}

/** The mean rate in groups: `size` at once, and the next group when that many would have been due. */
export function bursts(perSecond: number, size: number): Schedule {
  return counted((index) => ((index - (index % size)) * 1e6) / perSecond);
}

/** A stretch in which the rate changes evenly; times in seconds, counts of messages from the begin of the schedule. */
interface Stretch {
  readonly from: number;
  readonly rate: number;
  /** Messages per second, each second. */
  readonly slope: number;
  readonly before: number;
  readonly after: number;
}

/**
 * One stage after the other, from a first rate on; after the last its rate stays. With r(t) = a + (b - a) t / T the count
 * until t is a t + (b - a) t² / 2T, and number k is due where that reaches k.
 */
export function stages(fromPerSecond: number, list: readonly RateStage[]): Schedule {
  const stretches: Stretch[] = [];
  let [rate, from, before] = [fromPerSecond, 0, 0];
  for (const { toPerSecond, overMicros } of list) {
    const seconds = overMicros / 1e6;
    if (seconds > 0) {
      const after = before + ((rate + toPerSecond) / 2) * seconds;
      stretches.push({ from, rate, slope: (toPerSecond - rate) / seconds, before, after });
      from += seconds;
      before = after;
    }
    rate = toPerSecond;
  }
  const rest: Stretch = { from, rate, slope: 0, before, after: Infinity };
  return counted((index) => {
    let at = 0;
    while (index >= (stretches[at]?.after ?? Infinity)) at++;
    const { from, rate, slope, before } = stretches[at] ?? rest;
    const more = index - before;
    if (more <= 0) return rate > 0 || slope > 0 ? from * 1e6 : Infinity;
    // 2k / (a + sqrt(a² + 2 slope k)): the solution of the quadratic that does not divide by a small slope.
    return (from + (2 * more) / (rate + Math.sqrt(Math.max(0, rate ** 2 + 2 * slope * more)))) * 1e6;
  });
}

/** The rate changes evenly from one value to another over a time, then stays. */
export const ramp = (fromPerSecond: number, toPerSecond: number, overMicros: number): Schedule =>
  stages(fromPerSecond, [{ toPerSecond, overMicros }]);

/** The rate and shape of a plan's publishes, without its limit; undefined for a closed loop. */
export function endlessSchedule(plan: LoadPlan): Schedule | undefined {
  const pace = plan.publish?.pace;
  if (pace === undefined || pace.kind === 'closed') return undefined;
  const { perSecond: rate, shape } = pace;
  if (shape?.kind === 'stages') return stages(0, shape.stages);
  if (shape?.kind === 'ramp') return ramp(shape.fromPerSecond, rate, shape.overMicros);
  return shape?.kind === 'burst' ? bursts(rate, shape.size) : constantRate(rate);
}

/** The schedule of a plan's publishes; undefined for a closed loop, where acknowledgements set the pace. */
export function publishSchedule(plan: LoadPlan): Schedule | undefined {
  const { limit } = plan.publish ?? {};
  const endless = endlessSchedule(plan);
  if (endless === undefined) return undefined;
  if (limit === undefined) return endless;
  return {
    dueAt: (index) => (index < limit ? endless.dueAt(index) : Number.POSITIVE_INFINITY),
    countBefore: (elapsed) => Math.min(limit, endless.countBefore(elapsed)),
  };
}

const counted = (dueAt: (index: number) => number): Schedule => ({
  dueAt,
  countBefore: (elapsed) => firstFrom(dueAt, elapsed),
});

/** The smallest index that is not due before `elapsed`, which is finite; `dueAt` must not fall. */
export function firstFrom(dueAt: (index: number) => number, elapsed: number): number {
  let low = 0;
  let high = 1;
  while (dueAt(high) < elapsed) high *= 2;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (dueAt(middle) < elapsed) low = middle + 1;
    else high = middle;
  }
  return low;
}
