import { nowMicros } from '../base/clock.js';
import { MqbenchError } from '../base/errors.js';
import { exitCodes } from '../base/exit-codes.js';
import { defaultWorkers } from '../base/process/processors.js';
import { evaluateExpectations } from '../expect/evaluate.js';
import { unequalDoubt } from '../result/doubts/result.js';
import type { ResultStore } from '../result/store.js';
import type { Cell, ExpectationOutcome, Result, Search } from '../result/types.js';
import { estimateCellMicros } from '../scenario/estimate.js';
import { brokersOf, planCells, runOrder } from '../scenario/matrix.js';
import { estimateSearch } from '../scenario/search-plan.js';
import { unequalTerms } from '../scenario/terms.js';
import type { PlannedCell, ResolvedScenario } from '../scenario/types.js';
import type { AgentService } from './agents/service.js';
import { type Survey, surveyBrokers } from './brokers/survey.js';
import { type CellOptions, runCell } from './cell.js';
import type { Phase, RunProgress, RunWatcher } from './progress.js';
import { newResult } from './result.js';
import { apartDoubts, type EarlierRun, refuseOtherMachine } from './resume.js';
import { belowCapacity, searchCapacities, withCapacity } from './search.js';

export interface RunOptions {
  readonly store: ResultStore;
  readonly watcher: RunWatcher;
  readonly signal: AbortSignal;
  /** For provenance. */
  readonly command: readonly string[];
  /** Complete this run: its finished cells are kept, the others run. */
  readonly earlier?: EarlierRun;
}

/**
 * Runs all cells in interleaved and balanced order and writes the result after each of them.
 * A failed cell does not stop the others, and neither does a full disk: `store.writeKept` makes the last attempt.
 * Resolves also when it was interrupted.
 */
export async function runScenario(scenario: ResolvedScenario, options: RunOptions): Promise<Result> {
  if (scenario.agents === undefined) return runOn(scenario, options, undefined);
  const { AgentService } = await import('./agents/service.js');
  const note = (line: string): void => options.watcher.note?.(line);
  const agents = await AgentService.open(scenario.agents, note, options.signal);
  try {
    return await runOn(scenario, options, agents);
  } finally {
    await agents.close();
  }
}

/** @param agents the machines that the load runs on; undefined: this one */
async function runOn(
  scenario: ResolvedScenario,
  options: RunOptions,
  agents: AgentService | undefined,
): Promise<Result> {
  const planned = planCells(scenario);
  const workers = agents?.workers ?? scenario.workers ?? defaultWorkers();
  let result = begin(scenario, planned, workers, options, agents);
  const kept = options.earlier?.finished ?? new Map<string, Cell>();
  await options.store.write(result);
  const onLab = (lab: Result['provenance']['lab']): void => {
    result = { ...result, provenance: { ...result.provenance, lab } };
  };

  const keepLog = async (cellId: string, text: string | undefined): Promise<void> => {
    if (text) await options.store.writeFile(`broker-${cellId}.log`, text);
  };

  const { refusals, images } = await surveyBrokers(planned, {
    inLab: scenario.lab !== undefined,
    signal: options.signal,
  });
  result = withImages(result, images);
  const searches = await search(scenario, planned, { ...options, workers, agents, onLab, keepLog, refusals });
  result = { ...result, ...(searches.length > 0 ? { searches } : {}) };
  const cells = scenario.search ? belowCapacity(planned, scenario.search, searches) : planned;
  const missing = runOrder(cells, scenario).filter(({ id }) => !kept.has(id));
  const pace = new Pace(estimateCellMicros(scenario), missing.length);
  for (const [index, cell] of missing.entries()) {
    if (options.signal.aborted) break;
    pace.begin();
    const place = { cellId: cell.id, cellNumber: index + 1, cellCount: missing.length, clients: cell.load.clients };
    const watch = watcherOf(options.watcher, place, () => pace.remaining());
    const played = await runCell(scenario, cell, {
      workers,
      agents,
      signal: options.signal,
      ...watch,
      onLab,
      keepLog,
      refusals,
    });
    const finished = withCapacity(played, searches);
    pace.end();
    result = { ...result, cells: inOrder([...result.cells, finished], result.planned) };
    if (index === 0) await refuseHopeless(finished, { ...result, status: 'failed' }, options.store);
    await keep(result, options);
    options.watcher.cellFinished?.(finished);
  }
  return finish(result, scenario, options);
}

/** The result before anything was run, or with what an earlier run finished. */
function begin(
  scenario: ResolvedScenario,
  planned: readonly PlannedCell[],
  workers: number,
  { command, earlier }: RunOptions,
  agents: AgentService | undefined,
): Result {
  const { name, title, why, sources, show } = scenario;
  const ids = planned.map((cell) => cell.id);
  const result = newResult({ name, title, why, sources, show, resolved: scenario }, ids, {
    command,
    seed: scenario.seed,
    workers,
    ...(agents ? { agents: agents.provenance } : {}),
  });
  if (earlier) refuseOtherMachine(earlier.result.provenance, result.provenance);
  return {
    ...result,
    provenance: { ...result.provenance, broker: brokerNames(planned) },
    startedAt: earlier?.result.startedAt ?? result.startedAt,
    cells: ids.flatMap((id) => earlier?.finished.get(id) ?? []),
    doubts: unequalTerms(scenario).map(unequalDoubt),
  };
}

