import { formatCount } from '../../base/units.js';
import { decodeHistogram } from '../../metrics/hdr-codec.js';
import { Histogram } from '../../metrics/histogram.js';
import { type DistributionName, metrics } from '../../metrics/registry.js';
import type { Cell } from '../../result/types.js';
import type { Chart } from '../charts/canvas.js';
import { cumulativeChart, type DistributionSeries, percentileChart, scaleOf } from '../charts/distribution.js';
import { armLabel } from '../words/words.js';
import { type Chapter, groupsOf } from './chapter.js';
import { details, figures, html, type Markup, section } from './markup.js';

/** What is drawn, in this order; the first that was measured is open, the others unfold. */
const shown: readonly DistributionName[] = [
  'connect.connack',
  'publish.ack',
  'delivery.e2e',
  'request.rtt',
  'reconnect.connack',
  'delivery.gap',
];

/** Every percentile and the whole distribution of the latencies people ask about. */
export function distributionsSection(chapter: Chapter): Markup | undefined {
  const blocks = shown
    .map((metric) => ({ metric, charts: chartsOf(chapter, metric) }))
    .filter(({ charts }) => charts.length > 0);
  if (blocks.length === 0) return undefined;
  return section(
    `${chapter.id}-distributions`,
    'Latency distributions',
    html`<p class="faint">All repeats of an arm together. First every percentile, on an axis that gives the tail as
much room as the rest; beside or below it the share of samples that were at most so slow. Operations that were not finished
when measuring stopped are among them with their age, where the curve is a lower bound.</p>`,
    blocks.map(({ metric, charts }, index) => {
      const { label, meaning } = metrics[metric];
      return details(html`<span title="${metric}">${label}: ${meaning}</span>`, figures(charts), index === 0);
    }),
  );
}

/** Two for each network, all with one kind of axis: they are looked at together. */
function chartsOf(chapter: Chapter, metric: DistributionName): Chart[] {
  const drawn = chapter.networks
    .map((network) => ({ network, series: seriesOf(chapter, network, metric) }))
    .filter(({ series }) => series.length > 0);
  const scale = scaleOf(drawn.map(({ series }) => series));
  return drawn.flatMap(({ network, series }) => {
    const title = titleOf(chapter, network, metric);
    return [
      percentileChart(`${title}: percentiles`, series, scale),
      cumulativeChart(`${title}: cumulative`, series, scale),
    ];
  });
}

/** The percentiles of a metric on a network, alone; undefined where nothing was recorded. */
export function percentilesOf(chapter: Chapter, network: string, metric: DistributionName): Chart | undefined {
  const series = seriesOf(chapter, network, metric);
  if (series.length === 0) return undefined;
  return percentileChart(`${titleOf(chapter, network, metric)}: percentiles`, series, scaleOf([series]));
}

function seriesOf(chapter: Chapter, network: string, metric: DistributionName): DistributionSeries[] {
  return groupsOf(chapter, network).flatMap(({ arm, cells }) => {
    const histogram = merged(cells, metric);
    return histogram.count === 0 ? [] : [{ name: armLabel(arm), index: chapter.colourOf(arm), histogram }];
  });
}

function titleOf(chapter: Chapter, network: string, metric: DistributionName): string {
  const left = chapter.cells
    .filter((cell) => cell.network.name === network)
    .reduce((sum, cell) => sum + (cell.metrics.distributions[metric]?.outstanding ?? 0), 0);
  return `${metrics[metric].label} on ${network}${left === 0 ? '' : `, ${formatCount(left)} not finished`}`;
}

function merged(cells: readonly Cell[], metric: DistributionName): Histogram {
  const sum = new Histogram();
  for (const cell of cells) {
    const { count = 0, histogram = '' } = cell.metrics.distributions[metric] ?? {};
    if (count > 0 && histogram !== '') sum.add(decodeHistogram(histogram));
  }
  return sum;
}
