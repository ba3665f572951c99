import { nowMicros } from '../../base/clock.js';
import type { Coordinator } from '../../load/coordinator.js';
import { type Connected, leadMicros } from '../../load/messages.js';
import { endlessSchedule, publishSchedule } from '../../load/pace/schedule.js';
import { timetableOf } from '../../load/pace/timetable.js';
import { type LoadPlan, ownTopics, type Pace, type PublishPlan, rateOf } from '../../plan/plan.js';
import { stagesMicros } from '../../plan/stages.js';
import type { PhaseMeter } from '../../run/usage/phases.js';
import type { LoadFlags } from './options/flags.js';

const pollMillis = 200;
/** The window that `--warmup` opens. */
export const measuredWindow = 'measured';

/**
 * Connect, publish or wait for as long as asked, stop, wait for what is
 * outstanding. An interrupt ends the phase it falls into; the rest still happens,
 * so that what was measured is complete.
 */
export async function playLoad(
  load: Coordinator,
  plan: LoadPlan,
  flags: LoadFlags,
  interrupt: AbortSignal,
  meter: PhaseMeter,
): Promise<void> {
  const connect = async (): Promise<Connected> => {
    await load.warmUp();
    await meter.begin('connect');
    return load.connectAll();
  };
  const connected = await Promise.race([connect(), aborted(interrupt)]);
  if (connected === undefined || connected.connected === 0) return; // interrupted, or nobody there to go on with
  await meter.begin('traffic');
  const length = lengthOf(plan, flags);
  const start = plan.publish === undefined ? nowMicros() : await load.startPublishing(length);
  const stopping = length !== undefined && plan.publish !== undefined ? load.stopPublishing(start + length) : undefined;
  stopping?.catch(() => {}); // the workers died: load.failed tells
  const end = new EarlyEnd(load, plan, interrupt);
  if (flags.warmup !== undefined) {
    const from = start + flags.warmup;
    await until(from - leadMicros, end.signal);
    if (!end.signal.aborted) {
      await load.window(measuredWindow, from);
      await meter.begin(measuredWindow);
    }
  }
  await until(length === undefined ? Number.POSITIVE_INFINITY : start + length, end.signal);
  end.stopWatching();
  if (plan.publish === undefined) return meter.begin(undefined);
  if (end.limitReached) await load.stopPublishing((await load.lastSentMicros()) + 1);
  else if (end.signal.aborted || stopping === undefined) await load.stopPublishing();
  else await stopping;
  await meter.begin('drain');
  if (!end.allGone) await load.drain(flags.linger);
  await meter.begin(undefined);
}

/** What ends a run before its time: an interrupt, a closed loop that has written its limit, or that all clients gave up. */
class EarlyEnd {
  readonly signal: AbortSignal;
  limitReached = false;
  allGone = false;
  private readonly timer: NodeJS.Timeout;

  constructor(load: Coordinator, plan: LoadPlan, interrupt: AbortSignal) {
    const controller = new AbortController();
    this.signal = AbortSignal.any([interrupt, controller.signal]);
    const limit = rateOf(plan) === undefined ? plan.publish?.limit : undefined;
    this.timer = setInterval(() => {
      const { sent = 0, gone } = load.state.progress;
      this.limitReached = limit !== undefined && sent >= limit;
      this.allGone = gone >= plan.clients;
      if (this.limitReached || this.allGone) controller.abort();
    }, pollMillis).unref();
  }

  stopWatching(): void {
    clearInterval(this.timer);
  }
}

/** Microseconds from the start of publishing to its end; undefined: nobody knows beforehand. */
function lengthOf(plan: LoadPlan, flags: LoadFlags): number | undefined {
  const { limit } = plan.publish ?? {};
  const rate = rateOf(plan);
  const byLimit = limit === undefined || rate === undefined ? undefined : limitMicros(plan, limit, rate);
  const length = flags.duration ?? (flags.stages && stagesMicros(flags.stages));
  if (length === undefined) return byLimit;
  return byLimit === undefined ? length : Math.min(byLimit, length);
}

/** So long that the rate of `limit` messages in it is the one asked for: until the next one would be due. */
export function limitMicros(plan: LoadPlan, limit: number, rate: number): number {
  const { shape, firstWait } = (plan.publish as PublishPlan).pace as Exclude<Pace, { kind: 'closed' }>;
  const isEven = shape === undefined || shape.kind === 'burst';
  const steady = isEven ? (limit * 1e6) / rate : (endlessSchedule(plan)?.dueAt(limit) ?? 0);
  const wait = firstWait?.maxMicros ?? 0;
  const last =
    ownTopics(plan) === undefined ? (publishSchedule(plan)?.dueAt(limit - 1) ?? 0) + wait : timetableOf(plan)?.lastDue;
  return Math.max(steady + wait, (last ?? 0) + 1);
}

function until(atMicros: number, interrupt: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const finish = (): void => {
      clearTimeout(timer);
      interrupt.removeEventListener('abort', finish);
      resolve();
    };
    const timer = Number.isFinite(atMicros)
      ? setTimeout(finish, Math.max(0, (atMicros - nowMicros()) / 1000))
      : undefined;
    timer?.unref(); // the workers keep the process alive; when they died it must not wait for the planned end
    if (interrupt.aborted) finish();
    else interrupt.addEventListener('abort', finish);
  });
}

function aborted(signal: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(undefined);
    else signal.addEventListener('abort', () => resolve(undefined), { once: true });
  });
}
