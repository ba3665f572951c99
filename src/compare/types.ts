import type { Better, MetricName, Unit } from '../metrics/registry.js';
import type { Difference } from './stats/bootstrap.js';

/**
 * What can be said about one number:
 * better / worse: the rank test and the margin both say so;
 * same: the whole interval lies within the margin;
 * unclear: neither can be shown with these repeats;
 * lost: the base has this number and the head has none, which a gate must not let pass.
 */
export type Verdict = 'better' | 'worse' | 'same' | 'unclear' | 'lost';

/** Which number of a metric: a percentile of a distribution, or the value itself. */
export type JudgedStatistic = 'p50' | 'p95' | 'p99' | 'value';

/** Or whether a repeat has it at all (1 or 0). */
export type Statistic = JudgedStatistic | 'present';

/** Repeats of a cell that were planned and did not finish. What is left may be the lucky ones. */
export interface Unfinished {
  readonly cell: string;
  readonly planned: number;
  readonly finished: number;
  /** What became of the others, each text once. */
  readonly reasons: readonly string[];
}

/** Repeats of a cell that came to their end and are no success all the same: what no run passes over (result/breaches.ts). */
export interface Failed extends Omit<Unfinished, 'planned'> {
  readonly failed: number;
}

/**
 * ranks: all repeats of one side against all of the other (Mann-Whitney U, corrected by Holm).
 * rounds: each round's base against its own head (signs of whole rounds permuted, Westfall and Young's correction).
 */
export type Method = 'ranks' | 'rounds';

/** One metric of one cell, base against head. */
export interface ComparisonRow {
  /** Arm and network, e.g. `tls@30ms`. */
  readonly cell: string;
  readonly metric: MetricName;
  readonly statistic: Statistic;
  readonly unit: Unit;
  readonly better: Better;
  /** One value per repeat, in the order of the repeats; where rounds are compared, only of rounds that both sides have. */
  readonly base: readonly number[];
  readonly head: readonly number[];
  /** On which side any value is the least that it can be, because operations had not ended. Undefined: all are exact. */
  readonly atLeast?: { readonly base: boolean; readonly head: boolean } | undefined;
  /** Undefined with fewer than 2 repeats on a side. */
  readonly difference: Difference | undefined;
  /** Relative change that has to be exceeded before it is called better or worse. */
  readonly margin: number;
  /** Capacities are known only up to this factor, and differ only when they are further apart than that. */
  readonly gridStep?: number | undefined;
  /** Two-sided, of the comparison's method. */
  readonly p: number;
  /** The same, corrected for all tests of this comparison. */
  readonly pAdjusted: number;
  readonly verdict: Verdict;
  /**
   * How much it varies, as a share: between repeats (the larger coefficient of variation of the two sides), or, where
   * rounds are compared, its difference between rounds. NaN below 2 repeats.
   */
  readonly variation: number;
  /** Repeats per side that would show a change as large as the margin; Infinity: not with any sensible number. */
  readonly repeatsNeeded: number;
  /** The smallest relative change these repeats can show in 4 of 5 cases; Infinity: none. */
  readonly visibleChange: number;
}

/** Something that differs in how the two sides came about; without --force that is refused. */
export interface CircumstanceDifference {
  readonly what: string;
  readonly base: string;
  readonly head: string;
}

export interface ComparisonSide {
  readonly name: string;
  readonly results: number;
  /** Fewest and most repeats among its cells. */
  readonly repeats: { readonly fewest: number; readonly most: number };
  /** Kinds of doubt (codes) that any of its numbers has; one of them may stand at hundreds. */
  readonly doubts: number;
  /** Cells of which not every planned repeat finished. */
  readonly unfinished: readonly Unfinished[];
  /** Cells of which finished repeats broke a promise or the protocol, lost clients or were answered by nobody. */
  readonly failed: readonly Failed[];
}

export interface Comparison {
  readonly format: 'mqbench-comparison';
  readonly schema: 1;
  readonly scenario: string;
  readonly base: ComparisonSide;
  readonly head: ComparisonSide;
  readonly method: Method;
  readonly rows: readonly ComparisonRow[];
  readonly circumstances: readonly CircumstanceDifference[];
  /** Chance of even one false alarm that is accepted. */
  readonly alpha: number;
  /** Tests that could have found something; p is corrected for this many. */
  readonly familySize: number;
  /** Sentences about what these repeats cannot show. */
  readonly limits: readonly string[];
  /**
   * regression: at least one row is worse or lost. head-failed: none is, but a planned repeat of the head did not finish,
   * and the numbers of those that did cannot speak for it, or one that finished is no success.
   */
  readonly outcome: 'regression' | 'head-failed' | 'no-regression' | 'nothing-to-compare';
}
