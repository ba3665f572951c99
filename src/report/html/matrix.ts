import { formatDuration } from '../../base/units.js';
import { compareArms } from '../../compare/compare.js';
import { judgedNumbers, label } from '../../compare/judged.js';
import type { ComparisonRow, Statistic } from '../../compare/types.js';
import { isEventMetric, type MetricName, metrics } from '../../metrics/registry.js';
import { rowText, statisticName } from '../comparison/quantity.js';
import { armsOn, numberText } from '../rows/builders.js';
import { measuredEvents } from '../rows/events.js';
import { bestMeaning, type Marks, marksOf, readingOf } from '../rows/marks.js';
import { combine } from '../rows/number.js';
import { armLabel } from '../words/words.js';
import { type Chapter, repeatsOf } from './chapter.js';
import { type Content, html, type Markup, section, table } from './markup.js';
import { noteLinks } from './note-links.js';

/** Few resamples are enough for an interval that is read, not tested. */
const resamples = 400;

/** The arms side by side, per network, each with its difference from the first arm and the interval of it. */
export function matrixSection(chapter: Chapter): Markup | undefined {
  const [reference, ...others] = chapter.arms;
  if (reference === undefined || chapter.cells.length === 0) return undefined;
  const marks = marksOf(chapter.result);
  const differences = new Map<string, ComparisonRow>();
  const lines = linesOf(chapter);
  const requests = [...new Set(lines.map((line) => line.window))].map((window) =>
    window === undefined ? {} : { window, only: metricsOf(lines, window) },
  );
  for (const row of compareArms(chapter.result, reference, others, requests, { resamples })) {
    differences.set(keyOf(row.arm, row.cell, row), row);
  }
  const repeats = Math.max(...chapter.cells.map((cell) => cell.repeat));
  const note =
    others.length === 0
      ? ''
      : ` Small print: difference from ${armLabel(reference)} per repeat, with its 95 % interval${repeats < 2 ? ', which needs at least 2 repeats' : ''}.`;
  const reading = readingOf(chapter.result);
  return section(
    `${chapter.id}-matrix`,
    'Side by side',
    html`<p class="faint">${reading[0]?.toUpperCase()}${reading.slice(1)}. ★ is the ${bestMeaning}; ? leads to a doubt.${note}</p>`,
    chapter.networks.map((network) => networkTable({ chapter, network, lines, differences, marks })),
  );
}

/** A row: one number, of the whole cell, of a measure window or of an event. */
interface Line {
  readonly metric: MetricName;
  readonly statistic: Statistic;
  readonly window: string | undefined;
}

/** Numbers that mean something else before an event than after it. */
const byWindow: readonly string[] = ['publish.ack', 'delivery.e2e', 'delivery.gap'];

const metricsOf = (lines: readonly Line[], window: string): string[] => [
  ...new Set(lines.filter((line) => line.window === window).map(({ metric }) => metric)),
];

/**
 * What is judged by default. Where the scenario has measure windows, latencies of the traffic are told window by window,
 * and of several events what became of the clients event by event.
 */
function linesOf(chapter: Chapter): Line[] {
  const events = measuredEvents(chapter.cells);
  const windows = [...new Set(chapter.cells.flatMap((cell) => Object.keys(cell.windows)))];
  return judgedNumbers().flatMap(({ metric, statistic }) => {
    if (events.length > 1 && isEventMetric(metric)) return events.map((window) => ({ metric, statistic, window }));
    const split = windows.length > 0 && byWindow.includes(metric);
    // The longest silence of a client may cross the windows.
    const parts = !split ? [undefined] : metric === 'delivery.gap' ? [undefined, ...windows] : windows;
    return parts.map((window) => ({ metric, statistic, window }));
  });
}

function keyOf(arm: string, network: string, { metric, statistic, window }: Line): string {
  return [arm, network, label(metric, statistic), window ?? ''].join(' ');
}

/** What the cells of one network's table are made from. */
interface TableContext {
  readonly chapter: Chapter;
  readonly network: string;
  readonly lines: readonly Line[];
  /** By {@link keyOf}. */
  readonly differences: ReadonlyMap<string, ComparisonRow>;
  readonly marks: Marks;
}

function networkTable(context: TableContext): Markup {
  const { chapter, network } = context;
  const arms = chapter.arms.filter((arm) => repeatsOf(chapter, arm, network).length > 0);
  const rows = context.lines.map((line) => numberRow(context, arms, line)).filter((row) => row !== undefined);
  const rtt = chapter.cells.find((cell) => cell.network.name === network)?.network.rttMicros ?? 0;
  const caption = `Network ${network}${rtt > 0 ? `, ${formatDuration(rtt)} round trip` : ''}`;
  return html`<h4>${caption}</h4>${table(['', ...arms.map((arm) => armHead(context, arm))], [...rows, ...theoryRows(chapter, network, arms)])}`;
}

/** With the doubts about all of its numbers. */
function armHead({ chapter, network, marks }: TableContext, arm: string): Content {
  return html`${armLabel(arm)}${noteLinks(chapter.id, marks.notes.ofCells(repeatsOf(chapter, arm, network)))}`;
}

function numberRow(
  { chapter, network, differences, marks }: TableContext,
  names: readonly string[],
  line: Line,
): Content[] | undefined {
  const { metric, statistic, window } = line;
  if (statistic === 'present') return undefined;
  const name = { metric, statistic, window };
  const arms = armsOn(chapter.result, network).filter(({ arm }) => names.includes(arm));
  const numbers = arms.map(({ cells }) => combine(cells, name));
  const known = numbers.filter(({ value }) => !Number.isNaN(value));
  if (known.length === 0 || known.every(({ value }) => value === 0 && metric !== 'messages.missing')) return undefined;
  const texts = arms.map((arm) => numberText(arm, name));
  const cells = marks.ofNumber(arms, texts, name).map(({ text, best, notes }, index) => {
    if (text === '-') return text;
    const difference = differenceText(differences.get(keyOf(names[index] as string, network, line)));
    return html`<span class="${best ? 'best' : 'plain'}">${text}</span>${noteLinks(chapter.id, notes)}${difference}`;
  });
  return [
    html`<span title="${metrics[metric].meaning}">${metric}${statisticName(statistic)}${window === undefined ? '' : `, ${window}`}</span>`,
    ...cells,
  ];
}

function differenceText(row: ComparisonRow | undefined): Content {
  // The difference of what is at least so large is not known.
  if (!row?.difference || row.atLeast) return undefined;
  const { change, interval } = rowText(row);
  if (change === '0' || change === '0 %') return undefined;
  return html`<small>${change}${interval === '' ? '' : ` (${interval})`}</small>`;
}

/** What round trips alone would cost: a measured value far above it has another cause. */
function theoryRows(chapter: Chapter, network: string, arms: readonly string[]): Content[][] {
  return (['connect.transport', 'connect.connack', 'connect.suback'] as const).flatMap((metric) => {
    const cells = arms.map((arm) => {
      const cell = repeatsOf(chapter, arm, network)[0];
      const roundTrips = cell?.theoryRoundTrips[metric];
      if (cell === undefined || roundTrips === undefined) return '-';
      const { rttMicros } = cell.network;
      const time = rttMicros > 0 ? html`<small>${formatDuration(roundTrips * rttMicros)}</small>` : undefined;
      return html`${roundTrips} RTT${time}`;
    });
    return cells.every((cell) => cell === '-') ? [] : [[`theory of ${metric}`, ...cells]];
  });
}
