import { pid } from 'node:process';
import { nowMicros } from '../base/clock.js';
import { Disposer } from '../base/disposer.js';
import { codeOf } from '../base/errors.js';
import { type Spawn, spawnHere, spawnMaster } from '../base/process/child.js';
import type { BrokerReady } from '../broker/contract.js';
import { type BrokerHandle, startBroker } from '../broker/process.js';
import type { Lab } from '../lab/contract.js';
import { openLab } from '../lab/lab.js';
import type { LoadProgress } from '../load/contract.js';
import { Coordinator } from '../load/coordinator.js';
import type { EventTime } from '../load/messages.js';
import { teardownDoubt } from '../result/doubts/result.js';
import type { Cell, CellStatus, Provenance } from '../result/types.js';
import { theoryRoundTrips } from '../scenario/theory.js';
import type { PlannedCell, ResolvedScenario } from '../scenario/types.js';
import { type CellState, collect, costed, eventsOf, salvage } from './collect.js';
import { calibrationDoubts, refuseOffLink } from './doubts/calibration.js';
import { errorsOfCell } from './errors.js';
import { Nginx } from './nginx.js';
import { cellError } from './partial.js';
import { brokerOptions, loadPlan } from './plan.js';
import type { Phase } from './progress.js';
import { playTimeline } from './timeline.js';
import { PhaseMeter } from './usage/phases.js';
import { Family } from './usage/proc.js';
import { readRoles } from './usage/roles.js';
import { RoleWatch, type Watched } from './watch.js';

export interface CellOptions {
  readonly workers: number;
  readonly signal: AbortSignal;
  onPhase(phase: Phase): void;
  onLoad(progress: LoadProgress): void;
  /** Something that whoever watches should know at once. */
  onNote?(line: string): void;
  /** The lab is open; said for provenance. */
  onLab(lab: NonNullable<Provenance['lab']>): void;
}

/**
 * Runs one cell from an empty machine to an empty machine: lab, broker, load,
 * events, measurement, clean-up. Never throws: a failure becomes a failed cell
 * that keeps what was measured until then.
 */
export async function runCell(scenario: ResolvedScenario, cell: PlannedCell, options: CellOptions): Promise<Cell> {
  const startedAt = new Date();
  const began = nowMicros();
  const state: CellState = { events: [], resources: [], counters: {}, doubts: [] };
  const disposer = new Disposer();
  let status: CellStatus = 'finished';
  let error: Cell['error'];
  try {
    await measure(scenario, cell, options, state, disposer);
  } catch (thrown) {
    status = options.signal.aborted ? 'interrupted' : isUnsupported(thrown) ? 'unsupported' : 'failed';
    error = cellError(thrown);
    if (status !== 'unsupported') await salvage(state, nowMicros() - began);
  }
  state.doubts.push(...(state.watch?.end() ?? []));
  for (const failure of await disposer.dispose()) {
    state.doubts.push(teardownDoubt(failure));
  }
  return {
    ...identity(cell),
    status,
    error,
    startedAt: startedAt.toISOString(),
    durationMicros: Math.round(nowMicros() - began),
    ...costed(scenario, cell, state, status === 'finished'),
    windows: state.report?.windows ?? {},
    theoryRoundTrips: theoryRoundTrips(cell.arm, cell.load),
    ledger: state.report?.ledger ?? [],
    errors: errorsOfCell(state.report?.errors ?? [], state.events),
    ...((state.report?.addresses.length ?? 0) === 0 ? {} : { addresses: state.report?.addresses }),
    link: state.link,
    calibration: state.calibration && { ...state.calibration },
    events: state.events,
    resources: state.resources,
    phases: state.meter?.phases,
    counters: { ...state.counters, ...state.report?.counters },
    timeline: state.report?.timeline,
    doubts: [...state.doubts, ...(state.report?.doubts ?? [])],
  };
}

async function measure(
  scenario: ResolvedScenario,
  cell: PlannedCell,
  options: CellOptions,
  state: CellState,
  disposer: Disposer,
): Promise<void> {
  options.onPhase('network');
  const lab = await prepareLab(scenario, cell, options, state, disposer);
  options.signal.throwIfAborted();

  options.onPhase('broker');
  const spawnIn = (place: 'client' | 'server') =>
    lab ? (command: string, args: readonly string[], more = {}) => lab.spawn(place, command, args, more) : spawnHere;
  const broker = await startBroker(
    brokerOptions(cell, scenario.lab, lab?.serverAddress ?? '127.0.0.1'),
    spawnIn('server'),
  );
  disposer.add('broker', () => broker.close());
  state.broker = broker;

  const server = await frontOf(cell, broker.ready, lab ? spawnIn('server') : spawnMaster, state, disposer);
  const plan = loadPlan(cell, scenario.lab, server, lab?.clientAddresses ?? []);
  const load = await Coordinator.start(plan, { workers: options.workers, spawn: spawnIn('client') });
  disposer.add('load workers', () => load.close());
  state.load = load;
  load.onProgress(options.onLoad);
  state.watch = watchOver(broker, lab, state.nginx, options.onNote);

  const died = Promise.race([
    load.failed,
    broker.failed,
    ...(lab ? [lab.failed] : []),
    ...(state.nginx ? [state.nginx.failed] : []),
    state.watch.failed,
    aborted(options.signal, disposer),
  ]);
  died.catch(() => {});
  await Promise.race([drive(scenario, cell, options, state, load), died]);
}

