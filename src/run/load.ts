import { endlessSchedule, publishSchedule } from '../load/pace/schedule.js';
import { timetableOf } from '../load/pace/timetable.js';
import { type LoadPlan, type Pace, type PublishPlan, rateOf } from '../plan/plan.js';
import { type Played, type PlayOptions, play } from './play.js';

/** The window of what is measured after the warm-up that was asked for. */
export const measuredWindow = 'measured';

/** How long a load by hand lasts; undefined: until it is stopped, or has written its limit. */
export interface LoadTimes {
  readonly durationMicros: number | undefined;
  /** From the begin of the traffic. */
  readonly warmupMicros: number | undefined;
  readonly lingerMicros: number;
}

/**
 * Plays a load by hand: one cell without a lab, against a broker that is there already.
 * @param stop ends the phase it falls into; what was measured is complete all the same
 */
export async function playLoad(
  plan: LoadPlan,
  { durationMicros, warmupMicros, lingerMicros }: LoadTimes,
  stop: AbortSignal,
  options: PlayOptions,
): Promise<Played> {
  const { transport } = plan.target;
  const trafficMicros = lengthOf(plan, durationMicros);
  const played = await play(
    {
      about: {
        id: transport,
        arm: transport,
        transport,
        network: { name: 'direct', profile: {}, rttMicros: 0 },
        repeat: 1,
      },
      course: {
        trafficMicros,
        onlyListens: plan.publish === undefined,
        drainMicros: lingerMicros,
        windows: warmupMicros === undefined ? [] : [{ name: measuredWindow, fromMicros: warmupMicros }],
        timeline: [],
        stop,
      },
      prepare: async () => ({ plans: [plan] }),
    },
    options,
  );
  // Without a length a signal is how a run ends, not how it is broken off.
  const isCut = stop.aborted && (trafficMicros !== undefined || plan.publish?.limit !== undefined);
  if (!isCut || played.cell.status !== 'finished') return played;
  return { ...played, cell: { ...played.cell, status: 'interrupted' } };
}

/** Microseconds from the start of publishing to its end; undefined: nobody knows beforehand. */
function lengthOf(plan: LoadPlan, durationMicros: number | undefined): number | undefined {
  const { limit } = plan.publish ?? {};
  const rate = rateOf(plan);
  const byLimit = limit === undefined || rate === undefined ? undefined : limitMicros(plan, limit, rate);
  if (durationMicros === undefined) return byLimit;
  return byLimit === undefined ? durationMicros : Math.min(byLimit, durationMicros);
}

/** So long that the rate of `limit` messages in it is the one asked for: until the next one would be due. */
function limitMicros(plan: LoadPlan, limit: number, rate: number): number {
  const { shape, firstWait } = (plan.publish as PublishPlan).pace as Exclude<Pace, { kind: 'closed' }>;
  const isEven = shape === undefined || shape.kind === 'burst';
  const steady = isEven ? (limit * 1e6) / rate : (endlessSchedule(plan)?.dueAt(limit) ?? 0);
  const wait = firstWait?.maxMicros ?? 0;
  const last = timetableOf(plan)?.lastDue ?? (publishSchedule(plan)?.dueAt(limit - 1) ?? 0) + wait;
  return Math.max(steady + wait, last + 1);
}
