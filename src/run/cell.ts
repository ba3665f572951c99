import { pid } from 'node:process';
import { type Spawn, spawnHere } from '../base/child.js';
import { nowMicros } from '../base/clock.js';
import { Disposer } from '../base/disposer.js';
import { codeOf, MqbenchError, messageOf } from '../base/errors.js';
import type { BrokerReady } from '../broker/contract.js';
import { type BrokerHandle, startBroker } from '../broker/process.js';
import type { Calibration, Lab } from '../lab/contract.js';
import { openLab } from '../lab/lab.js';
import type { LoadProgress, LoadReport } from '../load/contract.js';
import { Coordinator } from '../load/coordinator.js';
import type { EventTime } from '../load/messages.js';
import type { Cell, CellStatus, Doubt, EventRecord, MetricSet, Provenance } from '../result/types.js';
import { theoryRoundTrips } from '../scenario/theory.js';
import type { PlannedCell, ResolvedScenario, TimelineEvent } from '../scenario/types.js';
import { costsOf } from './costs.js';
import { boundDoubts } from './doubts/bound.js';
import { calibrationDoubts, refuseOffLink } from './doubts/calibration.js';
import { eventDoubts, outcomeDoubts } from './doubts/events.js';
import { networkDoubts } from './doubts/network.js';
import { receiveDropDoubts } from './doubts/receive-drops.js';
import { stormDoubts } from './doubts/storm.js';
import { Nginx } from './nginx.js';
import { PhaseMeter } from './phases.js';
import { brokerOptions, loadPlan } from './plan.js';
import { Family } from './proc.js';
import type { Phase } from './progress.js';
import { brokerResources, readRoles, resourcesOf } from './roles.js';
import { playTimeline } from './timeline.js';

export interface CellOptions {
  readonly workers: number;
  readonly signal: AbortSignal;
  onPhase(phase: Phase): void;
  onLoad(progress: LoadProgress): void;
  /** The lab is open; said for provenance. */
  onLab(lab: NonNullable<Provenance['lab']>): void;
}

/** Clients of which nothing was asked since an event are asked at the end, for at least this long. */
const leastAskMicros = 1e6;
/** Who is told so late that its connection is dead comes back within this. */
const longestReturnMicros = 2e6;

/** What is known of a cell while it runs; what is there when it ends becomes the cell. */
interface CellState {
  lab?: Lab;
  broker?: BrokerHandle;
  calibration?: Calibration;
  events: EventRecord[];
  report?: LoadReport;
  link?: Cell['link'];
  resources: Cell['resources'];
  nginx?: Nginx;
  meter?: PhaseMeter;
  counters: Record<string, number>;
  doubts: Doubt[];
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
    error = describe(thrown);
  }
  for (const failure of await disposer.dispose()) {
    state.doubts.push({ code: 'teardown-failed', message: failure });
  }
  return {
    ...identity(cell),
    status,
    error,
    startedAt: startedAt.toISOString(),
    durationMicros: Math.round(nowMicros() - began),
    ...costed(scenario, cell, state),
    windows: state.report?.windows ?? {},
    theoryRoundTrips: theoryRoundTrips(cell.arm, cell.load),
    ledger: state.report?.ledger ?? [],
    errors: state.report?.errors ?? [],
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

/** What the load measured, with what it cost the broker, the machine and the wire. */
function costed(
  scenario: ResolvedScenario,
  cell: PlannedCell,
  { report, meter, events }: CellState,
): Pick<Cell, 'metrics' | 'billed'> {
  if (!report) return { metrics: { distributions: {}, values: {} } };
  const { distributions, values } = report.metrics;
  const phases = meter?.phases ?? [];
  const costs = costsOf(scenario, cell, { phases, values, windows: report.windows, events });
  return { metrics: { distributions, values: { ...values, ...costs.values } }, billed: costs.billed };
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

  const server = await frontOf(cell, broker.ready, spawnIn('server'), state, disposer);
  const plan = loadPlan(cell, scenario.lab, server, lab?.clientAddresses ?? []);
  const load = await Coordinator.start(plan, { workers: options.workers, spawn: spawnIn('client') });
  disposer.add('load workers', () => load.close());
  load.onProgress(options.onLoad);

  const died = Promise.race([
    load.failed,
    broker.failed,
    ...(lab ? [lab.failed] : []),
    aborted(options.signal, disposer),
  ]);
  died.catch(() => {});
  await Promise.race([drive(scenario, cell, options, state, load), died]);
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
    const startMicros = await load.startPublishing();
    const stage = {
      lab: state.lab,
      clients: cell.load.clients,
      mark: (event: string) => load.mark(event),
      happened: (event: string, when: EventTime) => load.happened(event, when),
      addressesChanged: (addresses: readonly string[]) => load.moveTo(addresses),
      openWindow: async (name: string) => {
        await load.window(name);
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

async function collect(
  scenario: ResolvedScenario,
  cell: PlannedCell,
  state: CellState,
  load: Coordinator,
): Promise<void> {
  const stats = await (state.broker as BrokerHandle).stats();
  const link = await state.lab?.reading();
  const askMicros = Math.min(
    cell.load.deadAfterMicros + longestReturnMicros,
    Math.max(scenario.drainMicros, leastAskMicros),
  );
  const report = await load.collect({ askMicros });
  state.report = report;
  state.events = state.events.map((event) => withOutcome(event, report.events[event.name]));
  state.counters = Object.fromEntries(Object.entries(stats.counters).map(([name, count]) => [`broker.${name}`, count]));
  const nginx = state.nginx ? [state.nginx.resources()] : [];
  const emulator = link?.emulator ? [resourcesOf('emulator', link.emulator.use)] : [];
  state.resources = [report.resources, brokerResources(stats), ...nginx, ...emulator];
  const { phases = [], linkPhases = [] } = state.meter ?? {};
  if (link && state.lab) {
    state.link = { up: { ...link.counters.up }, down: { ...link.counters.down } };
    state.doubts.push(...networkDoubts(state.lab.backend, cell.arm, linkPhases, link.counters));
  }
  const windows = scenario.windows.map(({ name }) => name);
  state.doubts.push(...receiveDropDoubts(stats), ...boundDoubts(phases, windows, report.doubts));
  state.doubts.push(...eventDoubts(state.events), ...outcomeDoubts(scenario, cell, state.events));
  state.doubts.push(...stormDoubts(scenario, cell, { phases, windows: report.windows }));
}

function withOutcome(event: EventRecord, metrics: MetricSet | undefined): EventRecord {
  return metrics === undefined ? event : { ...event, metrics };
}

/** The events of the scenario that happen to this cell's arm. */
function eventsOf({ timeline }: ResolvedScenario, cell: PlannedCell): TimelineEvent[] {
  return timeline.filter((event) => event.arms === undefined || event.arms.includes(cell.arm.name));
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

function describe(thrown: unknown): NonNullable<Cell['error']> {
  const hint = thrown instanceof MqbenchError ? thrown.hint : undefined;
  return { code: codeOf(thrown), message: messageOf(thrown), hint };
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
