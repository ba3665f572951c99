import type { Cell, Timeline } from '../../result/types.js';
import type { Chart } from '../charts/canvas.js';
import { type TimeLine, type TimeMark, timeChart } from '../charts/time.js';
import { armLabel } from '../words.js';
import { type Chapter, repeatsOf } from './chapter.js';
import { figures } from './figure.js';
import { html, type Markup, section } from './markup.js';

/** What is drawn of a timeline, and how its numbers are to be read. */
interface View {
  readonly title: string;
  /** rate: counts of a step, shown per second. level: as it is. duration: microseconds, 0 where there was no sample. */
  readonly kind: 'rate' | 'level' | 'duration';
  /** One value a step; undefined when the timeline cannot tell. */
  readonly values: (timeline: Timeline) => readonly number[] | undefined;
}

const series = (name: string) => (timeline: Timeline) => timeline.series[name];

const views: readonly View[] = [
  { title: 'Messages received per second', kind: 'rate', values: series('received') },
  { title: 'Messages due, but not received yet', kind: 'level', values: outstanding },
  { title: 'Acknowledgement latency, P95 of each second', kind: 'duration', values: series('ackP95') },
  { title: 'Acknowledgement latency, slowest of each second', kind: 'duration', values: series('ackMax') },
  { title: 'Clients connected', kind: 'level', values: series('connected') },
  { title: 'Messages sent again per second', kind: 'rate', values: series('resent') },
  { title: 'Connects failed until then', kind: 'level', values: series('failed') },
];

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
  const marks = marksOf(firsts.find((cell) => (cell?.events.length ?? 0) > 0));
  return views.flatMap((view) => {
    const drawn = chapter.arms
      .map((arm, index) => lineOf(firsts[index]?.timeline, view, armLabel(arm), index))
      .filter((line) => line !== undefined);
    // A chart of nothing but zeros says in much space what the tables say in none.
    if (drawn.every((line) => line.values.every((value) => !(value > 0)))) return [];
    const unit = view.kind === 'duration' ? 'duration' : 'count';
    return [timeChart(`${view.title}, ${network}`, view.title, unit, drawn, marks)];
  });
}

function lineOf(timeline: Timeline | undefined, view: View, name: string, index: number): TimeLine | undefined {
  const values = timeline && view.values(timeline);
  if (!timeline || !values) return undefined;
  const perSecond = 1e6 / timeline.stepMicros;
  const shown = values.map((value) => {
    // A step without a single latency is a hole: 0 would look like the fastest of all.
    if (view.kind === 'duration') return value > 0 ? value : Number.NaN;
    return view.kind === 'rate' ? value * perSecond : value;
  });
  return {
    name,
    index,
    fromMicros: -(timeline.trafficFromMicros ?? 0),
    stepMicros: timeline.stepMicros,
    values: shown,
  };
}

/**
 * What was due minus what has arrived, at the end of each step: a gap in the delivery is a
 * hill here. Only where each message has one receiver; a fan-out has no such balance.
 */
function outstanding({ series: { offered, received } }: Timeline): number[] | undefined {
  if (!offered || !received) return undefined;
  const total = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0);
  if (total(received) > total(offered) * 1.01 || total(received) < total(offered) * 0.5) return undefined;
  let balance = 0;
  return offered.map((due, step) => {
    balance += due - (received[step] ?? 0);
    return Math.max(0, balance);
  });
}

function marksOf(cell: Cell | undefined): TimeMark[] {
  return (cell?.events ?? []).map(({ name, atMicros }) => ({ name, atMicros }));
}
