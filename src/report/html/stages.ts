import type { DistributionName } from '../../metrics/registry.js';
import type { Cell } from '../../result/types.js';
import { axisDuration } from '../charts/axes.js';
import { barChart } from '../charts/bars.js';
import type { Chart } from '../charts/canvas.js';
import { measuredEvents } from '../rows/events.js';
import { combine } from '../rows/number.js';
import { armLabel } from '../words/words.js';
import { type Chapter, groupsOf } from './chapter.js';
import { figures } from './figure.js';
import { type Markup, section } from './markup.js';

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

const connecting: readonly Stage[] = [
  { name: 'transport', end: p50('connect.transport') },
  { name: 'CONNACK', end: p50('connect.connack') },
  { name: 'SUBACK', end: p50('connect.suback') },
];

/** The first retry is not a metric of its own: it lies "retry → CONNACK" before "cut → CONNACK". */
const comingBack: readonly Stage[] = [
  { name: 'noticed', end: p50('reconnect.noticed') },
  { name: 'waited', end: (cells) => p50('reconnect.connack')(cells) - p50('reconnect.retry')(cells) },
  { name: 'transport', end: p50('reconnect.transport') },
  { name: 'CONNACK', end: p50('reconnect.connack') },
  { name: 'SUBACK', end: p50('reconnect.suback') },
  { name: 'message', end: p50('reconnect.message') },
  { name: 'drained', end: p50('reconnect.drained') },
];

/** Where the time of a connect and of a reconnect goes, stage after stage. */
export function stagesSection(chapter: Chapter): Markup | undefined {
  const cut =
    measuredEvents(chapter.cells).length > 1 ? 'the connection was cut, over all events' : 'the connection was cut';
  const charts = [
    waterfall(chapter, 'Connecting, stage by stage', 'since the connect was due', connecting),
    waterfall(chapter, 'Coming back, stage by stage', `since ${cut}`, comingBack),
  ].filter((chart) => chart !== undefined);
  return charts.length === 0 ? undefined : section(`${chapter.id}-stages`, 'Stages', figures(charts));
}

type Group = ReturnType<typeof groupsOf>[number];

const nameOf = ({ arm, network }: Group): string => `${armLabel(arm)} ${network}`;

function waterfall(chapter: Chapter, title: string, axis: string, stages: readonly Stage[]): Chart | undefined {
  const isDrawn = ({ cells }: Group): boolean => stages.some((stage) => stage.end(cells) > 0);
  const groups = groupsOf(chapter).filter(isDrawn);
  if (groups.length === 0) return undefined;
  const others = groupsOf(chapter).filter((group) => !isDrawn(group));
  const lengths = groups.map(({ cells }) => lengthsOf(stages.map((stage) => stage.end(cells))));
  const parts = stages
    .map(({ name }, index) => ({ name, values: lengths.map((stageLengths) => stageLengths[index]) }))
    .filter(({ values }) => values.some((value) => value !== undefined && value > 0));
  const caption = `Median time ${axis} until each stage; what lies between is no median of its own. A stage that half of them had not come past when measuring stopped is not drawn.${others.length === 0 ? '' : ` Not here, because nobody had to: ${others.map(nameOf).join(', ')}.`}`;
  const names = groups.map(nameOf);
  return barChart({ title, caption, axis, format: axisDuration, names, parts });
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
