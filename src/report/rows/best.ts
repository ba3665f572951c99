import { numberOf } from '../../compare/observations.js';
import { holm } from '../../compare/stats/family.js';
import { deviation, mean, studentCoverage } from '../../compare/stats/probability.js';
import { type MetricName, metricNames, metrics } from '../../metrics/registry.js';
import { capacityInterval, withinOneStep } from '../../result/capacity.js';
import type { Cell, NumberName, Result, Search, Statistic } from '../../result/types.js';
import type { DoubtNotes } from '../words/doubts.js';
import { armsOn, networksOf } from './builders.js';
import { combine, combinedText } from './number.js';

/** The chance that even one of all marks of a result is there by accident. */
const alpha = 0.05;
const percentiles: readonly Statistic[] = ['p50', 'p95', 'p99', 'max'];

/**
 * Numbers that have no best. Those of reconnects and migrations exist only where something went wrong: who never lost a
 * client has none. The generator's own say nothing about an arm. How fast clients connect is what was asked for.
 */
const withoutBest = /^(reconnect\.|migration\.|connect\.late$|publish\.late$|loop\.|rate\.connect$|.*\.raw$)/;
const hasBest = (metric: MetricName): boolean => metrics[metric].better !== 'none' && !withoutBest.test(metric);

/**
 * Which arms are the best of a row: the smallest group of which each one is better than each other arm, beyond what
 * repeats vary by. Judged by Welch's t over repeats, corrected for all numbers and pairs of arms of the result (Holm), so
 * that it does not matter which of them an output shows. One repeat says nothing about its spread: no marks.
 */
export class BestMarks {
  /** Pairs of arms, and the number in which they surely differ. */
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
    if (texts.size < 2 || !hasBest(name.metric) || arms.some(({ cells }) => this.isDoubted(cells, name))) {
      return new Set();
    }
    const sign = metrics[name.metric].better === 'lower' ? 1 : -1;
    const order = [...arms].sort((a, b) => sign * (mean(a.values) - mean(b.values))).map(({ arm }) => arm);
    const isSure = (one: string, other: string): boolean => this.sure.has(keyOf(network, name, one, other));
    const count = order.findIndex((_, i) => {
      const [best, rest] = [order.slice(0, i), order.slice(i)];
      return i > 0 && best.every((one) => rest.every((other) => isSure(one, other)));
    });
    return new Set(order.slice(0, Math.max(0, count)));
  }

  private isDoubted(cells: readonly Cell[], name: NumberName): boolean {
    return this.notes.about(cells, name).length > 0 || combine(cells, name).isLowerBound || reachesOffered(cells, name);
  }

  private arms(network: string, name: NumberName): ArmValues[] {
    return armsOn(this.result, network)
      .map(({ arm, cells, searches = [] }) => {
        const values = cells.map((cell) => numberOf(cell, name)).filter((value) => !Number.isNaN(value));
        return { arm, cells, searches, values };
      })
      .filter(({ values }) => values.length > 0);
  }

  /** With p in the form that {@link holm} wants; where nothing can be said, a test that cannot find anything. */
  private pairs(network: string, name: NumberName): { key: string; p: number; smallestP: number }[] {
    const arms = this.arms(network, name);
    return arms.flatMap((one, i) =>
      arms.slice(i + 1).map((other) => {
        const key = keyOf(network, name, one.arm, other.arm);
        if (Math.min(one.values.length, other.values.length) < 2) return { key, p: 1, smallestP: 1 };
        const isCapacity = name.metric === 'rate.capacity';
        const p = isCapacity ? chanceOfCapacity(one, other) : chance(one.values, other.values, name.metric);
        return { key, p: p ?? 1, smallestP: p === undefined ? 1 : 0 };
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

/** Everything that any output shows of the result and that has a best. */
function numbersOf({ cells }: Result): NumberName[] {
  const windows = new Set(
    cells.flatMap((cell) => [...Object.keys(cell.windows), ...cell.events.map(({ name }) => name)]),
  );
  const fleets = new Set(cells.flatMap((cell) => Object.keys(cell.fleets ?? {})));
  return [undefined, ...fleets].flatMap((fleet) =>
    [undefined, ...windows].flatMap((window) =>
      metricNames.filter(hasBest).flatMap((metric): NumberName[] => {
        const statistics = metrics[metric].kind === 'value' ? (['value'] as const) : percentiles;
        return statistics.map((statistic) => ({ metric, statistic, window, fleet }));
      }),
    ),
  );
}

function keyOf(
  network: string,
  { metric, statistic, window = '', fleet = '' }: NumberName,
  one: string,
  other: string,
): string {
  return JSON.stringify([network, metric, statistic, window, fleet, ...[one, other].sort()]);
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
 * @returns 0 or, where nothing can be said, undefined
 */
function chanceOfCapacity(...sides: readonly [ArmValues, ArmValues]): number | undefined {
  const [a, b] = sides.map(({ searches }) => searches.map(capacityInterval)) as [Interval[], Interval[]];
  const isAbove = new Set(a.flatMap(({ held }) => b.map((low) => held > low.held)));
  return isAbove.size !== 1 || a.some((left) => b.some((right) => withinOneStep(left, right))) ? undefined : 0;
}
type Interval = ReturnType<typeof capacityInterval>;

/**
 * Two-sided probability of a difference of means at least this large, were both arms the same (Welch 1947).
 * @returns undefined where nothing can be said: all values alike
 */
function chance(one: readonly number[], other: readonly number[], metric: MetricName): number | undefined {
  const [a, b] = [mean(one), mean(other)];
  const difference = Math.abs(a - b);
  if (difference === 0) return undefined;
  // Histograms know their values to 1 in 1,000.
  const resolution = metrics[metric].kind === 'distribution' ? (Math.max(a, b) * 1e-3) ** 2 : 0;
  const [ofA, ofB] = [one, other].map((values) => deviation(values) ** 2 / values.length) as [number, number];
  const spread = ofA + ofB;
  if (spread + resolution === 0) return 0;
  const degrees =
    spread === 0
      ? one.length + other.length - 2
      : spread ** 2 / (ofA ** 2 / (one.length - 1) + ofB ** 2 / (other.length - 1));
  return 1 - studentCoverage(difference / Math.sqrt(spread + resolution), Math.max(1, Math.floor(degrees)));
}
