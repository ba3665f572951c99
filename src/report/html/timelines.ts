import type { Cell } from '../../result/types.js';
import type { Chart } from '../charts/canvas.js';
import { type TimeLine, type TimeMark, timeChart } from '../charts/time.js';
import { armLabel } from '../headline.js';
import { type Chapter, repeatsOf } from './chapter.js';
import { figures } from './figure.js';
import { html, type Markup, section } from './markup.js';

/** Rate, latency and gaps second by second, with the events of the timeline marked. */
export function timelinesSection(chapter: Chapter): Markup | undefined {
  const charts = chapter.networks.flatMap((network) => networkCharts(chapter, network));
  if (charts.length === 0) return undefined;
  return section(
    `${chapter.id}-timelines`,
    'Over time',
    html`<p class="faint">The first finished repeat of each arm. Dashed lines: events that were seen to happen.</p>`,
    figures(charts, true),
  );
}

function networkCharts(chapter: Chapter, network: string): Chart[] {
  const firsts = chapter.arms.map((arm) => repeatsOf(chapter, arm, network).find((cell) => cell.timeline));
  const names = [...new Set(firsts.flatMap((cell) => Object.keys(cell?.timeline?.series ?? {})))];
  const marks = marksOf(firsts.find((cell) => (cell?.events.length ?? 0) > 0));
  return names.flatMap((name) => {
    const drawn = chapter.arms
      .map((arm, index) => lineOf(firsts[index], name, armLabel(arm), index))
      .filter((line) => line !== undefined);
    if (drawn.every((line) => line.values.every((value) => !(value > 0)))) return [];
    const { what, unit } = meaningOf(name);
    return [timeChart(`${what} on ${network}`, what, unit, drawn, marks)];
  });
}

function lineOf(cell: Cell | undefined, series: string, name: string, index: number): TimeLine | undefined {
  const timeline = cell?.timeline;
  const values = timeline?.series[series];
  if (!timeline || !values) return undefined;
  const perSecond = 1e6 / timeline.stepMicros;
  const { unit, isRate } = meaningOf(series);
  // A step without a single latency is a hole: 0 would look like the fastest of all.
  const shown = values.map((value) => {
    if (value === null || (unit === 'duration' && value === 0)) return Number.NaN;
    return isRate ? value * perSecond : value;
  });
  return { name, index, stepMicros: timeline.stepMicros, values: shown };
}

/** Names of series end in Micros when they are times; "connected" and "inFlight" are levels; all others count events. */
function meaningOf(series: string): { what: string; unit: 'duration' | 'count'; isRate: boolean } {
  const words = series
    .replace(/Micros$/, '')
    .replace(/[._]/g, ' ')
    .replace(/([a-z])([A-Z\d])/g, '$1 $2')
    .replace(/\bP (\d)/g, 'P$1')
    .toLowerCase()
    .replace(/\bp(\d+)/g, 'P$1');
  if (/micros$/i.test(series)) return { what: words, unit: 'duration', isRate: false };
  const isLevel = /^(connected|in ?flight|clients)/.test(words);
  return { what: isLevel ? words : `${words} per second`, unit: 'count', isRate: !isLevel };
}

function marksOf(cell: Cell | undefined): TimeMark[] {
  return (cell?.events ?? []).map(({ name, atMicros }) => ({ name, atMicros }));
}
