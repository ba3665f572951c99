import type { BrokerStats } from '../broker/contract.js';
import type { BrokerHandle } from '../broker/process.js';
import type { Calibration, Lab } from '../lab/contract.js';
import type { LinkReading } from '../lab/reading.js';
import type { LoadReport } from '../load/contract.js';
import type { Coordinator } from '../load/coordinator.js';
import { allRefused } from '../load/doubts/clients.js';
import { partialDoubt } from '../result/doubts/result.js';
import type { Cell, Doubt, EventRecord, MetricSet } from '../result/types.js';
import type { PlannedCell, ResolvedScenario, TimelineEvent } from '../scenario/types.js';
import { boundDoubts } from './doubts/bound.js';
import { brokerDoubts } from './doubts/broker.js';
import { connectionDoubts } from './doubts/connections.js';
import { eventDoubts, outcomeDoubts } from './doubts/events.js';
import { networkDoubts } from './doubts/network.js';
import { stormDoubts } from './doubts/storm.js';
import type { Nginx } from './nginx.js';
import { partialReport } from './partial.js';
import { costsOf } from './usage/costs.js';
import type { PhaseMeter } from './usage/phases.js';
import { brokerResources, resourcesOf } from './usage/roles.js';
import type { RoleWatch } from './watch.js';

/** Clients of which nothing was asked since an event are asked at the end, for at least this long. */
const leastAskMicros = 1e6;
/** Who is told so late that its connection is dead comes back within this. */
const longestReturnMicros = 2e6;

/** What is known of a cell while it runs; what is there when it ends becomes the cell. */
export interface CellState {
  lab?: Lab;
  broker?: BrokerHandle;
  load?: Coordinator;
  watch?: RoleWatch;
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

/** Everything that was measured of a cell that came to its end. */
export async function collect(
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
  if (link) state.link = { up: { ...link.counters.up }, down: { ...link.counters.down } };
  // Where everybody was refused there is no number that anything could spoil: the load says that nobody was let in.
  state.doubts = allRefused(report)
    ? []
    : [...state.doubts, ...doubtsOf(scenario, cell, state, { report, stats, link })];
}

/** Everything against the numbers of a cell that the load does not know of. */
function doubtsOf(
  scenario: ResolvedScenario,
  cell: PlannedCell,
  state: CellState,
  { report, stats, link }: { report: LoadReport; stats: BrokerStats; link: LinkReading | undefined },
): Doubt[] {
  const { phases = [], linkPhases = [] } = state.meter ?? {};
  const windows = scenario.windows.map(({ name }) => name);
  return [
    ...(link && state.lab ? networkDoubts(state.lab.backend, cell.arm, linkPhases, link.counters) : []),
    ...brokerDoubts(stats),
    ...boundDoubts(phases, windows, report.doubts),
    ...eventDoubts(state.events),
    ...outcomeDoubts(scenario, cell, state.events),
    ...connectionDoubts(eventsOf(scenario, cell), state.events, report),
    ...stormDoubts(scenario, cell, { phases, windows: report.windows }),
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
export async function salvage(state: CellState, afterMicros: number): Promise<void> {
  if (state.load === undefined || state.report !== undefined) return;
  const [report, stats, counters] = await Promise.all([
    state.load.salvage(salvageMicros).catch(() => undefined),
    soon(state.broker?.stats()),
    soon(state.lab?.counters()),
  ]);
  if (report === undefined) return;
  state.report = partialReport(report);
  state.events = state.events.map((event) => withOutcome(event, report.events[event.name]));
  state.resources = [report.resources, ...(stats ? [brokerResources(stats)] : [])];
  if (counters) state.link = { up: { ...counters.up }, down: { ...counters.down } };
  state.doubts.push(partialDoubt(afterMicros));
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
  scenario: ResolvedScenario,
  cell: PlannedCell,
  { report, meter, events }: CellState,
  whole: boolean,
): Pick<Cell, 'metrics' | 'billed'> {
  if (!report) return { metrics: { distributions: {}, values: {} } };
  if (!whole) return { metrics: report.metrics }; // of a part of the traffic nobody knows the bill
  const { distributions, values } = report.metrics;
  const phases = meter?.phases ?? [];
  const costs = costsOf(scenario, cell, { phases, values, windows: report.windows, events });
  return { metrics: { distributions, values: { ...values, ...costs.values } }, billed: costs.billed };
}

/** The events of the scenario that happen to this cell's arm. */
export function eventsOf({ timeline }: ResolvedScenario, cell: PlannedCell): TimelineEvent[] {
  return timeline.filter((event) => event.arms === undefined || event.arms.includes(cell.arm.name));
}
