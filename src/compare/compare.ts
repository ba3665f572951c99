import { MqbenchError, usageError } from '../base/errors.js';
import { exitCodes } from '../base/exit-codes.js';
import type { Result } from '../result/types.js';
import { circumstanceDifferences, differenceText } from './circumstances.js';
import { judgePairs, type RowOptions } from './judge.js';
import { type CellRepeats, cellRepeats } from './observations.js';
import { type Pair, type PairRequest, pairCells } from './pairs.js';
import { fewestRounds } from './stats/power.js';
import type { Comparison, ComparisonRow, ComparisonSide } from './types.js';

export interface CompareOptions extends Omit<PairRequest, 'fleet'>, RowOptions {
  /** The numbers of these fleets instead of those of all clients; {@link everyFleet} is each that there is. */
  readonly fleets?: readonly string[] | undefined;
  /** Compare results of different machines, kernels, scenarios or versions all the same. */
  readonly force?: boolean;
  /** Names of the sides in texts. Default base and head. */
  readonly names?: { readonly base: string; readonly head: string };
  /**
   * Base and head ran in rounds, each with a seed of its own that both sides share: compare within rounds. Fewer rounds
   * than the pairing needs to show anything (6) are compared as two groups of repeats.
   */
  readonly rounds?: boolean;
}

/**
 * Compares the repeats of two sets of results, cell by cell and metric by metric.
 * @throws MQB_NOT_COMPARABLE (usage) when they differ in machine, kernel, scenario, settings or versions, and force is not given
 */
export function compareResults(
  base: readonly Result[],
  head: readonly Result[],
  options: CompareOptions = {},
): Comparison {
  const circumstances = circumstanceDifferences(base, head);
  if (circumstances.length > 0 && !options.force) throw notComparable(circumstances);
  const groups = { base: cellRepeats(base), head: cellRepeats(head) };
  const pairs = pairsOf(groups.base, groups.head, fleetsOf([...base, ...head], options.fleets), options);
  const isPaired = options.rounds === true && Math.min(base.length, head.length) >= fewestRounds(options.alpha ?? 0.05);
  const judgement = judgePairs(pairs, isPaired ? roundsOf([...groups.base, ...groups.head]) : undefined, options);
  const sides = {
    base: sideOf(options.names?.base ?? 'base', base, groups.base),
    head: sideOf(options.names?.head ?? 'head', head, groups.head),
  };
  return {
    format: 'mqbench-comparison',
    schema: 1,
    scenario: base[0]?.scenario.name ?? head[0]?.scenario.name ?? '',
    ...sides,
    circumstances,
    ...judgement,
    outcome: outcomeOf(judgement.rows, sides.head),
  };
}

/** Stands for each of the fleets. */
export const everyFleet = 'all';

/** @throws MQB_USAGE for fleets that no cell has */
function fleetsOf(results: readonly Result[], asked: CompareOptions['fleets']): readonly string[] | undefined {
  if (asked === undefined) return undefined;
  const there = [...new Set(results.flatMap(({ cells }) => cells.flatMap(({ fleets = {} }) => Object.keys(fleets))))];
  const unknown = asked.filter((name) => name !== everyFleet && !there.includes(name));
  if (there.length === 0) throw usageError('MQB_USAGE', 'these results have no fleets: leave --fleet out');
  if (unknown.length > 0)
    throw usageError('MQB_USAGE', `no cell has the fleet ${unknown.join(', ')}`, `there are: ${there.join(', ')}`);
  return asked.includes(everyFleet) ? there : [...new Set(asked)];
}

/** Of fleets the cells are called `tcp@10ms.sensors`, as expectations call what is of a fleet. */
function pairsOf(
  base: readonly CellRepeats[],
  head: readonly CellRepeats[],
  fleets: readonly string[] | undefined,
  request: PairRequest,
): readonly Pair[] {
  if (fleets === undefined) return pairCells(base, head, request);
  return fleets.flatMap((fleet) =>
    pairCells(base, head, { ...request, fleet }).map((pair) => ({ ...pair, cell: `${pair.cell}.${fleet}` })),
  );
}

function outcomeOf(rows: readonly ComparisonRow[], head: ComparisonSide): Comparison['outcome'] {
  if (rows.some((row) => row.verdict === 'worse' || row.verdict === 'lost')) return 'regression';
  if (head.unfinished.length + head.failed.length > 0) return 'head-failed';
  return rows.length === 0 ? 'nothing-to-compare' : 'no-regression';
}

/** A number of an arm against the same of the reference, on one network, in one measure window and of one fleet. */
export interface ArmRow extends ComparisonRow {
  readonly arm: string;
  readonly window: string | undefined;
  readonly fleet: string | undefined;
}

/**
 * Compares arms of one result with the first of them: what another transport changes. The cells are named after their
 * network. All that is asked is one family: p is corrected for every arm, network, window and number together.
 * @param requests what a reader is shown; numbers by measure window are asked for apart from those of the whole cell
 */
export function compareArms(
  result: Result,
  reference: string,
  arms: readonly string[],
  requests: readonly PairRequest[] = [{}],
  options: RowOptions = {},
): ArmRow[] {
  const groups = cellRepeats([result]);
  const of = (arm: string) =>
    groups.filter((group) => group.arm === arm).map((group) => ({ ...group, cell: group.network }));
  const asked = arms.flatMap((arm) =>
    requests.map((request) => {
      const { window, fleet } = request;
      return { place: { arm, window, fleet }, pairs: pairCells(of(reference), of(arm), request) };
    }),
  );
  const pairs = asked.flatMap((one) => one.pairs);
  const places = asked.flatMap(({ place, pairs: own }) => own.map(() => place));
  const { rows } = judgePairs(pairs, undefined, options);
  return rows.map((row, index) => ({ ...row, ...(places[index] as Pick<ArmRow, 'arm' | 'window' | 'fleet'>) }));
}

function roundsOf(groups: readonly CellRepeats[]): string[] {
  const all = groups.flatMap(({ rounds, searches }) => [...rounds, ...searches.map(({ round }) => round)]);
  return [...new Set(all)];
}

function sideOf(name: string, results: readonly Result[], groups: readonly CellRepeats[]): ComparisonSide {
  const repeats = groups.map((group) => group.repeats.length);
  const doubts = results.flatMap((result) => [...result.doubts, ...result.cells.flatMap((cell) => cell.doubts)]);
  // In what the arms of a side differ is alike on both sides.
  const codes = doubts.map(({ code }) => code).filter((code) => code !== 'unequal-terms');
  return {
    name,
    results: results.length,
    repeats: { fewest: repeats.length > 0 ? Math.min(...repeats) : 0, most: Math.max(0, ...repeats) },
    doubts: new Set(codes).size,
    unfinished: groups.flatMap((group) => group.unfinished ?? []),
    failed: groups.flatMap((group) => group.failed ?? []),
  };
}

function notComparable(differences: Comparison['circumstances']): MqbenchError {
  const list = differences.map(differenceText);
  const isMixed = differences.some(({ what, base, head }) => what === 'scenario' && base === head);
  return new MqbenchError('MQB_NOT_COMPARABLE', `these results are not of one kind; ${list.join('; ')}`, {
    hint: isMixed
      ? 'compare one scenario or command at a time: give the folders of its results'
      : 'run both on one machine with `mqbench ab`, or add --force to compare them all the same',
    exitCode: exitCodes.usage,
  });
}
