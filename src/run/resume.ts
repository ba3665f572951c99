import { MqbenchError } from '../base/errors.js';
import { exitCodes } from '../base/exit-codes.js';
import { readResult } from '../result/read.js';
import type { Cell, Provenance, Result } from '../result/types.js';
import type { ResolvedScenario } from '../scenario/types.js';

/** A run that was interrupted or had failures, to be completed. */
export interface EarlierRun {
  readonly scenario: ResolvedScenario;
  readonly result: Result;
  /** Cells that need not run again. */
  readonly finished: ReadonlyMap<string, Cell>;
}

/**
 * Reads the result of an earlier run to complete it.
 * @throws MQB_RESULT as readResult does; MQB_RESUME (exit code 2) when nothing is missing in it
 */
export async function readEarlier(directory: string): Promise<EarlierRun> {
  const result = await readResult(directory);
  const finished = new Map(result.cells.filter(({ status }) => status === 'finished').map((cell) => [cell.id, cell]));
  if (result.planned.every((id) => finished.has(id))) {
    throw new MqbenchError('MQB_RESUME', `${directory}: all ${result.planned.length} cells are finished already`, {
      exitCode: exitCodes.usage,
      hint: 'run the scenario again for a new result',
    });
  }
  return { scenario: result.scenario.resolved as ResolvedScenario, result, finished };
}

/**
 * Cells of two machines, or of two versions, are no comparison.
 * @throws MQB_RESUME (exit code 2) naming every difference
 */
export function refuseOtherMachine(earlier: Provenance, now: Provenance): void {
  const differences: string[] = [];
  const compare = (what: string, before: unknown, after: unknown): void => {
    if (JSON.stringify(before) !== JSON.stringify(after)) differences.push(`${what} was ${before}, is ${after}`);
  };
  compare('mqbench', earlier.mqbench, now.mqbench);
  compare('Node', earlier.node, now.node);
  compare('the kernel', earlier.machine.kernel, now.machine.kernel);
  compare('the processor', earlier.machine.cpu, now.machine.cpu);
  compare('the number of cores', earlier.machine.cores, now.machine.cores);
  compare('the number of load workers', earlier.workers, now.workers);
  for (const name of Object.keys(now.packages)) compare(name, earlier.packages[name], now.packages[name]);
  if (differences.length === 0) return;
  throw new MqbenchError('MQB_RESUME', `the run cannot be completed here: ${differences.join('; ')}`, {
    exitCode: exitCodes.usage,
    hint: 'complete it where it began, or run the scenario again',
  });
}
