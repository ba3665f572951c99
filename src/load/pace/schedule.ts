import type { LoadPlan } from '../../plan/plan.js';

/**
 * When things are due. A due time is computed from the start and the index,
 * never from the last send, so delays do not add up and any process can say
 * when message k is due without asking another.
 */
export interface Schedule {
  /** Microseconds after the start at which number `index` (0 …) is due; never falls with the index. */
  dueAt(index: number): number;
  /** How many are due in [0, elapsed). */
  countBefore(elapsedMicros: number): number;
}

/** A fixed rate: number k at k / rate. @param perSecond above 0 */
export function constantRate(perSecond: number): Schedule {
  return counted(
    (index) => (index * 1e6) / perSecond,
    (elapsed) => (elapsed * perSecond) / 1e6,
  );
}

/** The mean rate in groups: `size` at once, and the next group when that many would have been due. */
export function bursts(perSecond: number, size: number): Schedule {
  const group = (index: number): number => index - (index % size);
  return counted(
    (index) => (group(index) * 1e6) / perSecond,
    (elapsed) => (elapsed * perSecond) / 1e6,
  );
}

/**
 * The rate changes evenly from one value to another over a time, then stays. With r(t) = a + (b - a) t / T the
 * count until t is a t + (b - a) t² / 2T; the due time of number k is where that reaches k.
 */
export function ramp(fromPerSecond: number, toPerSecond: number, overMicros: number): Schedule {
  const seconds = overMicros / 1e6;
  const slope = (toPerSecond - fromPerSecond) / seconds;
  const inRamp = ((fromPerSecond + toPerSecond) / 2) * seconds;
  const dueAt = (index: number): number => {
    if (index >= inRamp) return overMicros + ((index - inRamp) * 1e6) / toPerSecond;
    // 2k / (a + sqrt(a² + 2 slope k)): the solution of the quadratic that does not divide by a small slope.
    return ((2 * index) / (fromPerSecond + Math.sqrt(fromPerSecond ** 2 + 2 * slope * index)) || 0) * 1e6;
  };
  const count = (elapsed: number): number => {
    const t = elapsed / 1e6;
    return t >= seconds ? inRamp + (t - seconds) * toPerSecond : fromPerSecond * t + (slope * t * t) / 2;
  };
  return counted(dueAt, count);
}

/** The rate and shape of a plan's publishes, without its limit; undefined for a closed loop. */
export function endlessSchedule(plan: LoadPlan): Schedule | undefined {
  const { rate, shape } = plan.publish ?? {};
  if (rate === undefined) return undefined;
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

/** @param guess about how many are due before; the exact number is found from `dueAt` itself */
function counted(dueAt: (index: number) => number, guess: (elapsed: number) => number): Schedule {
  const countBefore = (elapsed: number): number => {
    if (elapsed <= 0) return 0;
    // The smallest index that is not due before: bisection between bounds around the guess.
    let low = 0;
    let high = Math.ceil(guess(elapsed)) + 1;
    while (dueAt(high) < elapsed) high = high * 2 + 1;
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      if (dueAt(middle) < elapsed) low = middle + 1;
      else high = middle;
    }
    return low;
  };
  return { dueAt, countBefore };
}
