import { bottomAxis, legend, nameAxis } from './axes.js';
import { type Chart, type ChartOption, chartOf, colour, partColour } from './canvas.js';

interface About {
  readonly title: string;
  readonly caption: string;
  /** What the horizontal axis shows. */
  readonly axis: string;
  readonly format: (value: number) => string;
}

/** Stacked horizontal bars: one bar per name, one segment per part. */
export interface Bars extends About {
  readonly names: readonly string[];
  /** NaN and undefined leave the segment out. */
  readonly parts: readonly { readonly name: string; readonly values: readonly (number | undefined)[] }[];
}

const barOf = (value = Number.NaN): number | null => (Number.isFinite(value) ? value : null);

export function barChart({ names, parts, ...about }: Bars): Chart {
  const series = parts.map((part, index) => ({
    name: part.name,
    stack: 'all',
    itemStyle: { color: partColour(index) },
    data: part.values.map(barOf),
  }));
  return drawn(about, names, series, { legend });
}

/** Bars of arms, each in the colour of its arm. */
export interface ArmBars extends About {
  /** `index` is that of the arm's colour; a value that is NaN has no bar. */
  readonly bars: readonly { readonly name: string; readonly value: number; readonly index: number }[];
}

export function armBars({ bars, ...about }: ArmBars): Chart {
  const data = bars.map(({ value, index }) => ({ value: barOf(value), itemStyle: { color: colour(index) } }));
  const names = bars.map(({ name }) => name);
  return drawn(about, names, [{ data }]);
}

/** Room for the longest name; about 7 pixels a letter at 12 px. */
const letterWidth = 7;

function drawn(
  { title, caption, axis, format }: About,
  names: readonly string[],
  series: readonly ChartOption[],
  more: ChartOption = {},
): Chart {
  const left = Math.min(170, 16 + letterWidth * Math.max(4, ...names.map((name) => name.length)));
  const height = 100 + 26 * names.length;
  const option = {
    ...more,
    grid: { left, right: 28, top: 36, bottom: 46 },
    xAxis: bottomAxis(axis, format, { min: 0 }),
    yAxis: nameAxis(names),
    series: series.map((one) => ({ type: 'bar', barMaxWidth: 18, ...one })),
  };
  return chartOf({ title, caption, label: caption }, option, { width: 520, height }, { width: 360, height });
}
