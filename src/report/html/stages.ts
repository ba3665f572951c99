import { type DistributionName, metrics } from '../../metrics/registry.js';
import type { Cell } from '../../result/types.js';
import { axisDuration } from '../charts/axes.js';
import { barChart } from '../charts/bars.js';
import type { Chart } from '../charts/canvas.js';
import { measuredEvents } from '../rows/events.js';
import { combine } from '../rows/number.js';
import { type Chapter, groupsOf } from './chapter.js';
import { figures, type Markup, section } from './markup.js';

interface Stage {
  readonly name: string;
  /** When the stage ends, from the common start; NaN where it was not measured. */
  readonly end: (cells: readonly Cell[]) => number;
}

/** The number that the tables show of several repeats; NaN where it is only the least that it can be, and so no end. */
const p50 = (metric: DistributionName) => (cells: readonly Cell[]) => {
  const { value, isLowerBound } = combine(cells, { metric, statistic: 'p50' });
  return isLowerBound ? Number.NaN : value;
};

const stage = (metric: DistributionName): Stage => ({ name: metrics[metric].label, end: p50(metric) });

const connecting = (['connect.transport', 'connect.connack', 'connect.suback'] as const).map(stage);

const comingBack: readonly Stage[] = [
  stage('reconnect.noticed'),
  // The first retry is not a metric of its own: it lies "retry → CONNACK" before "cut → CONNACK".
  { name: 'Waited', end: (cells) => p50('reconnect.connack')(cells) - p50('reconnect.retry')(cells) },
  ...(['transport', 'connack', 'suback', 'message', 'drained'] as const).map((name) => stage(`reconnect.${name}`)),
];

/** Where the time of a connect and of a reconnect goes, stage after stage. */
export function stagesSection(chapter: Chapter): Markup | undefined {
  const cut =
    measuredEvents(chapter.cells).length > 1 ? 'the connection was cut, over all events' : 'the connection was cut';
  const charts = [
    ...waterfall(chapter, 'Connecting, stage by stage', 'since the connect was due', connecting),
    ...waterfall(chapter, 'Coming back, stage by stage', `since ${cut}`, comingBack),
  ];
  return charts.length === 0 ? undefined : section(`${chapter.id}-stages`, 'Stages', figures(charts));
}

function waterfall(chapter: Chapter, title: string, axis: string, stages: readonly Stage[]): Chart[] {
  const ends = groupsOf(chapter).map(({ name, cells }) => ({ name, ends: stages.map(({ end }) => end(cells)) }));
  const drawn = ends.filter((group) => group.ends.some((end) => end > 0));
  if (drawn.length === 0) return [];
  const others = ends.filter((group) => !drawn.includes(group)).map(({ name }) => name);
  const lengths = drawn.map((group) => lengthsOf(group.ends));
  const parts = stages
    .map(({ name }, index) => ({ name, values: lengths.map((stageLengths) => stageLengths[index]) }))
    .filter(({ values }) => values.some((value) => value !== undefined && value > 0));
  const caption = `Median time ${axis} until each stage; what lies between is no median of its own. A stage that half of them had not come past when measuring stopped is not drawn.${others.length === 0 ? '' : ` Not here, because nobody had to: ${others.join(', ')}.`}`;
  return [barChart({ title, caption, axis, format: axisDuration, names: drawn.map(({ name }) => name), parts })];
}

/** Ends to lengths. Medians of different stages need not be in order; a stage is never shorter than nothing. */
function lengthsOf(ends: readonly number[]): (number | undefined)[] {
  let before = 0;
  return ends.map((end) => {
    if (!Number.isFinite(end)) return undefined;
    const length = Math.max(0, end - before);
    before = Math.max(before, end);
    return length;
  });
}
