import { Random } from '../../src/base/numbers/random.js';
import type { DistributionName } from '../../src/metrics/registry.js';
import type { Cell, Result } from '../../src/result/types.js';
import { around } from '../unit/report/made-up.js';
import { type BuildOptions, buildResult } from './result-builder.js';

/** What a run of `--repeat n` leaves: one result with n repeats of each cell. */
export function repeated(repeats: number, seed: number, options: BuildOptions = {}): Result[] {
  return [buildResult({ numbersOnly: true, networks: [30], ...options, repeats, seed })];
}

/** What `ab` leaves of one side: a result per round, whose seed is the round's number on either side. */
export function inRounds(rounds: number, seed: number, options: BuildOptions = {}): Result[] {
  return Array.from({ length: rounds }, (_, round) => {
    const [result] = repeated(1, seed * 1000 + round, options) as [Result];
    return { ...result, provenance: { ...result.provenance, seed: round + 1 } };
  });
}

/** The cells of results changed one by one; undefined leaves a cell as it is. */
export function withCells(results: readonly Result[], change: (cell: Cell) => Cell | undefined): Result[] {
  return results.map((result) => ({ ...result, cells: result.cells.map((cell) => change(cell) ?? cell) }));
}

/** All that a client which had to reconnect leaves behind, and a path that was proven. */
const ofTrouble: readonly DistributionName[] = [
  ...(['transport', 'connack', 'suback', 'retry', 'noticed', 'message', 'drained'] as const).map(
    (stage) => `reconnect.${stage}` as const,
  ),
  'migration.path',
];

/** In this share of the repeats of every cell something goes wrong, whichever build it is. */
export function withTrouble(results: readonly Result[], share: number, seed: number): Result[] {
  const random = new Random(seed);
  return withCells(results, (cell) => {
    if (random.next() >= share) return undefined;
    const distributions = { ...cell.metrics.distributions };
    for (const name of ofTrouble) distributions[name] = around(2e6 * (0.5 + random.next()));
    return { ...cell, metrics: { ...cell.metrics, distributions } };
  });
}

/** The repeats of an arm that this is true of end in a failure, as when the broker dies under them. */
export function withFailures(results: readonly Result[], fails: (cell: Cell, round: number) => boolean): Result[] {
  return results.map((result) => ({
    ...result,
    status: 'failed',
    cells: result.cells.map((cell) =>
      fails(cell, result.provenance.seed)
        ? {
            ...cell,
            status: 'failed',
            error: { code: 'MQB_ROLE', message: 'the broker process ended unexpectedly' },
            metrics: { distributions: {}, values: {} },
          }
        : cell,
    ),
  }));
}
