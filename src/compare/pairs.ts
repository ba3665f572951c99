import { type MetricName, metrics } from '../metrics/registry.js';
import { capacityInterval, gridStep } from '../result/capacity.js';
import { type Judged, type JudgedRequest, judgedNumbers, onlyAfterTrouble } from './judged.js';
import { type CellRepeats, type Observation, observed } from './observations.js';
import type { ComparisonRow } from './types.js';

type About = 'cell' | 'metric' | 'statistic' | 'unit' | 'better' | 'margin' | 'gridStep';

/** One number of one cell on both sides, before anything is said about it. */
export interface Pair extends Pick<ComparisonRow, About> {
  readonly base: readonly Observation[];
  readonly head: readonly Observation[];
}

export interface PairRequest extends JudgedRequest {
  readonly window?: string | undefined;
  /** One of several; undefined: all clients. */
  readonly fleet?: string | undefined;
}

type Place = Pick<PairRequest, 'window' | 'fleet'>;

/**
 * Every judged number that the base has. What only the head has is new and cannot have
 * become worse; a cell that the head did not even plan was left out on purpose.
 */
export function pairCells(
  base: readonly CellRepeats[],
  head: readonly CellRepeats[],
  request: PairRequest,
): readonly Pair[] {
  const judged = judgedNumbers(request);
  const place: Place = { window: request.window, fleet: request.fleet };
  return base.flatMap((ofBase) => {
    const ofHead = head.find(({ cell }) => cell === ofBase.cell);
    if (!ofHead || ofBase.repeats.length === 0) return [];
    const values = judged.flatMap((one) => valuePair(ofBase, ofHead, one, place));
    const names = [...new Set(judged.map(({ metric }) => (isReconnect(metric) ? reconnected : metric)))];
    return [...values, ...names.flatMap((metric) => presencePair(ofBase, ofHead, metric, place))];
  });
}

function valuePair(base: CellRepeats, head: CellRepeats, judged: Judged, place: Place): Pair[] {
  const { metric } = judged;
  const sides = { base: observed(base, { ...judged, ...place }), head: observed(head, { ...judged, ...place }) };
  if (sides.base.length === 0) return [];
  if (sides.head.length === 0 && !isLoss(metric, base, sides.base)) return [];
  const { unit, better } = metrics[metric];
  return [{ cell: base.cell, ...judged, unit, better, ...sides, gridStep: stepOf(metric, base, head) }];
}

/**
 * The head has none of it: a loss when every repeat of the base had it, and not for what only repeats in trouble have.
 * What some repeats of the base had is a question of how often (presencePair).
 */
function isLoss(metric: MetricName, base: CellRepeats, found: readonly Observation[]): boolean {
  const all = metric === 'rate.capacity' && base.searches.length > 0 ? base.searches.length : base.repeats.length;
  return !onlyAfterTrouble(metric) && found.length === all;
}

/** All reconnect.* of a cell are there or not there together; this one stands for them. */
const reconnected: MetricName = 'reconnect.connack';
const isReconnect = (metric: MetricName): boolean => metric.startsWith('reconnect.');

/** In how many repeats a number is there at all, where that differs between repeats. More reconnects are worse, of anything else fewer. */
function presencePair(base: CellRepeats, head: CellRepeats, metric: MetricName, place: Place): Pair[] {
  // A path proven more or less often is neither good nor bad; a capacity is of a search and not of a repeat.
  if (metric === 'migration.path' || metric === 'rate.capacity') return [];
  if (base.repeats.length === 0 || head.repeats.length === 0) return [];
  const statistic = metrics[metric].kind === 'distribution' ? 'p50' : 'value';
  const [ofBase, ofHead] = [base, head].map((group): Observation[] => {
    const having = new Set(observed(group, { metric, statistic, ...place }).map(({ round }) => round));
    return group.rounds.map((round) => ({ round, value: having.has(round) ? 1 : 0 }));
  }) as [Observation[], Observation[]];
  const count = (side: readonly Observation[]) => side.reduce((sum, { value }) => sum + value, 0);
  const [inBase, inHead] = [count(ofBase), count(ofHead)];
  const isMixed = inBase + inHead > 0 && inBase + inHead < ofBase.length + ofHead.length;
  const isLost = inHead === 0 && inBase === ofBase.length && !isReconnect(metric);
  if (!isMixed || isLost) return [];
  const better = isReconnect(metric) ? 'lower' : 'higher';
  return [
    { cell: base.cell, metric, statistic: 'present', unit: 'count', better, margin: 0, base: ofBase, head: ofHead },
  ];
}

function stepOf(metric: MetricName, ...groups: readonly CellRepeats[]): number | undefined {
  if (metric !== 'rate.capacity') return undefined;
  const searches = groups.flatMap((group) => group.searches);
  const steps = searches.flatMap(({ search }) => gridStep(capacityInterval(search)) ?? []);
  return steps.length > 0 ? Math.max(...steps) : undefined;
}
