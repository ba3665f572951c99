import { MqbenchError } from '../base/errors.js';
import { exitCodes } from '../base/exit-codes.js';
import { Random } from '../base/random.js';
import { metrics } from '../metrics/registry.js';
import type { Cell, Result } from '../result/types.js';
import { bootstrapDifference } from './bootstrap.js';
import { circumstanceDifferences } from './circumstances.js';
import { holm } from './family.js';
import { type Judged, type JudgedRequest, judgedNumbers } from './judged.js';
import { limitsOf } from './limits.js';
import { type CellRepeats, cellOfId, cellRepeats, observations } from './observations.js';
import { repeatsNeeded, variation, visibleChange } from './power.js';
import { type RankTest, rankTest } from './rank-test.js';
import type { Comparison, ComparisonRow, ComparisonSide } from './types.js';
import { verdictOf } from './verdict.js';

export interface CompareOptions extends JudgedRequest {
  /** Compare results of different machines, kernels, scenarios or versions all the same. */
  readonly force?: boolean;
  /** Accepted chance of even one false alarm in the whole comparison. Default 0.05. */
  readonly alpha?: number;
  /** Compare this measure window instead of the whole cell. */
  readonly window?: string;
  /** Names of the sides in texts. Default base and head. */
  readonly names?: { readonly base: string; readonly head: string };
  /** Seed of the bootstrap; the same seed gives the same intervals. */
  readonly seed?: number;
  /** Resamples of the bootstrap. Default 1000. */
  readonly resamples?: number;
}

/** One number of one cell on both sides, before anything is said about it. */
interface Pair {
  readonly cell: string;
  readonly judged: Judged;
  readonly base: readonly number[];
  readonly head: readonly number[];
  readonly test: RankTest;
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
  return {
    scenario: base[0]?.scenario.name ?? head[0]?.scenario.name ?? '',
    base: sideOf(options.names?.base ?? 'base', base, groups.base),
    head: sideOf(options.names?.head ?? 'head', head, groups.head),
    circumstances,
    ...judgePairs(pairCells(groups.base, headCells(head, groups.head), options), options),
  };
}

/**
 * Compares two arms of the same results, network by network: what another transport changes.
 * The cells are named after their network; the sides after the arms.
 */
export function compareArms(
  results: readonly Result[],
  baseArm: string,
  headArm: string,
  options: CompareOptions = {},
): Comparison {
  const groups = cellRepeats(results);
  const of = (arm: string) =>
    groups.filter((group) => group.arm === arm).map((group) => ({ ...group, cell: group.network }));
  const [base, head] = [of(baseArm), of(headArm)];
  return {
    scenario: results[0]?.scenario.name ?? '',
    base: sideOf(baseArm, [], base),
    head: sideOf(headArm, [], head),
    circumstances: [],
    ...judgePairs(pairCells(base, new Map(head.map((group) => [group.cell, group.repeats])), options), options),
  };
}

type Judgement = Omit<Comparison, 'scenario' | 'base' | 'head' | 'circumstances'>;

function judgePairs(pairs: readonly Pair[], options: CompareOptions): Judgement {
  const alpha = options.alpha ?? 0.05;
  const family = holm(
    pairs.map((pair) => pair.test),
    alpha,
  );
  const random = new Random(options.seed ?? 1);
  // What the repeats could show depends on how many tests share alpha. Were there more repeats,
  // every test whose values differ at all would take part, so that is the number used.
  const varied = pairs.filter((pair) => new Set([...pair.base, ...pair.head]).size > 1).length;
  const rows = pairs.map((pair, index): ComparisonRow => {
    const { judged } = pair;
    const spread = Math.max(variation(pair.base), variation(pair.head));
    const row = {
      cell: pair.cell,
      metric: judged.metric,
      statistic: judged.statistic,
      unit: metrics[judged.metric].unit,
      better: metrics[judged.metric].better,
      base: pair.base,
      head: pair.head,
      margin: judged.margin,
      difference: bootstrapDifference(pair.base, pair.head, random.fork(), options.resamples),
      p: pair.test.p,
      pAdjusted: family.adjusted[index] as number,
      variation: spread,
      repeatsNeeded: repeatsNeeded(spread, judged.margin, varied, alpha),
      visibleChange: visibleChange(spread, Math.min(pair.base.length, pair.head.length), varied, alpha),
    };
    return { ...row, verdict: verdictOf(row, alpha) };
  });
  const bad = rows.some((row) => row.verdict === 'worse' || row.verdict === 'lost');
  return {
    format: 'mqbench-comparison',
    schema: 1,
    rows,
    alpha,
    familySize: family.size,
    limits: limitsOf(rows, varied, alpha),
    outcome: rows.length === 0 ? 'nothing-to-compare' : bad ? 'regression' : 'no-regression',
  };
}

/** The head's cells by name, with those that it planned and never came to: their numbers are lost. */
function headCells(head: readonly Result[], groups: readonly CellRepeats[]): Map<string, readonly Cell[]> {
  const planned = head.flatMap((result) => result.planned.map((id): [string, readonly Cell[]] => [cellOfId(id), []]));
  return new Map([...planned, ...groups.map((group): [string, readonly Cell[]] => [group.cell, group.repeats])]);
}

/**
 * Every judged number that the base has. What only the head has is new and cannot have
 * become worse; a cell that the head did not even plan was left out on purpose.
 */
function pairCells(
  base: readonly CellRepeats[],
  head: ReadonlyMap<string, readonly Cell[]>,
  options: CompareOptions,
): Pair[] {
  const judged = judgedNumbers(options);
  const both = base.filter((group) => head.has(group.cell));
  return both.flatMap((group) =>
    judged.flatMap((one): Pair[] => {
      const read = (cells: readonly Cell[]) => observations(cells, one.metric, one.statistic, options.window);
      const pair = { base: read(group.repeats), head: read(head.get(group.cell) ?? []) };
      if (pair.base.length === 0) return [];
      return [{ cell: group.cell, judged: one, ...pair, test: rankTest(pair.base, pair.head) }];
    }),
  );
}

function sideOf(name: string, results: readonly Result[], groups: readonly CellRepeats[]): ComparisonSide {
  const repeats = groups.map((group) => group.repeats.length);
  return {
    name,
    results: results.length,
    repeats: { fewest: repeats.length > 0 ? Math.min(...repeats) : 0, most: Math.max(0, ...repeats) },
    doubts: results.reduce(
      (sum, result) => sum + result.doubts.length + result.cells.reduce((of, cell) => of + cell.doubts.length, 0),
      0,
    ),
  };
}

function notComparable(differences: Comparison['circumstances']): MqbenchError {
  const list = differences.map(({ what, base, head }) => `${what}: ${base || '-'} against ${head || '-'}`);
  return new MqbenchError('MQB_NOT_COMPARABLE', `these results are not of one kind; ${list.join('; ')}`, {
    hint: 'run both on one machine with `mqbench ab`, or add --force to compare them all the same',
    exitCode: exitCodes.usage,
  });
}
