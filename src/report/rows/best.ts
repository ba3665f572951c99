import { holm } from '../../compare/stats/family.js';
import { studentCoverage } from '../../compare/stats/probability.js';
import { type MetricName, metricNames, metrics } from '../../metrics/registry.js';
import { capacityInterval, withinOneStep } from '../../result/capacity.js';
import type { Cell, NumberName, Result, Search, Statistic } from '../../result/types.js';
import type { DoubtNotes } from '../words/doubts.js';
import { armsOn } from './builders.js';
import { combine, combinedText, numberOfCell } from './number.js';

/** The chance that even one of all marks of a result is there by accident. */
const alpha = 0.05;
const percentiles: readonly Statistic[] = ['p50', 'p95', 'p99', 'max'];

/**
 * Numbers that have no best. Those of reconnects and migrations exist only where something went wrong: who never lost a
 * client has none. The generator's own say nothing about an arm. How fast clients connect is what was asked for.
 */
const withoutBest = /^(reconnect\.|migration\.|connect\.late$|publish\.late$|loop\.|rate\.connect$|.*\.raw$)/;

/** Two arms and a number of theirs. */
interface Pair {
  readonly key: string;
  readonly p: number;
  readonly smallestP: number;
}

/**
 * Which arms are the best of a row: the smallest group of which each one is better than each other arm, beyond what
 * repeats vary by. Judged by Welch's t over repeats, corrected for all numbers and pairs of arms of the result (Holm), so
 * that it does not matter which of them an output shows. One repeat says nothing about its spread: no marks.
 */
export class BestMarks {
  private readonly sure: ReadonlySet<string>;

  constructor(
    private readonly result: Result,
    private readonly notes: DoubtNotes,
  ) {
    const pairs = networksOf(result).flatMap((network) =>
      numbersOf(result).flatMap((name) => this.pairs(network, name)),
    );
    const { adjusted } = holm(pairs, alpha);
    this.sure = new Set(pairs.filter((_, index) => (adjusted[index] as number) <= alpha).map(({ key }) => key));
  }

  /** The best arms of a row; none when nothing is sure, or when anything of the row is doubted. */
  of(network: string, name: NumberName): ReadonlySet<string> {
    const arms = this.arms(network, name);
    const texts = new Set(arms.map(({ cells }) => combinedText(combine(cells, name), name.metric)));
    if (texts.size < 2 || !hasBest(name.metric) || this.isDoubted(arms, name)) return new Set();
    const sign = metrics[name.metric].better === 'lower' ? 1 : -1;
    const order = arms
      .map(({ arm, values }) => ({ arm, value: sign * moments(values).mean }))
      .sort((a, b) => a.value - b.value)
      .map(({ arm }) => arm);
    for (let count = 1; count < order.length; count++) {
      const rest = order.slice(count);
      const best = order.slice(0, count);
      if (best.every((one) => rest.every((other) => this.sure.has(keyOf(network, name, one, other))))) {
        return new Set(best);
      }
    }
    return new Set();
  }

  private isDoubted(arms: readonly ArmValues[], name: NumberName): boolean {
    return arms.some(
      ({ cells }) =>
        this.notes.about(cells, name).length > 0 || combine(cells, name).isLowerBound || reachesOffered(cells, name),
    );
  }

  private arms(network: string, name: NumberName): ArmValues[] {
    return armsOn(this.result, network)
      .map(({ arm, cells, searches = [] }) => {
        const values = cells.map((cell) => numberOfCell(cell, name)).filter((value) => !Number.isNaN(value));
        return { arm, cells, searches, values };
      })
      .filter(({ values }) => values.length > 0);
  }

  private pairs(network: string, name: NumberName): Pair[] {
    const arms = this.arms(network, name);
    return arms.flatMap((one, i) =>
      arms.slice(i + 1).map((other) => {
        const p =
          name.metric === 'rate.capacity'
            ? chanceOfCapacity(one, other)
            : chance(one.values, other.values, metrics[name.metric].kind === 'distribution');
        return { key: keyOf(network, name, one.arm, other.arm), p: p ?? 1, smallestP: p === undefined ? 1 : 0 };
      }),
    );
  }
}

interface ArmValues {
  readonly arm: string;
  readonly cells: readonly Cell[];
  /** One per repeat that has the number. */
  readonly values: readonly number[];
  readonly searches: readonly Search[];
}

const hasBest = (metric: MetricName): boolean => metrics[metric].better !== 'none' && !withoutBest.test(metric);

const networksOf = (result: Result): string[] => [...new Set(result.cells.map((cell) => cell.network.name))];

/** Everything that any output shows of the result and that has a best. */
function numbersOf({ cells }: Result): NumberName[] {
  const windows = new Set(
    cells.flatMap((cell) => [...Object.keys(cell.windows), ...cell.events.map(({ name }) => name)]),
  );
  return [undefined, ...windows].flatMap((window) =>
    metricNames.filter(hasBest).flatMap((metric): NumberName[] => {
      const statistics = metrics[metric].kind === 'value' ? (['value'] as const) : percentiles;
      return statistics.map((statistic) => ({ metric, statistic, window }));
    }),
  );
}

function keyOf(network: string, { metric, statistic, window = '' }: NumberName, one: string, other: string): string {
  return JSON.stringify([network, metric, statistic, window, ...[one, other].sort()]);
}

/** More than what was offered is a backlog that went through, not a merit; as much as was offered is what was asked. */
function reachesOffered(cells: readonly Cell[], name: NumberName): boolean {
  if (name.metric !== 'rate.achieved' && name.metric !== 'rate.received') return false;
  const offered = combine(cells, { ...name, metric: 'rate.offered' }).value;
  return combine(cells, name).value >= offered * 0.98;
}

/**
 * A capacity is known to a step of its search's grid, however often the cells were repeated: one is higher only when
 * every interval of it is, with a step between them.
 */
function chanceOfCapacity(one: ArmValues, other: ArmValues): number | undefined {
  if (Math.min(one.values.length, other.values.length) < 2 || one.searches.length * other.searches.length === 0) {
    return undefined;
  }
  const [a, b] = [one.searches.map(capacityInterval), other.searches.map(capacityInterval)];
  const isAbove = a.map(({ held }) => b.map((low) => held > low.held));
  const alike = new Set(isAbove.flat()).size > 1 || a.some((left) => b.some((right) => withinOneStep(left, right)));
  return alike ? undefined : 0;
}

/**
 * Two-sided probability of a difference of means at least this large, were both arms the same (Welch 1947).
 * @param rounded values come from histograms, which know them to 1 in 1,000
 * @returns undefined where nothing can be said: fewer than 2 repeats, or all values alike
 */
function chance(one: readonly number[], other: readonly number[], rounded: boolean): number | undefined {
  if (Math.min(one.length, other.length) < 2) return undefined;
  const [a, b] = [moments(one), moments(other)];
  const difference = Math.abs(a.mean - b.mean);
  if (difference === 0) return undefined;
  const resolution = rounded ? (Math.max(a.mean, b.mean) * 1e-3) ** 2 : 0;
  const error = a.squaredError + b.squaredError + resolution;
  if (error === 0) return 0;
  const spread = a.squaredError + b.squaredError;
  const degrees =
    spread === 0
      ? one.length + other.length - 2
      : spread ** 2 / (a.squaredError ** 2 / (one.length - 1) + b.squaredError ** 2 / (other.length - 1));
  return 1 - studentCoverage(difference / Math.sqrt(error), Math.max(1, Math.floor(degrees)));
}

function moments(values: readonly number[]): { mean: number; squaredError: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1);
  return { mean, squaredError: variance / values.length };
}
