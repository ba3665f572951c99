import { pid } from 'node:process';
import { nowMicros } from '../base/clock.js';
import { Disposer } from '../base/disposer.js';
import { codeOf, MqbenchError, messageOf } from '../base/errors.js';
import type { Spawn } from '../base/process/child.js';
import { sleep } from '../base/sleep.js';
import type { LoadProgress } from '../load/contract.js';
import { Coordinator } from '../load/coordinator.js';
import type { LoadPlan } from '../plan/plan.js';
import { teardownDoubt } from '../result/doubts/result.js';
import type { Cell, CellStatus } from '../result/types.js';
import { theoryRoundTrips } from '../scenario/theory.js';
import type { AgentService } from './agents/service.js';
import { agentsInCell } from './agents/told.js';
import { type CellState, collect, costed, errorsOfCell, type Scene, salvage } from './collect.js';
import { type Course, playPhases } from './phases.js';
import type { Phase } from './progress.js';
import { PhaseMeter } from './usage/phases.js';
import { Family } from './usage/proc.js';
import { readRoles } from './usage/roles.js';
import { RoleWatch, type Watched } from './watch.js';

export interface PlayOptions {
  readonly workers: number;
  /** Other machines that the load runs on, instead of this one. */
  readonly agents?: AgentService | undefined;
  /** Breaks the cell off. */
  readonly signal?: AbortSignal;
  onPhase(phase: Phase): void;
  onLoad(progress: LoadProgress): void;
  /** Something that whoever watches should know at once. */
  onNote?(line: string): void;
  /** The workers are there, and nothing is dialled yet. */
  onStarted?(load: Coordinator): Promise<void>;
}

/** What the load of a cell needs before it begins. */
export interface Prepared {
  /** Of each fleet. */
  readonly plans: readonly LoadPlan[];
  /** How workers are started; default on this host. */
  readonly spawn?: Spawn;
  /** Processes that nobody else looks after. */
  readonly watched?: readonly Watched[];
}

/** One cell, as it is to be played. */
export interface Play {
  readonly about: Pick<Cell, 'id' | 'arm' | 'transport' | 'network' | 'repeat'>;
  readonly course: Course;
  /** Absent: a load by hand, against a broker that is not ours and without a network of its own. */
  readonly scene?: Scene;
  /** What it makes stands in the state, and how it is undone in the disposer. */
  prepare(state: CellState, disposer: Disposer): Promise<Prepared>;
}

export interface Played {
  readonly cell: Cell;
  /** What broke it off. */
  readonly failure?: unknown;
  /** Whether anything was measured. */
  readonly measured: boolean;
  /** What the workers could not do when they ended. */
  readonly untidy?: unknown;
}

/**
 * Plays one cell from an empty machine to an empty machine: what it needs, load, events, measurement, clean-up. Never
 * throws: a failure becomes a failed cell that keeps what was measured until then.
 */
export async function play(what: Play, options: PlayOptions): Promise<Played> {
  const { about, scene } = what;
  const startedAt = new Date();
  const began = nowMicros();
  const state: CellState = { events: [], resources: [], counters: {}, doubts: [] };
  const disposer = new Disposer();
  let status: CellStatus = 'finished';
  let failure: unknown;
  try {
    await measure(what, options, state, disposer);
  } catch (thrown) {
    failure = thrown;
    status = options.signal?.aborted ? 'interrupted' : isUnsupported(thrown) ? 'unsupported' : 'failed';
    if (status !== 'unsupported') await salvage(state, what, nowMicros() - began);
  }
  state.doubts.push(...(state.watch?.end() ?? []));
  for (const line of await disposer.dispose()) state.doubts.push(teardownDoubt(line));
  const { report } = state;
  const cell: Cell = {
    ...about,
    status,
    error: failure === undefined ? undefined : cellError(failure),
    startedAt: startedAt.toISOString(),
    durationMicros: Math.round(nowMicros() - began),
    ...costed(scene, state, status === 'finished'),
    windows: report?.windows ?? {},
    ...(report?.fleets && { fleets: report.fleets }),
    theoryRoundTrips: scene ? theoryRoundTrips(scene.cell.arm, scene.cell.load, scene.cell.fleets) : {},
    ledger: report?.ledger ?? [],
    errors: errorsOfCell(report?.errors ?? [], state.events),
    addresses: report?.addresses.length ? report.addresses : undefined,
    ...agentsInCell(state.crew, report),
    link: state.link,
    calibration: state.calibration && { ...state.calibration },
    events: state.events,
    resources: state.resources,
    phases: state.meter?.phases,
    counters: { ...state.counters, ...report?.counters },
    timeline: report?.timeline,
    doubts: [...state.doubts, ...(report?.doubts ?? [])],
  };
  return { cell, failure, measured: report !== undefined, untidy: state.untidy };
}

async function measure(
  { course, scene, prepare }: Play,
  options: PlayOptions,
  state: CellState,
  disposer: Disposer,
): Promise<void> {
  const { plans, spawn, watched = [] } = await prepare(state, disposer);
  const crew = await options.agents?.crewFor(plans, options.onNote);
  state.crew = crew;
  const load = await Coordinator.start(plans, { workers: options.workers, spawn, crew });
  const close = (): Promise<void> =>
    load.close().catch((error) => {
      state.untidy = error;
      throw error;
    });
  disposer.add('load workers', close);
  state.load = load;
  load.onProgress(options.onLoad);
  await options.onStarted?.(load);
  const { broker, lab, front } = state;
  const family = new Family(pid, broker?.apart);
  const watch = new RoleWatch(watched, options.onNote);
  state.watch = watch;
  const meter = new PhaseMeter(() =>
    readRoles({ load, broker, front, lab, family, isElsewhere: options.agents?.isElsewhere === true }),
  );
  state.meter = meter;

  const over = new AbortController();
  disposer.add('timeline', () => over.abort());
  const signal = options.signal ? AbortSignal.any([options.signal, over.signal]) : over.signal;
  const roles = [load, watch, broker, lab, front].filter((role) => role !== undefined);
  const died = Promise.race([...roles.map(({ failed }) => failed), aborted(signal)]);
  died.catch(() => {});
  const peers = async () => ((await broker?.peers()) ?? []).map((peer) => peer.address.host);
  const perform = async (): Promise<void> => {
    await playPhases({ load, plans, meter, lab, peers, signal, onPhase: options.onPhase }, course, state.events);
    options.onPhase('collect');
    await collect(state, { load, plans, course, scene });
  };
  await Promise.race([perform(), died]);
}

/** This machine lacks something that only this arm needs: the others can run. */
const isUnsupported = (thrown: unknown): boolean =>
  ['MQB_UNSUPPORTED', 'MQB_CONGESTION_CONTROL', 'MQB_QUIC_UNAVAILABLE'].includes(codeOf(thrown));

/** Why a cell ended before its time, as it stands in a result. */
function cellError(thrown: unknown): NonNullable<Cell['error']> {
  const hint = thrown instanceof MqbenchError ? thrown.hint : undefined;
  return { code: codeOf(thrown), message: messageOf(thrown), hint };
}

async function aborted(signal: AbortSignal): Promise<never> {
  await sleep(Number.POSITIVE_INFINITY, signal);
  throw signal.reason;
}
