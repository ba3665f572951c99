import { bottomAxis, legend, nameAxis } from './axes.js';
import { type Chart, colour, drawSvg } from './canvas.js';

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
  const left = Math.min(170, 16 + letterWidth * Math.max(4, ...names.map((name) => name.length)));
  const height = 100 + 26 * names.length;
  const option = {
    legend,
    grid: { left, right: 28, top: 36, bottom: 46 },
    xAxis: bottomAxis(axis, format, { min: 0 }),
    yAxis: nameAxis(names),
    series: parts.map((part, index) => ({
      type: 'bar',
      name: part.name,
      stack: 'all',
      barMaxWidth: 18,
      itemStyle: { color: colour(index) },
      data: part.values.map((value) => (value !== undefined && Number.isFinite(value) ? value : null)),
    })),
  };
  return {
    title,
    caption,
    wide: drawSvg(option, { width: 520, height }, caption),
    narrow: drawSvg(option, { width: 360, height }, caption),
  };
}
