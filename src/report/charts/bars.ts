import { bottomAxis, legend, nameAxis } from './axes.js';
import { type Chart, type ChartOption, colour, drawSvg, partColour } from './canvas.js';

/** Stacked horizontal bars: one bar per name, one segment per part. */
export interface Bars {
  readonly title: string;
  readonly caption: string;
  /** What the horizontal axis shows. */
  readonly axis: string;
  readonly format: (value: number) => string;
  readonly names: readonly string[];
  /** NaN and undefined leave the segment out. */
  readonly parts: readonly { readonly name: string; readonly values: readonly (number | undefined)[] }[];
}

/** Room for the longest name; about 7 pixels a letter at 12 px. */
const letterWidth = 7;

export function barChart({ title, caption, axis, format, names, parts }: Bars): Chart {
  const series = parts.map((part, index) => ({
    name: part.name,
    stack: 'all',
    itemStyle: { color: partColour(index) },
    data: part.values.map((value) => (value !== undefined && Number.isFinite(value) ? value : null)),
  }));
  return drawn({ title, caption, axis, format, names }, series, { legend });
}

/** Bars of arms, each in the colour of its arm. */
export interface ArmBars extends Pick<Bars, 'title' | 'caption' | 'axis' | 'format'> {
  /** `index` is that of the arm's colour; a value that is NaN has no bar. */
  readonly bars: readonly { readonly name: string; readonly value: number; readonly index: number }[];
}

export function armBars({ bars, ...about }: ArmBars): Chart {
  const data = bars.map(({ value, index }) => ({
    value: Number.isFinite(value) ? value : null,
    itemStyle: { color: colour(index) },
  }));
  return drawn({ ...about, names: bars.map(({ name }) => name) }, [{ data }]);
}

function drawn(
  { title, caption, axis, format, names }: Omit<Bars, 'parts'>,
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
  return {
    title,
    caption,
    wide: drawSvg(option, { width: 520, height }, caption),
    narrow: drawSvg(option, { width: 360, height }, caption),
  };
}
