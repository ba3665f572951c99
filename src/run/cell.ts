import type { Disposer } from '../base/disposer.js';
import { type Spawn, spawnHere, spawnMaster } from '../base/process/child.js';
import type { Lab } from '../lab/contract.js';
import { openLab } from '../lab/lab.js';
import type { Cell, Provenance } from '../result/types.js';
import type { PlannedCell, ResolvedScenario } from '../scenario/types.js';
import type { Reachable } from './brokers/contract.js';
import { openBroker } from './brokers/open.js';
import { outsideOf } from './brokers/remote.js';
import type { Refusals } from './brokers/survey.js';
import { type CellState, eventsOf, type Scene } from './collect.js';
import { calibrationDoubts, refuseOffLink } from './doubts/calibration.js';
import { openFront } from './front/front.js';
import { loadPlans } from './plan.js';
import { type PlayOptions, type Prepared, play } from './play.js';
import type { Watched } from './watch.js';

export interface CellOptions extends PlayOptions {
  readonly signal: AbortSignal;
  /** The lab is open; said for provenance. */
  onLab(lab: NonNullable<Provenance['lab']>): void;
  /** What was found out of brokers before the cells. */
  readonly refusals?: Refusals;
  /** What a broker of others has printed. */
  keepLog(cellId: string, text: string | undefined): Promise<void>;
}

/** Plays one cell of a scenario: network, broker, load. Never throws; see {@link play}. */
export async function runCell(scenario: ResolvedScenario, cell: PlannedCell, options: CellOptions): Promise<Cell> {
  const { trafficMicros, drainMicros, windows } = scenario;
  const { name, profile, rttMicros } = cell.network;
  const played = await play(
    {
      about: {
        id: cell.id,
        arm: cell.arm.name,
        transport: cell.arm.transport,
        network: { name, profile: { ...profile }, rttMicros },
        repeat: cell.repeat,
      },
      course: { trafficMicros, drainMicros, windows, timeline: eventsOf(scenario, cell) },
      scene: { scenario, cell },
      prepare: (state, disposer) => prepare({ scenario, cell, options, state, disposer }),
    },
    options,
  );
  return played.cell;
}

/** What a cell is prepared for, and where all that is made for it stands. */
interface Site extends Scene {
  readonly options: CellOptions;
  readonly state: CellState;
  readonly disposer: Disposer;
}

async function prepare(site: Site): Promise<Prepared> {
  const { scenario, cell, options, state, disposer } = site;
  if (cell.arm.broker?.kind !== 'url') options.agents?.refuseBrokerHere(scenario.lab !== undefined);
  const refusal = options.refusals?.get(cell.id);
  if (refusal) throw refusal;
  options.onPhase('network');
  const lab = await prepareLab(site);
  options.signal.throwIfAborted();

  options.onPhase('broker');
  // Nothing of this machine is in the networks of agents.
  const own = options.agents === undefined ? lab : undefined;
  const spawnIn = (place: 'client' | 'server'): Spawn =>
    own ? (command, args, more = {}) => own.spawn(place, command, args, more) : spawnHere;
  const master = own ? spawnIn('server') : spawnMaster;
  const broker = await openBroker(cell, scenario.lab, {
    ...{ host: lab?.serverAddress ?? '127.0.0.1', inLab: lab !== undefined, network: own?.networkOf('server') },
    ...{ spawn: spawnIn('server'), spawnMaster: master, signal: options.signal },
  });
  disposer.add('broker', async () => {
    await broker.close();
    await options.keepLog(cell.id, broker.log());
  });
  state.broker = broker;

  const server = await frontOf(site, broker.ready, spawnIn('server'), master);
  const emulator = lab?.roles.emulator;
  const watched = [
    broker.watched,
    emulator === undefined ? undefined : { name: 'the link emulator', pid: emulator },
    state.front?.watched,
  ];
  return {
    plans: loadPlans(cell, scenario.lab, server, lab?.clientAddresses ?? [], broker.login),
    spawn: spawnIn('client'),
    watched: watched.filter((part): part is Watched => part !== undefined),
  };
}

/** What clients dial: the broker, or what stands in front of it. */
async function frontOf(site: Site, broker: Reachable, spawn: Spawn, spawnMaster: Spawn): Promise<Reachable> {
  const { scenario, cell, state, disposer } = site;
  const { tcp } = broker.addresses;
  if (tcp === undefined) return broker;
  const host = state.lab?.serverAddress ?? '127.0.0.1';
  const where = { inLab: state.lab !== undefined, host, broker: tcp, spawn, spawnMaster };
  const front = await openFront(cell, scenario.lab, where);
  if (front === undefined) return broker;
  disposer.add(front.role, () => front.close());
  state.front = front;
  return front.ready;
}

async function prepareLab({ scenario, cell, options, state, disposer }: Site): Promise<Lab | undefined> {
  if (!scenario.lab) return undefined;
  const { profile, rttMicros } = cell.network;
  const spec = {
    ...scenario.lab,
    profile,
    seed: cell.seed,
    nat: { unknownFlows: cell.network.nat ?? 'forward' },
    uplinkTo: await outsideOf(cell.arm.broker),
  };
  const lab = await (options.agents?.openLabs(spec) ?? openLab(spec));
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
