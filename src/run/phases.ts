import { nowMicros } from '../base/clock.js';
import { sleep } from '../base/sleep.js';
import type { Lab } from '../lab/contract.js';
import type { Coordinator } from '../load/coordinator.js';
import { type LoadPlan, rateOf } from '../plan/plan.js';
import type { EventRecord } from '../result/types.js';
import type { MeasureWindow, TimelineEvent } from '../scenario/types.js';
import type { Phase } from './progress.js';
import { playTimeline, type Stage } from './timeline.js';
import type { PhaseMeter } from './usage/phases.js';

/** What a load does after its clients are connected. */
export interface Course {
  /** Undefined: nobody knows beforehand how long it lasts. 0: only connects are measured. */
  readonly trafficMicros: number | undefined;
  /** The messages are of others, or there are none: nothing begins, and nothing is waited for at the end. */
  readonly onlyListens?: boolean;
  /** How long is waited for what is still under way when the traffic ends. */
  readonly drainMicros: number;
  readonly windows: readonly MeasureWindow[];
  readonly timeline: readonly TimelineEvent[];
  /**
   * Ends the phase it falls into; the rest still happens, so that what was measured is complete. Where there is one, the
   * load ends by itself, too: when nobody was let in, all have given up, or a closed loop has written its limit. Without,
   * it takes its time, so that the cells of a comparison last equally long.
   */
  readonly stop?: AbortSignal;
}

/** Who takes part. */
export interface Players {
  readonly load: Coordinator;
  /** Of each fleet. */
  readonly plans: readonly Pick<LoadPlan, 'fleet' | 'clients' | 'publish'>[];
  readonly meter: PhaseMeter;
  readonly lab: Lab | undefined;
  readonly peers: Stage['peers'];
  /** Breaks it off. */
  readonly signal: AbortSignal;
  onPhase(phase: Phase): void;
}

/**
 * The way of a load through its phases: connect, traffic with its events and windows, and the wait for what is under way.
 * @param records receives each event with its proof
 * @throws what breaks it off
 */
export async function playPhases(players: Players, course: Course, records: EventRecord[]): Promise<void> {
  const { load, meter, onPhase, signal } = players;
  const { trafficMicros, onlyListens = false, stop } = course;
  onPhase('connect');
  const connecting = connect(load, meter);
  const isIn = await (stop ? Promise.race([connecting, sleep(Number.POSITIVE_INFINITY, stop)]) : connecting);
  if (stop && !isIn) return;
  await meter.begin(trafficMicros === 0 ? undefined : 'traffic');
  if (trafficMicros === 0) return;
  onPhase('traffic');
  const startMicros = onlyListens ? nowMicros() : await load.startPublishing(trafficMicros);
  const stopping =
    onlyListens || trafficMicros === undefined ? undefined : load.stopPublishing(startMicros + trafficMicros);
  stopping?.catch(() => {}); // the workers died: load.failed tells
  const end = new EarlyEnd(players, stop);
  const { stage, opened } = stageOf(players);
  const span = { startMicros, trafficMicros: trafficMicros ?? Number.POSITIVE_INFINITY, signal: end.signal };
  try {
    await playTimeline(stage, course.timeline, course.windows, span, records);
  } catch (error) {
    signal.throwIfAborted();
    if (!end.signal.aborted) throw error;
    await opened();
  } finally {
    end.stopWatching();
  }
  if (onlyListens) return meter.begin(undefined);
  if (end.limitReached) await load.stopPublishing((await load.lastSentMicros()) + 1);
  else if (end.signal.aborted || stopping === undefined) await load.stopPublishing();
  else await stopping;
  onPhase('drain');
  await meter.begin('drain');
  if (!end.allGone) await load.drain(course.drainMicros);
  await meter.begin(undefined);
}

/** @returns whether anybody is connected */
async function connect(load: Coordinator, meter: PhaseMeter): Promise<boolean> {
  await load.warmUp();
  await meter.begin('connect');
  return (await load.connectAll()).connected > 0;
}

/** What the timeline acts on, and the wait for the window that is just being opened. */
function stageOf({ load, meter, plans, lab, peers }: Players): { stage: Stage; opened: () => Promise<void> } {
  let opening = Promise.resolve();
  const open = async (name: string, atMicros: number): Promise<void> => {
    await load.window(name, atMicros);
    await meter.begin(name);
  };
  const stage: Stage = {
    lab,
    leadMicros: load.leadMicros,
    fleets: plans.map(({ fleet = '', clients }) => ({ name: fleet, clients })),
    mark: (event) => load.mark(event),
    happened: (event, when) => load.happened(event, when),
    addressesChanged: (addresses) => load.moveTo(addresses),
    openWindow: (name, atMicros) => {
      opening = open(name, atMicros);
      return opening;
    },
    cut: (how) => load.cut(how),
    peers,
  };
  return { stage, opened: () => opening };
}

const pollMillis = 200;

/** What ends the traffic before its time. */
class EarlyEnd {
  readonly signal: AbortSignal;
  limitReached = false;
  allGone = false;
  private readonly timer: NodeJS.Timeout | undefined;

  constructor({ load, plans, signal }: Players, stop: AbortSignal | undefined) {
    const controller = new AbortController();
    this.signal = AbortSignal.any([signal, controller.signal, ...(stop ? [stop] : [])]);
    if (stop === undefined) return;
    const [only, ...others] = plans as [Players['plans'][number]];
    const limit = others.length === 0 && rateOf(only) === undefined ? only.publish?.limit : undefined;
    const clients = plans.reduce((sum, plan) => sum + plan.clients, 0);
    this.timer = setInterval(() => {
      const { sent = 0, gone } = load.state.progress;
      this.limitReached = limit !== undefined && sent >= limit;
      this.allGone = gone >= clients;
      if (this.limitReached || this.allGone) controller.abort();
    }, pollMillis).unref();
  }

  stopWatching(): void {
    clearInterval(this.timer);
  }
}
