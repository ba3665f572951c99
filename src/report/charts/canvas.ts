import { BarChart, LineChart } from 'echarts/charts';
import { GridComponent, LegendComponent, MarkLineComponent } from 'echarts/components';
import * as echarts from 'echarts/core';
import { SVGRenderer } from 'echarts/renderers';
import { escapeHtml } from '../words/escape.js';

// Without a canvas echarts guesses the width of text, too small for the wider of the usual fonts (DejaVu Sans:
// capitals 0.72 em, others 0.6), and the legend's entries run into each other.
echarts.setPlatformAPI({
  measureText: (text, font) => {
    const size = Number.parseFloat(/([\d.]+)px/.exec(font ?? '')?.[1] ?? '12');
    const capitals = text.match(/[A-Z]/g)?.length ?? 0;
    return { width: (text.length * 0.6 + capitals * 0.12) * size };
  },
});

echarts.use([LineChart, BarChart, GridComponent, LegendComponent, MarkLineComponent, SVGRenderer]);

interface ChartSize {
  readonly width: number;
  readonly height: number;
}

/** A drawing; what it shows is told to those who cannot see it by the SVG's label. */
export interface Chart {
  readonly title: string;
  /** A sentence below it, where the title does not say it all. */
  readonly caption: string | undefined;
  /** By width: a chart drawn for 1,000 pixels and scaled to 360 cannot be read. */
  readonly wide: string;
  readonly narrow: string;
}

/** echarts' own options, as far as they are data. */
export type ChartOption = Record<string, unknown>;

// Colours are CSS variables, so that dark mode and print need no second drawing; the
// fallbacks count where a viewer blocks style sheets (Jenkins' default policy does).
export const ink = 'var(--ink, #1f2328)';
export const faint = 'var(--faint, #6a737d)';
export const lines = 'var(--line, #d0d7de)';

/** Of arms. Okabe and Ito's palette, which colour-blind readers can tell apart; its yellow is too light on white. */
export const armColours = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#8c6d00', '#56b4e9', '#7f3fbf', '#5b5b5b'];

/** Parts of one bar, which are no arms: earthy where those are bright, each next to one that is lighter or darker. */
export const partColours = ['#3f4a5a', '#a8b3c2', '#8a6d3b', '#d3bf8f', '#4f6f64', '#a9c4b6', '#7b5468'];

const colourFrom = (name: string, palette: readonly string[]) => (index: number) => {
  const n = index % palette.length;
  return `var(--${name}${n + 1}, ${palette[n]})`;
};
export const colour = colourFrom('c', armColours);
export const partColour = colourFrom('p', partColours);

/** The line of an arm. After eight colours the dashes change, so that no two look the same. */
export function armLine(name: string, index: number): ChartOption {
  const type = (['solid', 'dashed', 'dotted'] as const)[Math.floor(index / armColours.length) % 3];
  return {
    type: 'line',
    name,
    showSymbol: false,
    itemStyle: { color: colour(index) },
    lineStyle: { color: colour(index), width: 2, type },
  };
}

/** A chart at both widths. @param label what it shows, for those who cannot see it */
export function chartOf(
  { title, caption, label }: { readonly title: string; readonly caption?: string; readonly label: string },
  option: ChartOption,
  wide: ChartSize,
  narrow: ChartSize,
): Chart {
  return { title, caption, wide: drawSvg(option, wide, label), narrow: drawSvg(option, narrow, label) };
}

/** Draws a chart to an SVG element without style attributes, style sheets, scripts or ids of its own. */
function drawSvg(option: ChartOption, size: ChartSize, label: string): string {
  const chart = echarts.init(null, null, { renderer: 'svg', ssr: true, ...size });
  try {
    chart.setOption({ animation: false, textStyle: { color: ink, fontSize: 12 }, ...option });
    return inertSvg(chart.renderToSVGString(), label);
  } finally {
    chart.dispose();
  }
}

let drawn = 0;
let prefix = 'g';

/**
 * What echarts draws, made inert: a strict content security policy blocks style attributes
 * and sheets, and hover effects mean nothing on paper. Ids get a prefix of this drawing,
 * since all charts share one document.
 */
function inertSvg(svg: string, label: string): string {
  const id = `${prefix}${++drawn}`;
  return svg
    .replace(/<style[\s\S]*?<\/style>/g, '')
    .replace(/ (class|ecmeta_\w+|pointer-events|xml:space|xmlns:xlink|baseProfile|version)="[^"]*"/g, '')
    .replace(/ style="([^"]*)"/g, (_, style: string) => style.replace(/\s*([^:;]+):\s*([^;]+);?/g, ' $1="$2"'))
    .replace(/zr\d+-/g, `${id}-`)
    .replace(/^<svg /, `<svg role="img" aria-label="${escapeHtml(label)}" `)
    .replace(/\n+/g, '\n')
    .trim();
}

/**
 * The numbering of drawings starts again: the same results give the same document, byte for byte.
 * @param start of every id; drawings that meet in one document need different ones
 */
export function restartIds(start = 'g'): void {
  prefix = start;
  drawn = 0;
}
