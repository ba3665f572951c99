import { axisCount, axisDuration, bottomAxis, legend, valueAxis } from './axes.js';
import { armLine, type Chart, type ChartOption, chartOf, faint, ink } from './canvas.js';
import type { Stairs } from './steps.js';

export interface TimeLine {
  readonly name: string;
  /** Of its colour: an arm has the same one in every chart. */
  readonly index: number;
  /** Since the traffic began; negative while the fleet connected. */
  readonly stairs: Stairs;
}
/** An event of the timeline, drawn as a vertical line. */
export interface TimeMark {
  readonly name: string;
  readonly atMicros: number;
}

const wide = { width: 1060, height: 240 };
/** Two of them side by side. */
const halfWide = { width: 520, height: 240 };
const narrow = { width: 360, height: 220 };

/**
 * @param unit duration: values are microseconds; count: a plain number or a rate
 * @param options.half drawn for half the width of the page
 */
export function timeChart(
  title: string,
  what: string,
  unit: 'duration' | 'count',
  lines: readonly TimeLine[],
  marks: readonly TimeMark[],
  options: { half?: boolean; axis?: string } = {},
): Chart {
  const { half = false, axis = 'seconds since the traffic began' } = options;
  const label = `${what} over time of ${lines.map(({ name }) => name).join(', ')}${
    marks.length > 0 ? `; marked: ${marks.map((mark) => mark.name).join(', ')}` : ''
  }.`;
  const span = spanOf(lines);
  const option = {
    legend,
    grid: { left: 62, right: 22, top: 46, bottom: 46 },
    xAxis: bottomAxis(axis, (seconds) => String(Number(seconds.toFixed(1))), span, ticksOf(span)),
    yAxis: valueAxis('', unit === 'duration' ? axisDuration : axisCount, { min: 0 }),
    series: [...lines.map(lineSeries), ...(marks.length > 0 ? [markSeries(marks)] : [])],
  };
  return chartOf({ title, label }, option, half ? halfWide : wide, narrow);
}

/** Seconds, from the earliest to the latest, without the emptiness of a rounded axis. */
function spanOf(lines: readonly TimeLine[]): { readonly min: number; readonly max: number } {
  const seconds = (of: (line: TimeLine) => number) => lines.map((line) => of(line) / 1e6);
  return {
    min: Math.min(0, ...seconds(({ stairs }) => stairs.edges[0] ?? 0)),
    max: Math.max(1, ...seconds(({ stairs }) => stairs.edges.at(-1) ?? 0)),
  };
}

/** Round numbers, at most seven: never too many for a narrow chart. */
function ticksOf({ min, max }: ReturnType<typeof spanOf>): number[] {
  const rough = (max - min) / 6;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 5, 10].find((factor) => factor * power >= rough) as number);
  const first = Math.ceil(min / step);
  return Array.from({ length: Math.floor(max / step) - first + 1 }, (_, i) => (first + i) * step);
}

/** Each value stands for its whole step; a step without samples (NaN) is a hole, not a zero. */
function lineSeries({ name, index, stairs: { edges, values } }: TimeLine): ChartOption {
  return {
    ...armLine(name, index),
    step: 'end',
    data: [...values, values.at(-1) ?? Number.NaN].map((value, step) => [
      (edges[step] as number) / 1e6,
      Number.isFinite(value) ? value : null,
    ]),
  };
}

/** On a series of its own, which the legend does not list because it has no name. */
function markSeries(marks: readonly TimeMark[]): ChartOption {
  return {
    type: 'line',
    data: [],
    markLine: {
      symbol: 'none',
      silent: true,
      lineStyle: { color: ink, type: 'dashed', width: 1 },
      label: { color: faint, fontSize: 11, formatter: '{b}', textBorderWidth: 0 },
      data: marks.map((mark) => ({ name: mark.name, xAxis: mark.atMicros / 1e6 })),
    },
  };
}
