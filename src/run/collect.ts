import type { AgentCrew } from '../agents/office/crew.js';
import { definedOf } from '../base/own.js';
import type { BrokerStats } from '../broker/contract.js';
import type { Calibration, Lab } from '../lab/contract.js';
import type { LinkReading } from '../lab/reading.js';
import type { LoadReport } from '../load/contract.js';
import type { Coordinator } from '../load/coordinator.js';
import { allRefused } from '../load/doubts/clients.js';
import type { LoadPlan } from '../plan/plan.js';
import { partialDoubt } from '../result/doubts/result.js';
import type { Cell, Doubt, ErrorCount, EventRecord, MetricSet } from '../result/types.js';
import type { PlannedCell, ResolvedScenario, TimelineEvent } from '../scenario/types.js';
import { agentDoubts, withoutVerdicts } from './agents/told.js';
import type { CellBroker } from './brokers/contract.js';
import { type PathReading, quantile } from './brokers/path.js';
import { boundDoubts } from './doubts/bound.js';
import { brokerDoubts, sysDoubts } from './doubts/broker.js';
import { connectionDoubts, leavesOnPurpose } from './doubts/connections.js';
import { eventDoubts, outcomeDoubts } from './doubts/events.js';
import { networkDoubts } from './doubts/network.js';
import { pathDoubts } from './doubts/path.js';
import { stormDoubts } from './doubts/storm.js';
import type { Front } from './front/front.js';
import type { Course } from './phases.js';
import { costsOf } from './usage/costs.js';
import type { PhaseMeter } from './usage/phases.js';
import { rolesBeside, usedByFront } from './usage/roles.js';
import type { RoleWatch } from './watch.js';

/** Clients of which nothing was asked since an event are asked at the end, for at least this long. */
const leastAskMicros = 1e6;
/** Who is told so late that its connection is dead comes back within this. */
const longestReturnMicros = 2e6;

/** What is known of a cell while it runs; what is there when it ends becomes the cell. */
export interface CellState {
  lab?: Lab;
  broker?: CellBroker;
  load?: Coordinator;
  /** Of other machines, where the load is theirs. */
  crew?: AgentCrew | undefined;
  watch?: RoleWatch;
  calibration?: Calibration;
  events: EventRecord[];
  report?: LoadReport;
  link?: Cell['link'];
  resources: Cell['resources'];
  front?: Front;
  path?: PathReading;
  meter?: PhaseMeter;
  counters: Record<string, number>;
  doubts: Doubt[];
  /** What the workers could not do when they ended. */
  untidy?: unknown;
}

/** The scenario that a cell is of. */
export interface Scene {
  readonly scenario: ResolvedScenario;
  readonly cell: PlannedCell;
}

/** What was played, as far as it says what to expect of the numbers. */
interface Expected {
  readonly course: Course;
  readonly scene?: Scene;
}

/** Everything that was measured of a cell that came to its end. */
export async function collect(
  state: CellState,
  { load, plans, ...expected }: Expected & { readonly load: Coordinator; readonly plans: readonly LoadPlan[] },
): Promise<void> {
  const atEnd = await load.connectedNow();
  const { stats, used } = await usedBy(state.broker);
  const link = await state.lab?.reading();
  const { drainMicros, timeline } = expected.course;
  const comeAndGo = plans.some(leavesOnPurpose);
  const deadAfterMicros = Math.max(...plans.map((plan) => plan.deadAfterMicros));
  const askMicros =
    timeline.length === 0 ? 0 : Math.min(deadAfterMicros + longestReturnMicros, Math.max(drainMicros, leastAskMicros));
  const taken = await load.collect({ askMicros });
  const { crew } = state;
  const report = crew && crew.lost.size > 0 ? withoutVerdicts(taken) : taken;
  state.report = report;
  state.events = state.events.map((event) => withOutcome(event, report.events[event.name]));
  state.counters = { 'clients.atEnd': atEnd };
  for (const [name, count] of Object.entries(stats?.counters ?? {})) state.counters[`broker.${name}`] = count;
  const grown = (await state.broker?.grown?.()) ?? {};
  for (const [name, count] of Object.entries(grown)) state.counters[`broker.$SYS/${name}`] = count;
  state.path = state.broker?.path?.();
  const front = await usedByFront(state.front);
  state.resources = [report.resources, ...rolesBeside({ broker: used, front, link })];
  if (link) state.link = { up: { ...link.counters.up }, down: { ...link.counters.down } };
  // Where everybody was refused there is no number that anything could spoil: the load says that nobody was let in.
  const clients = plans.reduce((sum, plan) => sum + plan.clients, 0);
  const doubts = [
    ...(crew ? agentDoubts(crew, report, clients) : []),
    ...doubtsOf(state, expected, { report, stats, link, comeAndGo }),
    ...sysDoubts(grown),
  ];
  state.doubts = allRefused(report) ? [] : [...state.doubts, ...doubts];
}

/** What the broker has used, and tells of itself where it is mqbench's own: then that is in what it tells. */
async function usedBy(broker: CellBroker | undefined) {
  const stats = await broker?.stats();
  return { stats, used: stats ? [stats] : await broker?.processorUse() };
}

/** What the roles tell of a cell at its end. */
interface Told {
  readonly report: LoadReport;
  readonly stats: BrokerStats | undefined;
  readonly link: LinkReading | undefined;
  /** Some clients leave on purpose. */
  readonly comeAndGo: boolean;
}