/** Undefined: mqbench's own alone. */
function brokerNames(cells: readonly PlannedCell[]): string | undefined {
  const names = [...brokersOf(cells).keys()];
  return names.length === 0 ? undefined : names.join(', ');
}

/** A tag is moved; what it meant is kept. */
function withImages(result: Result, images: Survey['images']): Result {
  if (images.size === 0) return result;
  const named = [...images].map(([broker, { name, id, runtime }]) => [
    broker,
    { name, id, runtime: `${runtime.name} ${runtime.version}` },
  ]);
  return { ...result, provenance: { ...result.provenance, images: Object.fromEntries(named) } };
}

type Place = Pick<RunProgress, 'cellId' | 'cellNumber' | 'cellCount' | 'clients'>;

/** Tells the watcher of each change of phase and of the load's progress. */
function watcherOf(
  watcher: RunWatcher,
  place: Place,
  remaining: () => number,
): Pick<CellOptions, 'onPhase' | 'onLoad' | 'onNote'> {
  let phase: Phase = 'network';
  const tell = (load?: RunProgress['load']): void =>
    watcher.progress?.({ ...place, phase, load, remainingMicros: remaining() });
  return {
    onPhase: (next) => {
      phase = next;
      tell();
    },
    onLoad: tell,
    onNote: (line) => watcher.note?.(`  ${place.cellId}: ${line}`),
  };
}

/** The capacity of each arm, where the scenario asks for it; a run that is completed keeps what it found. */
async function search(
  scenario: ResolvedScenario,
  planned: readonly PlannedCell[],
  options: RunOptions & Pick<CellOptions, 'workers' | 'agents' | 'onLab' | 'keepLog' | 'refusals'>,
): Promise<readonly Search[]> {
  if (!scenario.search) return [];
  const { workers, agents, signal, watcher, onLab, keepLog, refusals } = options;
  let number = 0;
  const { usual, most } = estimateSearch(scenario, scenario.search, planned).runs;
  const how = {
    run: (probe: ResolvedScenario, cell: PlannedCell, rate: number) => {
      const place = {
        cellId: `${cell.id} at ${rate}/s`,
        cellNumber: ++number,
        cellCount: number <= usual ? usual : most,
        clients: cell.load.clients,
      };
      const left = Math.max(0, usual - number) * estimateCellMicros(probe, cell.network);
      return runCell(probe, cell, {
        workers,
        agents,
        signal,
        ...watcherOf(watcher, place, () => left),
        onLab,
        keepLog,
        refusals,
      });
    },
    stopped: () => signal.aborted,
    note: (line: string) => watcher.note?.(line),
  };
  return searchCapacities(scenario, scenario.search, planned, how, options.earlier?.result.searches);
}

/** Cells in the order of the plan, also where a resumed run fills gaps. */
function inOrder(cells: readonly Cell[], planned: readonly string[]): Cell[] {
  return [...cells].sort((a, b) => planned.indexOf(a.id) - planned.indexOf(b.id));
}

async function finish(result: Result, scenario: ResolvedScenario, options: RunOptions): Promise<Result> {
  const status = options.signal.aborted ? 'interrupted' : result.cells.some(isFailed) ? 'failed' : 'finished';
  const cells = apartDoubts(result.cells);
  const expectations: ExpectationOutcome[] =
    status === 'interrupted' ? [] : evaluateExpectations(scenario.expect, { ...result, cells });
  const ended: Result = { ...result, cells, status, expectations, finishedAt: new Date().toISOString() };
  await keep(ended, options);
  return ended;
}

/** What cannot be written now may be later, and is shown in any case: nothing that was measured is thrown away. */
async function keep(result: Result, { store, watcher }: RunOptions): Promise<void> {
  const failure = await store.keep(result);
  if (failure) watcher.note?.(`${failure.message}; the run goes on, and this is tried again after the next cell`);
}

const isFailed = (cell: Cell): boolean => cell.status === 'failed';

/** This machine cannot have a lab, or an agent does not take this load: now, and in the next cell. */
const hopeless = new Set([
  ...['MQB_LAB_TOOLS', 'MQB_LAB_RIGHTS', 'MQB_LAB_BACKEND', 'MQB_TUN'],
  ...['MQB_AGENT_TARGET', 'MQB_AGENT_FILES', 'MQB_AGENT_PLAN', 'MQB_AGENT_BROKER', 'MQB_AGENT_LAB'],
]);

/**
 * When the very first cell cannot even have its lab, no other will: say it once,
 * with its own exit code, instead of n failed cells.
 */
async function refuseHopeless(first: Cell, result: Result, store: ResultStore): Promise<void> {
  if (first.status !== 'failed' || !first.error || !hopeless.has(first.error.code)) return;
  await store.keep(result);
  throw new MqbenchError(first.error.code, first.error.message, {
    hint: first.error.hint,
    exitCode: exitCodes.machine,
  });
}

/** How long what is left will take: from the cells that are done, before that from an estimate. */
class Pace {
  private beganAt = 0;
  private done = 0;
  private doneMicros = 0;

  constructor(
    private readonly guessMicros: number,
    private readonly cells: number,
  ) {}

  begin(): void {
    this.beganAt = nowMicros();
  }

  end(): void {
    this.done++;
    this.doneMicros += nowMicros() - this.beganAt;
  }

  remaining(): number {
    const each = this.done > 0 ? this.doneMicros / this.done : this.guessMicros;
    const current = Math.max(0, each - (nowMicros() - this.beganAt));
    return current + each * (this.cells - this.done - 1);
  }
}
