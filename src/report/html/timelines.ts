import { metrics } from '../../metrics/registry.js';
import type { Cell, EventRecord, Timeline } from '../../result/types.js';
import { axisDuration } from '../charts/axes.js';
import type { Chart } from '../charts/canvas.js';
import { drawnStep, type Joining, stairsOf } from '../charts/steps.js';
import { type TimeLine, type TimeMark, timeChart } from '../charts/time.js';
import { repeatCount } from '../rows/marks.js';
import { armLabel } from '../words/words.js';
import { type Chapter, groupsOf } from './chapter.js';
import { figures, html, type Markup, section } from './markup.js';

/** What is drawn of a timeline, and how its numbers are to be read. */
interface View {
  /** @param step its length in words, e.g. "200 ms" */
  readonly title: (step: string) => string;
  /** rate: counts of a step, shown per second. number: as it is. duration: microseconds, 0 where there was no sample. */
  readonly kind: 'rate' | 'number' | 'duration';
  /** What several steps come to, where one is drawn of them. */
  readonly joining: Joining;
  /** One value a step; undefined when the timeline cannot tell. */
  readonly values: (timeline: Timeline) => readonly number[] | undefined;
}

const view = (
  title: (step: string) => string,
  kind: View['kind'],
  joining: Joining,
  values: string | View['values'],
): View => ({
  title,
  kind,
  joining,
  values: typeof values === 'string' ? ({ series }) => series[values] : values,
});

const { label: acknowledged } = metrics['publish.ack'];
const { label: connectedLabel } = metrics['clients.connected'];

const connected = view((step) => `${connectedLabel}, the fewest in each ${step}`, 'number', 'least', 'connectedLeast');

/** Results of schema 1 have no other. */
const connectedAtEnds = view(
  (step) => `${connectedLabel} when each ${step} ended (shorter gaps do not show)`,
  'number',
  'least',
  ({ series: { connected: atEnds, connectedLeast } }) => (connectedLeast ? undefined : atEnds),
);

const slowest = view((step) => `${acknowledged}, the slowest of each ${step}`, 'duration', 'most', 'ackMax');

const views: readonly View[] = [
  view((step) => `${metrics['messages.received'].label} per second, in steps of ${step}`, 'rate', 'mean', 'received'),
  view((step) => `Messages due, but not received yet, at the end of each ${step}`, 'number', 'last', outstanding),
  view((step) => `${acknowledged} P95, the highest in each ${step}`, 'duration', 'most', 'ackP95'),
  slowest,
  connected,
  connectedAtEnds,
  view((step) => `Connections that ended in each ${step}`, 'number', 'sum', 'cut'),
  view((step) => `Messages sent again per second, in steps of ${step}`, 'rate', 'mean', 'resent'),
  view(() => 'Connects failed until then', 'number', 'last', 'failed'),
];

/** Rate, latency and gaps step by step, with the events of the timeline marked. */
export function timelinesSection(chapter: Chapter): Markup | undefined {
  const charts = chapter.networks.flatMap((network) => networkCharts(chapter, network));
  if (charts.length === 0) return undefined;
  const repeats = repeatCount(chapter);
  const which = repeats > 1 ? `Only the first finished repeat of each arm, of ${repeats}.` : 'Each arm.';
  return section(
    `${chapter.id}-timelines`,
    'Over time',
    html`<p class="faint">${which} All arms have the same steps, counted from the traffic’s begin, with an edge at each
event: what was counted in the step of an event is drawn from the event on. Dashed lines: events, when they changed the network.</p>`,
    figures(charts, true),
  );
}

/**
 * What an event did, in one chart: how many clients were connected where it cut any off, else how long acknowledgements
 * took. Undefined where nothing happened, or nobody looked.
 */
export function pointTimeline(chapter: Chapter, network: string): Chart | undefined {
  const cells = chapter.cells.filter((cell) => cell.network.name === network);
  if (!cells.some(({ events }) => events.length > 0)) return undefined;
  const isCut = cells.some(isCutIn);
  for (const view of [...(isCut ? [connected, connectedAtEnds] : []), slowest, ...views]) {
    const [chart] = networkCharts(chapter, network, [view], true);
    if (chart) return chart;
  }
  return undefined;
}

/** Any client had to come back, or did not. */
function isCutIn({ metrics, events }: Cell): boolean {
  const sets = [metrics, ...events.flatMap((event) => event.metrics ?? [])];
  return sets.some(({ values }) => (values['clients.reconnected'] ?? 0) + (values['clients.lost'] ?? 0) > 0);
}

/** @param half drawn for half the width of the page */
function networkCharts(chapter: Chapter, network: string, wanted: readonly View[] = views, half = false): Chart[] {
  const firsts = groupsOf(chapter, network).flatMap(({ arm, cells }) => {
    const { timeline, events = [] } = cells.find((one) => one.timeline) ?? {};
    return timeline ? [{ name: armLabel(arm), index: chapter.colourOf(arm), timeline, events }] : [];
  });
  if (firsts.length === 0) return [];
  const step = drawnStep(firsts.map(({ timeline }) => timeline));
  const marks = marksOf(firsts, step);
  return wanted.flatMap((view) => {
    const drawn = firsts.map((first) => lineOf(first, view, step)).filter((line) => line !== undefined);
    // A chart of nothing but zeros says in much space what the tables say in none.
    if (drawn.every((line) => line.stairs.values.every((value) => !(value > 0)))) return [];
    const unit = view.kind === 'duration' ? 'duration' : 'count';
    const title = view.title(axisDuration(step));
    return [timeChart(`${title}, ${network}`, title, unit, drawn, marks, { half })];
  });
}

/** The timeline of an arm that is drawn. */
interface First {
  readonly name: string;
  readonly index: number;
  readonly timeline: Timeline;
  readonly events: readonly EventRecord[];
}

function lineOf({ name, index, timeline, events }: First, view: View, step: number): TimeLine | undefined {
  const values = view.values(timeline);
  if (!values) return undefined;
  // A step without a single latency is a hole: 0 would look like the fastest of all.
  const known = view.kind === 'duration' ? values.map((value) => (value > 0 ? value : Number.NaN)) : values;
  const stairs = stairsOf(timeline, known, step, view.joining, events);
  const perSecond = 1e6 / timeline.stepMicros;
  return {
    name,
    index,
    stairs: view.kind === 'rate' ? { ...stairs, values: stairs.values.map((value) => value * perSecond) } : stairs,
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

/**
 * Events of one name and place are one line, at the earliest of the arms' times: no arm's effect is left of it. Where the
 * arms are further apart than a step, each has a line of its own.
 */
function marksOf(firsts: readonly First[], step: number): TimeMark[] {
  const most = Math.max(...firsts.map(({ events }) => events.length));
  return Array.from({ length: most }, (_, place) => {
    const same = firsts.flatMap(({ name: arm, events }) => {
      const event = events[place];
      return event ? [{ arm, name: event.name, atMicros: event.atMicros }] : [];
    });
    const times = same.map(({ atMicros }) => atMicros);
    const earliest = Math.min(...times);
    const isOne = new Set(same.map(({ name }) => name)).size === 1 && Math.max(...times) - earliest <= step;
    if (isOne) return [{ name: (same[0] as (typeof same)[number]).name, atMicros: earliest }];
    return same.map(({ arm, name, atMicros }) => ({ name: `${name} (${arm})`, atMicros }));
  }).flat();
}