/** Everything against the numbers of a cell that the load does not know of. */
function doubtsOf(
  { meter, lab, events, path }: CellState,
  { course, scene }: Expected,
  { report, stats, link, comeAndGo }: Told,
): Doubt[] {
  const { phases = [], linkPhases = [] } = meter ?? {};
  return [
    ...(link && lab && scene ? networkDoubts(lab.backend, scene.cell.arm, linkPhases, link.counters) : []),
    ...(path && scene ? pathDoubts(path, scene.cell.network.rttMicros) : []),
    ...(stats ? brokerDoubts(stats) : []),
    ...boundDoubts(
      phases,
      course.windows.map(({ name }) => name),
      report.doubts,
    ),
    ...eventDoubts(events),
    ...(scene ? outcomeDoubts(scene.scenario, scene.cell, events) : []),
    ...connectionDoubts(course.timeline, events, report, comeAndGo),
    ...(scene ? stormDoubts(scene.scenario, scene.cell, { phases, windows: report.windows }) : []),
  ];
}

function withOutcome(event: EventRecord, metrics: MetricSet | undefined): EventRecord {
  return metrics === undefined ? event : { ...event, metrics };
}

/** For each of the questions that are asked of a cell that is broken off. */
const salvageMicros = 1e6;

/**
 * What was measured until now of a cell that does not come to its end: the load workers live and have it, and so may the
 * broker. Whoever does not answer soon is left out.
 * @param afterMicros since the cell began
 */
export async function salvage(state: CellState, { course }: Expected, afterMicros: number): Promise<void> {
  if (state.load === undefined || state.meter === undefined || state.report !== undefined) return;
  const [report, broker, counters] = await Promise.all([
    state.load.salvage(salvageMicros).catch(() => undefined),
    soon(usedBy(state.broker)),
    soon(state.lab?.counters()),
  ]);
  if (report === undefined) return;
  state.report = partialReport(report);
  state.events = state.events.map((event) => withOutcome(event, report.events[event.name]));
  // What nobody told is not 0.
  const load = report.resources.processes > 0 ? [report.resources] : [];
  state.resources = [...load, ...rolesBeside({ broker: broker?.used })];
  if (counters) state.link = { up: { ...counters.up }, down: { ...counters.down } };
  const windows = course.windows.map(({ name }) => name);
  state.doubts.push(partialDoubt(afterMicros), ...boundDoubts(state.meter.phases, windows, report.doubts));
}

/**
 * A report of a load that was broken off, without what only a whole one can say: whether a promise was kept, and whether
 * there were samples enough.
 */
function partialReport(report: LoadReport): LoadReport {
  return {
    ...report,
    ledger: report.ledger.map((row) => ({ ...row, verdict: 'no-data' })),
    doubts: report.doubts.filter(({ code }) => code !== 'few-samples' && code !== 'rate-missed'),
  };
}

/** Undefined when it fails or takes too long: it is not what the cell is about. */
async function soon<T>(answer: Promise<T> | undefined): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(resolve, salvageMicros / 1000, undefined);
  });
  const found = await Promise.race([answer?.catch(() => undefined), late]);
  clearTimeout(timer);
  return found;
}

/** What the load measured, with what it cost the broker, the machine and the wire when it came to its end. */
export function costed(
  scene: Scene | undefined,
  { report, meter, events, path }: CellState,
  whole: boolean,
): Pick<Cell, 'metrics' | 'billed'> {
  if (!report) return { metrics: { distributions: {}, values: {} } };
  // Of a part of the traffic nobody knows the bill, and of a broker that is not ours nobody has it.
  if (!whole || !scene) return { metrics: report.metrics };
  const { distributions, values } = report.metrics;
  const phases = meter?.phases ?? [];
  const costs = costsOf(scene.scenario, scene.cell, {
    phases,
    values,
    windows: report.windows,
    ledger: report.ledger,
    events,
  });
  return {
    metrics: { distributions, values: { ...values, ...costs.values, ...pathValues(path) } },
    billed: costs.billed,
  };
}

function pathValues(path: PathReading | undefined): MetricSet['values'] {
  const { beforeMicros, duringMicros = [] } = path ?? {};
  return definedOf({
    'path.before': beforeMicros,
    'path.rtt': quantile(duringMicros, 0.5),
    'path.rtt.p90': quantile(duringMicros, 0.9),
  });
}

/** The events of the scenario that happen to this cell's arm. */
export function eventsOf({ timeline }: ResolvedScenario, cell: PlannedCell): TimelineEvent[] {
  return timeline.filter((event) => event.arms === undefined || event.arms.includes(cell.arm.name));
}

/** How connections end that an event of the run cuts. */
const cutCodes: ReadonlySet<string> = new Set(['MQB_LOST', 'MQB_CLOSED', 'MQB_SILENT']);

/**
 * What clients met, as it is told of a cell: a loss that the run itself brought about is first of all that. The load knows
 * nothing of events that happen to the network, and so looks for the reason at the broker.
 * @param events with what became of the clients, where they disturb any
 */
export function errorsOfCell(errors: readonly ErrorCount[], events: readonly EventRecord[]): ErrorCount[] {
  const names = events.filter(({ metrics }) => metrics !== undefined).map(({ name }) => name);
  if (names.length === 0) return [...errors];
  const own = `this run’s own ${[...new Set(names)].join(', ')} ends connections so`;
  return errors.map((error) => {
    if (!cutCodes.has(error.code)) return error;
    return { ...error, hint: error.hint === undefined ? own : `${own}; of any others: ${error.hint}` };
  });
}