function watchOver(
  broker: BrokerHandle,
  lab: Lab | undefined,
  nginx: Nginx | undefined,
  say: CellOptions['onNote'],
): RoleWatch {
  const parts = [
    { name: 'the broker', pid: broker.pid },
    { name: 'the link emulator', pid: lab?.roles.emulator },
  ].filter((part): part is Watched => typeof part.pid === 'number');
  return new RoleWatch([...parts, ...(nginx?.watched ? [nginx.watched] : [])], say);
}

/** What clients dial: the broker, or nginx in front of it. */
async function frontOf(
  cell: PlannedCell,
  broker: BrokerReady,
  spawn: Spawn,
  state: CellState,
  disposer: Disposer,
): Promise<BrokerReady> {
  const tcp = broker.addresses.tcp;
  if (cell.arm.terminator !== 'nginx' || !tcp) return broker;
  const listen = { host: tcp.host, port: state.lab ? 8883 : 18_883 };
  const tlsVersion = cell.arm.tlsVersion ?? '1.3';
  // Only in the lab are the routes ours to change.
  const congestionControl = state.lab ? cell.arm.congestionControl : undefined;
  const nginx = await Nginx.start({ listen, broker: tcp, tlsVersion, congestionControl, spawn });
  disposer.add('nginx', () => nginx.close());
  state.nginx = nginx;
  return { addresses: { tls: listen }, ca: nginx.ca };
}

/** The load's way through its phases; everything that can die is raced against by the caller. */
async function drive(
  scenario: ResolvedScenario,
  cell: PlannedCell,
  options: CellOptions,
  state: CellState,
  load: Coordinator,
): Promise<void> {
  const broker = state.broker as BrokerHandle;
  const family = new Family(pid);
  const meter = new PhaseMeter(() => readRoles({ load, broker, nginx: state.nginx, lab: state.lab, family }));
  state.meter = meter;
  options.onPhase('connect');
  await load.warmUp();
  await meter.begin('connect');
  await load.connectAll();
  await meter.begin(scenario.trafficMicros > 0 ? 'traffic' : undefined);
  if (scenario.trafficMicros > 0) {
    options.onPhase('traffic');
    const startMicros = await load.startPublishing(scenario.trafficMicros);
    const stage = {
      lab: state.lab,
      clients: cell.load.clients,
      mark: (event: string) => load.mark(event),
      happened: (event: string, when: EventTime) => load.happened(event, when),
      addressesChanged: (addresses: readonly string[]) => load.moveTo(addresses),
      openWindow: async (name: string, atMicros: number) => {
        await load.window(name, atMicros);
        await meter.begin(name);
      },
      cut: (how: { politely: boolean; perSecond?: number; event: string }) => load.cut(how),
      peers: async () => (await broker.peers()).map((peer) => peer.address.host),
    };
    const span = { startMicros, trafficMicros: scenario.trafficMicros, signal: options.signal };
    const stopped = load.stopPublishing(startMicros + scenario.trafficMicros);
    await Promise.all([stopped, playTimeline(stage, eventsOf(scenario, cell), scenario.windows, span, state.events)]);
    options.onPhase('drain');
    await meter.begin('drain');
    await load.drain(scenario.drainMicros);
    await meter.begin(undefined);
  }
  options.onPhase('collect');
  await collect(scenario, cell, state, load);
}

async function prepareLab(
  scenario: ResolvedScenario,
  cell: PlannedCell,
  options: CellOptions,
  state: CellState,
  disposer: Disposer,
): Promise<Lab | undefined> {
  if (!scenario.lab) return undefined;
  const { profile, rttMicros } = cell.network;
  const lab = await openLab({
    ...scenario.lab,
    profile,
    seed: cell.seed,
    nat: { unknownFlows: cell.network.nat ?? 'forward' },
  });
  disposer.add('lab', async () => {
    const left = await lab.close();
    if (left.length > 0) throw new Error(left.join('; '));
  });
  state.lab = lab;
  options.onLab({ backend: lab.backend, description: lab.description });
  const calibration = await lab.calibrate();
  state.calibration = calibration;
  refuseOffLink(profile, rttMicros, calibration);
  state.doubts.push(...calibrationDoubts(profile, calibration));
  return lab;
}

/** This machine lacks something that only this arm needs: the others can run. */
const isUnsupported = (thrown: unknown): boolean =>
  ['MQB_UNSUPPORTED', 'MQB_CONGESTION_CONTROL', 'MQB_QUIC_UNAVAILABLE'].includes(codeOf(thrown));

function identity(cell: PlannedCell): Pick<Cell, 'id' | 'arm' | 'transport' | 'network' | 'repeat'> {
  return {
    id: cell.id,
    arm: cell.arm.name,
    transport: cell.arm.transport,
    network: { name: cell.network.name, profile: { ...cell.network.profile }, rttMicros: cell.network.rttMicros },
    repeat: cell.repeat,
  };
}

/** The signal outlives the cell: its listener goes with the cell. */
function aborted(signal: AbortSignal, disposer: Disposer): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) return reject(signal.reason);
    const onAbort = (): void => reject(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    disposer.add('abort listener', () => signal.removeEventListener('abort', onAbort));
  });
}
