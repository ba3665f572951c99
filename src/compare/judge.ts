import { Random } from '../base/numbers/random.js';
import { limitsOf, varies } from './limits.js';
import type { Observation } from './observations.js';
import type { Pair } from './pairs.js';
import { bootstrapDifference, type Difference, shareShift, typicalOfRounds, typicalShift } from './stats/bootstrap.js';
import { holm } from './stats/family.js';
import { outlooks, variation } from './stats/power.js';
import { mean } from './stats/probability.js';
import { rankTest } from './stats/rank-test.js';
import { roundTest } from './stats/round-test.js';
import type { Comparison, ComparisonRow, Method } from './types.js';
import { verdictOf } from './verdict.js';

export interface RowOptions {
  /** Accepted chance of even one false alarm in all that is compared together. Default 0.05. */
  readonly alpha?: number;
  /** Seed of the bootstrap; the same seed gives the same intervals. */
  readonly seed?: number;
  /** Resamples of the bootstrap. Default 1000. */
  readonly resamples?: number;
}

export type Judgement = Pick<Comparison, 'method' | 'rows' | 'alpha' | 'familySize' | 'limits'>;

/** What the method says of one pair. */
type Tested = Pick<ComparisonRow, 'base' | 'head' | 'p' | 'pAdjusted' | 'variation'>;

/**
 * Judges numbers that share one alpha.
 * @param rounds all rounds in which base and head ran beside each other; undefined: the repeats of a side are one group
 */
export function judgePairs(
  asked: readonly Pair[],
  rounds: readonly string[] | undefined,
  options: RowOptions,
): Judgement {
  const alpha = options.alpha ?? 0.05;
  const random = new Random(options.seed ?? 1);
  const method: Method = rounds ? 'rounds' : 'ranks';
  const pairs = rounds ? asked.filter(hasCommonRound) : asked;
  const { size, tested } = rounds ? testRounds(pairs, rounds, random) : testRanks(pairs, alpha);
  // What the repeats could show depends on how many tests share alpha. Were there more repeats,
  // every test whose values differ at all would take part, so that is the number used.
  const varied = tested.filter(varies).length;
  const outlook = outlooks[method];
  const rows = pairs.map((pair, index): ComparisonRow => {
    const one = tested[index] as Tested;
    const row = {
      ...pair,
      ...one,
      atLeast: boundsOf(pair),
      difference: differenceOf(pair, one, method === 'rounds', random.fork(), options.resamples),
      repeatsNeeded: outlook.needed(one.variation, pair.margin, varied, alpha),
      visibleChange: outlook.visible(one.variation, Math.min(one.base.length, one.head.length), varied, alpha),
    };
    return { ...row, verdict: verdictOf(row, alpha) };
  });
  return { method, rows, alpha, familySize: size, limits: limitsOf(rows, varied, alpha, method) };
}

function boundsOf({ base, head }: Pair): ComparisonRow['atLeast'] {
  const isBound = (side: readonly Observation[]): boolean => side.some(({ atLeast }) => atLeast);
  return isBound(base) || isBound(head) ? { base: isBound(base), head: isBound(head) } : undefined;
}

function differenceOf(
  { statistic }: Pair,
  { base, head }: Tested,
  paired: boolean,
  random: Random,
  resamples: number | undefined,
): Difference | undefined {
  const isShare = statistic === 'present';
  const shift = isShare ? shareShift : paired ? typicalOfRounds : typicalShift;
  const difference = bootstrapDifference(base, head, random, resamples, { shift, paired });
  // How often something is there has no percentage of its own to be measured against.
  return isShare && difference ? { ...difference, relative: undefined } : difference;
}

/** Numbers that were tested together. @param size those of them that could have shown anything */
interface Family {
  readonly size: number;
  readonly tested: readonly Tested[];
}

const numberIn = ({ value }: Observation): number => value;

function testRanks(pairs: readonly Pair[], alpha: number): Family {
  const sides = pairs.map((pair) => ({ base: pair.base.map(numberIn), head: pair.head.map(numberIn) }));
  const tests = sides.map(({ base, head }) => rankTest(base, head));
  const family = holm(tests, alpha);
  const tested = sides.map((side, index) => ({
    ...side,
    p: tests[index]?.p as number,
    pAdjusted: family.adjusted[index] as number,
    variation: Math.max(variation(side.base), variation(side.head)),
  }));
  return { size: family.size, tested };
}

/** A number that base and head have in different rounds only cannot be compared within rounds. */
function hasCommonRound({ base, head }: Pair): boolean {
  const rounds = new Set(base.map(({ round }) => round));
  return head.length === 0 || head.some(({ round }) => rounds.has(round));
}

/** Within rounds. A round in which a side has no number says nothing about it, and counts as no difference. */
function testRounds(pairs: readonly Pair[], rounds: readonly string[], random: Random): Family {
  const sides = pairs.map((pair) => bothHave(pair, rounds));
  const differences = sides.map(({ base, head, places }) => {
    const row = new Array<number>(rounds.length).fill(0);
    // Times and sizes differ by factors, so their logarithms are compared; what can be 0 is compared as it is.
    const size = [...base, ...head].every((value) => value > 0) ? Math.log : (value: number) => value;
    for (const [i, place] of places.entries()) row[place] = size(head[i] as number) - size(base[i] as number);
    return row;
  });
  const { size, p, adjusted } = roundTest(differences, random);
  const tested = sides.map(({ base, head }, index) => ({
    base,
    head,
    p: p[index] as number,
    pAdjusted: adjusted[index] as number,
    variation: variationOfRounds(base, head),
  }));
  return { size, tested };
}

/** The values of the rounds that both sides have; all of the base's where the head has none. */
function bothHave({ base, head }: Pair, rounds: readonly string[]) {
  if (head.length === 0) return { base: base.map(numberIn), head: [], places: [] };
  const of = (side: readonly Observation[]) => new Map(side.map(({ round, value }) => [round, value]));
  const [ofBase, ofHead] = [of(base), of(head)];
  const places = rounds.flatMap((round, place) => (ofBase.has(round) && ofHead.has(round) ? [place] : []));
  const values = (side: ReadonlyMap<string, number>) =>
    places.map((place) => side.get(rounds[place] as string) as number);
  return { base: values(ofBase), head: values(ofHead), places };
}

/** Standard deviation of the difference between rounds, as a share of the base. */
function variationOfRounds(base: readonly number[], head: readonly number[]): number {
  if (base.length < 2) return Number.NaN;
  const size = Math.abs(mean(base));
  // The coefficient of variation of values around 1 is their standard deviation.
  const relative = base.map((value, index) => ((head[index] as number) - value) / size);
  const middle = mean(relative);
  return variation(relative.map((value) => 1 + value - middle));
}
