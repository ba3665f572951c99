import { isDistribution, metrics } from '../../metrics/registry.js';
import type { NumberName } from '../../result/types.js';
import { axisCount, axisDuration, axisSize } from '../charts/axes.js';
import { armBars } from '../charts/bars.js';
import type { Chart } from '../charts/canvas.js';
import { numberLabel } from '../rows/builders.js';
import { combine } from '../rows/number.js';
import { pointOf, slowestNetwork } from '../rows/point.js';
import { type Chapter, groupsOf } from './chapter.js';
import { percentilesOf } from './distributions.js';
import { pointTimeline } from './timelines.js';

/** More bars than these are no picture. */
const mostBars = 16;

/**
 * The one chart that shows the answer: what became of the clients where something happened to them, else the first number
 * of the point, as a distribution or as bars.
 */
export function pointChart(chapter: Chapter): Chart | undefined {
  const network = slowestNetwork(chapter.cells);
  if (network === undefined) return undefined;
  const names = pointOf(chapter.result);
  const [first] = names;
  const curve = names.map(({ metric }) => metric).find(isDistribution);
  return (
    pointTimeline(chapter, network) ??
    (first && !isDistribution(first.metric) ? barsOf(chapter, first) : undefined) ??
    (curve && percentilesOf(chapter, network, curve))
  );
}

function barsOf(chapter: Chapter, name: NumberName): Chart | undefined {
  const bars = groupsOf(chapter).map(({ arm, name: of, cells }) => ({
    name: of,
    value: combine(cells, name).value,
    index: chapter.colourOf(arm),
  }));
  if (bars.length > mostBars || !bars.some(({ value }) => value > 0)) return undefined;
  const { meaning, unit } = metrics[name.metric];
  const title = numberLabel(name);
  const format = unit === 'us' ? axisDuration : unit === 'bytes' ? axisSize : axisCount;
  return armBars({ title, caption: `${title}: ${meaning}.`, axis: title, format, bars });
}
