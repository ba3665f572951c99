import { type DistributionName, isDistribution, metrics } from '../../metrics/registry.js';
import type { NumberName } from '../../result/types.js';
import { axisCount, axisDuration, axisSize } from '../charts/axes.js';
import { armBars } from '../charts/bars.js';
import type { Chart } from '../charts/canvas.js';
import { combine } from '../rows/number.js';
import { pointOf, slowestNetwork } from '../rows/point.js';
import { armLabel } from '../words/words.js';
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
  const curve = names.map(({ metric }) => metric).find(isDistribution);
  return pointTimeline(chapter, network) ?? firstOf(chapter, network, names[0], curve);
}

function firstOf(
  chapter: Chapter,
  network: string,
  first: NumberName | undefined,
  curve: DistributionName | undefined,
): Chart | undefined {
  const bars = first && !isDistribution(first.metric) ? barsOf(chapter, first) : undefined;
  return bars ?? (curve && percentilesOf(chapter, network, curve));
}

function barsOf(chapter: Chapter, name: NumberName): Chart | undefined {
  const groups = groupsOf(chapter);
  const values = groups.map(({ cells }) => combine(cells, name).value);
  if (groups.length > mostBars || !values.some((value) => value > 0)) return undefined;
  const { label, detail, meaning, unit } = metrics[name.metric];
  const title = detail === '' ? label : `${label} ${detail}`;
  return armBars({
    title,
    caption: `${title}: ${meaning}.`,
    axis: title,
    format: unit === 'us' ? axisDuration : unit === 'bytes' ? axisSize : axisCount,
    bars: groups.map(({ arm, network }, i) => ({
      name: `${armLabel(arm)} ${network}`,
      value: values[i] as number,
      index: chapter.colourOf(arm),
    })),
  });
}
