import { MqbenchError } from '../base/errors.js';
import { exitCodes } from '../base/exit-codes.js';
import { formatDuration } from '../base/units.js';
import { apartDoubt } from '../result/doubts/result.js';
import { readResult } from '../result/read.js';
import { type Cell, type Provenance, type Result, resultSchema } from '../result/types.js';
import { comparisonOf } from '../scenario/matrix.js';
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
 * @throws MQB_RESULT as readResult does; MQB_RESUME (exit code 2) when nothing is missing in it, or when its numbers
 * have another meaning than those that would stand beside them
 */
export async function readEarlier(directory: string): Promise<EarlierRun> {
  const result = await readResult(directory);
  if (result.schema !== resultSchema) {
    throw new MqbenchError(
      'MQB_RESUME',
      `${directory}: its numbers are those of schema ${result.schema}, new ones would be those of schema ${resultSchema}`,
      { exitCode: exitCodes.usage, hint: 'complete it with the mqbench that began it, or run the scenario again' },
    );
  }
  const finished = new Map(result.cells.filter(({ status }) => status === 'finished').map((cell) => [cell.id, cell]));
  if (result.planned.every((id) => finished.has(id))) {
    throw new MqbenchError('MQB_RESUME', `${directory}: all ${result.planned.length} cells are finished already`, {
      exitCode: exitCodes.usage,
      hint: 'run the scenario again for a new result',
    });
  }
  return { scenario: result.scenario.resolved as ResolvedScenario, result, finished };
}

/** Arms that are compared follow one another at once; a gap this long is an interruption, microseconds. */
const longestGapMicros = 60e6;

/**
 * The cells with a doubt on all that are compared with one another, where some ran much later than others: a machine
 * that was slower by then is told from a slower arm by nothing. Doubts of that kind from an earlier completion are replaced.
 */
export function apartDoubts(cells: readonly Cell[]): Cell[] {
  const sentences = new Map<string, string>();
  for (const cell of cells) {
    const key = comparisonOf(cell);
    if (!sentences.has(key)) {
      sentences.set(key, apartSentence(cells.filter((other) => comparisonOf(other) === key)));
    }
  }
  return cells.map((cell) => {
    const others = cell.doubts.filter(({ code }) => code !== 'resumed-apart');
    const message = sentences.get(comparisonOf(cell));
    if (!message || !hasNumbers(cell)) return { ...cell, doubts: others };
    return { ...cell, doubts: [...others, apartDoubt(message)] };
  });
}

const hasNumbers = ({ status }: Cell): boolean => status === 'finished';

/** "at 10ms: after tcp, tls, quic ran 182 m 5 s later"; empty when they followed one another. */
function apartSentence(cells: readonly Cell[]): string {
  const inTime = cells
    .map((cell) => ({ cell, from: Date.parse(cell.startedAt) * 1000 }))
    .sort((a, b) => a.from - b.from);
  const sessions: { arms: string[]; from: number; to: number }[] = [];
  for (const { cell, from } of inTime) {
    const last = sessions.at(-1);
    const to = from + cell.durationMicros;
    const arms = hasNumbers(cell) ? [cell.arm] : []; // one that failed took its time all the same
    if (last && from - last.to <= longestGapMicros) {
      last.arms.push(...arms);
      last.to = Math.max(last.to, to);
    } else {
      sessions.push({ arms, from, to });
    }
  }
  const [first, ...later] = sessions.filter(({ arms }) => arms.length > 0);
  if (!first || later.length === 0) return '';
  const words = later.map(({ arms, from }) => `${arms.join(', ')} ran ${formatDuration(from - first.to)} later`);
  return `at ${cells[0]?.network.name}: after ${first.arms.join(', ')}, ${words.join('; ')}`;
}

/**
 * Cells of two machines, or of two versions, are no comparison.
 * @throws MQB_RESUME (exit code 2) naming every difference
 */
export function refuseOtherMachine(earlier: Provenance, now: Provenance): void {
  const seen = ({ mqbench, node, machine, workers, packages }: Provenance): Record<string, unknown> => ({
    mqbench,
    Node: node,
    'the kernel': machine.kernel,
    'the processor': machine.cpu,
    'the number of cores': machine.cores,
    'the quota of processors': machine.quotaCores,
    'the number of load workers': workers,
    ...packages,
  });
  const before = seen(earlier);
  const differences = Object.entries(seen(now))
    .filter(([what, is]) => before[what] !== is)
    .map(([what, is]) => `${what} was ${before[what]}, is ${is}`);
  if (differences.length === 0) return;
  throw new MqbenchError('MQB_RESUME', `the run cannot be completed here: ${differences.join('; ')}`, {
    exitCode: exitCodes.usage,
    hint: 'complete it where it began, or run the scenario again',
  });
}
