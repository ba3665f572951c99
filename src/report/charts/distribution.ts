import { type Histogram, highestOf } from '../../metrics/histogram.js';
import { axisDuration, bottomAxis, legend, valueAxis } from './axes.js';
import { armLine, type Chart, type ChartOption, chartOf } from './canvas.js';

/** All repeats of one arm, merged. */
export interface DistributionSeries {
  readonly name: string;
  /** Of its colour: an arm has the same one in every chart. */
  readonly index: number;
  readonly histogram: Histogram;
}

/** The kind of an axis of latencies. */
export type Scale = 'linear' | 'log';

const fastestOf = (series: readonly DistributionSeries[]): number =>
  Math.min(...series.map(({ histogram }) => histogram.min).filter((value) => value > 0));

/**
 * Which one charts that are looked at together get: logarithmic once the slowest is 20 times the fastest in one of them,
 * where a line at the bottom would be all there is to see.
 */
export function scaleOf(charts: readonly (readonly DistributionSeries[])[]): Scale {
  const isWide = (series: readonly DistributionSeries[]): boolean =>
    Math.max(...series.map(({ histogram }) => histogram.max)) / fastestOf(series) >= 20;
  return charts.some(isWide) ? 'log' : 'linear';
}

const wide = { width: 520, height: 320 };
const narrow = { width: 360, height: 280 };

type Point = readonly [number, number];

/**
 * Latency over percentiles, the percentile axis logarithmic in the share of the slower ones:
 * P90, P99 and P99.9 are equally far apart, so the tail is as wide as the rest.
 */
export function percentileChart(title: string, series: readonly DistributionSeries[], scale: Scale): Chart {
  const points = series.map(({ histogram }) => percentilePoints(histogram));
  const nines = Math.max(1, ...points.map((line) => Math.ceil(line.at(-1)?.[0] ?? 1)));
  const option = {
    xAxis: bottomAxis('percentile', ninesLabel, { min: 0, max: nines, interval: 1 }),
    yAxis: { ...valueAxis(axisName(scale), axisDuration), ...limits(scale, series) },
    series: drawn(series, points),
  };
  return chart(title, `Latency by percentile of ${names(series)}; the axis of percentiles is logarithmic.`, option);
}

/** The share of samples that were at most so slow. */
export function cumulativeChart(title: string, series: readonly DistributionSeries[], scale: Scale): Chart {
  const points = series.map(({ histogram }) => cumulativePoints(histogram));
  const option = {
    xAxis: { ...bottomAxis(axisName(scale), axisDuration), ...limits(scale, series) },
    yAxis: valueAxis('share of all', (share) => `${Math.round(share * 100)} %`, { min: 0, max: 1 }),
    series: drawn(series, points, 'end'),
  };
  return chart(title, `Share of samples at most so slow, of ${names(series)}.`, option);
}

function chart(title: string, label: string, option: ChartOption): Chart {
  const grid = { left: 62, right: 22, top: 56, bottom: 46 };
  return chartOf({ title, label }, { legend, grid, ...option }, wide, narrow);
}

function drawn(series: readonly DistributionSeries[], points: readonly (readonly Point[])[], step?: 'end'): unknown {
  return series.map(({ name, index }, place) => ({ ...armLine(name, index), step, data: points[place] }));
}

/** (−log10 of the share that is slower, latency), up to the percentile that one sample still supports. */
function percentilePoints(histogram: Histogram): Point[] {
  const end = Math.log10(Math.max(2, histogram.count));
  const points: Point[] = [];
  for (let nines = 0; nines < end; nines += 0.04) points.push([nines, percentile(histogram, nines)]);
  return [...points, [end, histogram.max]];
}

function percentile(histogram: Histogram, nines: number): number {
  return nines === 0 ? histogram.min : histogram.percentile(100 * (1 - 10 ** -nines));
}

function cumulativePoints(histogram: Histogram): Point[] {
  const points: Point[] = [[histogram.min, 0]];
  let seen = 0;
  let lastShare = 0;
  histogram.forEach((index, count) => {
    seen += count;
    const share = seen / histogram.count;
    // A step of less than 0.4 % is less than a pixel.
    if (share - lastShare < 0.004 && share < 1) return;
    lastShare = share;
    points.push([Math.min(highestOf(index), histogram.max), share]);
  });
  return points;
}

/** 0, 90 %, 99 %, 99.9 % … */
function ninesLabel(nines: number): string {
  if (nines === 0) return '0';
  return `P${nines <= 1 ? 90 : `99${nines > 2 ? `.${'9'.repeat(Math.round(nines) - 2)}` : ''}`}`;
}

const axisName = (scale: Scale): string => (scale === 'log' ? 'latency, logarithmic' : 'latency');

function limits(scale: Scale, series: readonly DistributionSeries[]): ChartOption {
  return scale === 'linear' ? { min: 0 } : { type: 'log', min: 10 ** Math.floor(Math.log10(fastestOf(series))) };
}

const names = (series: readonly DistributionSeries[]): string => series.map(({ name }) => name).join(', ');
