import { availableParallelism } from 'node:os';
import { nowMicros } from '../base/clock.js';
import { MqbenchError } from '../base/errors.js';
import { exitCodes } from '../base/exit-codes.js';
import { collectProvenance } from '../result/provenance.js';
import type { ResultStore } from '../result/store.js';
import type { Cell, ExpectationOutcome, Result } from '../result/types.js';
import { estimateCellMicros } from '../scenario/describe.js';
import { evaluateExpectations } from '../scenario/expect.js';
import { planCells } from '../scenario/matrix.js';
import { unequalTerms } from '../scenario/terms.js';
import type { ResolvedScenario } from '../scenario/types.js';
import { runCell } from './cell.js';
import type { Phase, RunWatcher } from './progress.js';
import { type EarlierRun, refuseOtherMachine } from './resume.js';

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
 * Runs all cells in interleaved order and writes the result after each of them.
 * A failed cell does not stop the others. Resolves also when it was interrupted.
 */
export async function runScenario(scenario: ResolvedScenario, options: RunOptions): Promise<Result> {
  const cells = planCells(scenario);
  const workers = scenario.workers ?? Math.max(1, availableParallelism() - 1);
  let result: Result = {
    format: 'mqbench-result',
    schema: options.store.schema,
    scenario: {
      name: scenario.name,
      title: scenario.title,
      why: scenario.why,
      sources: scenario.sources,
      resolved: scenario,
    },
    provenance: collectProvenance({ command: options.command, seed: scenario.seed, workers }),
    startedAt: new Date().toISOString(),
    status: 'running',
    planned: cells.map((cell) => cell.id),
    cells: [],
    expectations: [],
    doubts: unequalTerms(scenario).map((message) => ({ code: 'unequal-terms', message })),
  };
  if (options.earlier) refuseOtherMachine(options.earlier.result.provenance, result.provenance);
  const kept = options.earlier?.finished ?? new Map<string, Cell>();
  result = { ...result, cells: cells.flatMap((cell) => kept.get(cell.id) ?? []) };
  await options.store.write(result);

  const pace = new Pace(estimateCellMicros(scenario), cells.length - kept.size);
  for (const [index, cell] of cells.filter(({ id }) => !kept.has(id)).entries()) {
    if (options.signal.aborted) break;
    pace.begin(index);
    let phase: Phase = 'network';
    const tell = (load?: Parameters<NonNullable<RunWatcher['progress']>>[0]['load']) =>
      options.watcher.progress?.({
        cellId: cell.id,
        cellNumber: index + 1,
        cellCount: cells.length - kept.size,
        phase,
        clients: scenario.load.clients,
        load,
        remainingMicros: pace.remaining(),
      });
    const finished = await runCell(scenario, cell, {
      workers,
      signal: options.signal,
      onPhase: (next) => {
        phase = next;
        tell();
      },
      onLoad: tell,
      onLab: (lab) => {
        result = { ...result, provenance: { ...result.provenance, lab } };
      },
    });
    pace.end();
    result = { ...result, cells: inOrder([...result.cells, finished], result.planned) };
    if (index === 0) await refuseHopeless(finished, { ...result, status: 'failed' }, options.store);
    await options.store.write(result);
    options.watcher.cellFinished?.(finished);
  }
  return finish(result, scenario, options);
}

/** Cells in the order of the plan, also where a resumed run fills gaps. */
function inOrder(cells: readonly Cell[], planned: readonly string[]): Cell[] {
  return [...cells].sort((a, b) => planned.indexOf(a.id) - planned.indexOf(b.id));
}

async function finish(result: Result, scenario: ResolvedScenario, options: RunOptions): Promise<Result> {
  const status = options.signal.aborted ? 'interrupted' : result.cells.some(isFailed) ? 'failed' : 'finished';
  const expectations: ExpectationOutcome[] =
    status === 'interrupted' ? [] : evaluateExpectations(scenario.expect, result);
  const ended: Result = { ...result, status, expectations, finishedAt: new Date().toISOString() };
  await options.store.write(ended);
  return ended;
}

const isFailed = (cell: Cell): boolean => cell.status === 'failed';

/** This machine cannot have a lab, now or in the next cell. */
const hopeless = new Set(['MQB_LAB_TOOLS', 'MQB_LAB_RIGHTS', 'MQB_LAB_BACKEND', 'MQB_TUN']);

/**
 * When the very first cell cannot even have its lab, no other will: say it once,
 * with its own exit code, instead of n failed cells.
 */
async function refuseHopeless(first: Cell, result: Result, store: ResultStore): Promise<void> {
  if (first.status !== 'failed' || !first.error || !hopeless.has(first.error.code)) return;
  await store.write(result);
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
  private index = 0;

  constructor(
    private readonly guessMicros: number,
    private readonly cells: number,
  ) {}

  begin(index: number): void {
    this.index = index;
    this.beganAt = nowMicros();
  }

  end(): void {
    this.done++;
    this.doneMicros += nowMicros() - this.beganAt;
  }

  remaining(): number {
    const each = this.done > 0 ? this.doneMicros / this.done : this.guessMicros;
    const current = Math.max(0, each - (nowMicros() - this.beganAt));
    return current + each * (this.cells - this.index - 1);
  }
}
