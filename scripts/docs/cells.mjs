// How sections.mjs reads cells and writes tables.
import { formatCount, formatDuration, formatSize } from '../../dist/base/units.js';
import { decodeHistogram } from '../../dist/metrics/hdr-codec.js';
import { cumulativeChart, percentileChart } from '../../dist/report/charts/distribution.js';
import { stairsOf } from '../../dist/report/charts/steps.js';
import { timeChart } from '../../dist/report/charts/time.js';
import { eventName, measuredEvents } from '../../dist/report/rows/events.js';
import { armLabel } from '../../dist/report/words/words.js';
import { setOf } from '../../dist/result/set-of.js';

/** "the rebind"; of a result of schema 1 nobody knows more than that it was the last. */
export const eventWords = (cells, event) => (event === undefined ? 'the last event' : eventName(cells, event));

/** Arms as the page calls them; the names of scenario files are for expectations. */
const arms = {
  tls12: 'TLS 1.2',
  'tls12-ticket': 'TLS 1.2, ticket',
  tls: 'TLS 1.3',
  'tls-ticket': 'TLS 1.3, ticket',
  'tls-nginx': 'TLS 1.3 at nginx',
  'tls-bbr': 'TLS 1.3, BBR',
  'quic-ticket': 'QUIC, ticket',
  'quic-0rtt': 'QUIC 0-RTT',
  'quic-moving': 'QUIC, moving',
  'quic-bbr': 'QUIC, BBR',
};
export const label = (arm) => arms[arm] ?? armLabel(arm);
/** "30ms" → "30 ms" */
export const spaced = (text) => text.replace(/(\d)([a-zA-Z])/g, '$1 $2');
export const none = '–';

/** Cells that finished, the first of each arm and network. */
export function cellsOf(result) {
  const finished = result.cells.filter(({ status, repeat }) => status === 'finished' && repeat === 1);
  const unique = (of) => [...new Set(finished.map(of))];
  return {
    all: finished,
    arms: unique(({ arm }) => arm),
    networks: unique(({ network }) => network.name),
    of: (arm, network) => finished.find((cell) => cell.arm === arm && cell.network.name === network),
  };
}

/** @param window a measure window or an event; without, the whole cell */
export const distribution = (cell, metric, window) => cell && setOf(cell, { metric, window })?.distributions[metric];

/** What became of the clients because of an event: went on / reconnected / lost. */
export function outcome(cell, event) {
  const of = (name) => setOf(cell, { metric: name, window: event })?.values[name] ?? Number.NaN;
  return counts(of('clients.survived'), of('clients.reconnected'), of('clients.lost'));
}

/** The events of these cells whose outcome was measured; of results of schema 1 the last one's, which has no name. */
export function events(cells) {
  const names = measuredEvents(cells);
  return names.length > 0 ? names : [undefined];
}

/** "61.2 / 64.4 ms": statistics of a distribution, the unit once where it is the same; ">= 4.10 s" of a lower bound. */
export function durations(found, statistics) {
  if (!found) return none;
  const texts = statistics.map((name) => formatDuration(found[name]));
  const isBound = statistics.map((name) => found.atLeast?.includes(name) ?? false);
  if (!isBound.includes(true)) return joined(texts);
  return texts.map((text, i) => (isBound[i] ? `>= ${text}` : text)).join(' / ');
}

export const sizes = (...bytes) => joined(bytes.map((one) => formatSize(one)));
export const counts = (...numbers) => numbers.map((one) => formatCount(one)).join(' / ');

function joined(texts) {
  const units = texts.map((text) => text.split(' ').slice(1).join(' '));
  if (new Set(units).size > 1) return texts.join(' / ');
  return `${texts.map((text) => text.split(' ')[0]).join(' / ')} ${units[0]}`.trim();
}

export function phase(cell, name) {
  return cell?.phases?.find((one) => one.name === name);
}

/** Processor time of the broker, and of nginx in front of it, in a phase. */
export function brokerCpu(cell, name) {
  const roles = phase(cell, name)?.resources.filter(({ role }) => role === 'broker' || role === 'nginx') ?? [];
  return roles.reduce((sum, role) => sum + role.cpuUserMicros + role.cpuSystemMicros, 0);
}

export function table(head, rows) {
  const line = (cells) => `| ${cells.join(' | ')} |`;
  const rule = `|---|${head
    .slice(1)
    .map(() => '--:|')
    .join('')}`;
  return [line(head), rule, ...rows.map(line)].join('\n');
}

function seriesOf({ arms, of }, network, metric, window) {
  return arms.flatMap((arm, index) => {
    const found = distribution(of(arm, network), metric, window);
    if (!found || found.count === 0) return [];
    return [{ name: label(arm), index, histogram: decodeHistogram(found.histogram) }];
  });
}

export const percentiles = (title, cells, network, metric, window) =>
  percentileChart(title, seriesOf(cells, network, metric, window));

export const cumulative = (title, cells, network, metric) => cumulativeChart(title, seriesOf(cells, network, metric));

/** A series of the timeline of every arm on a network, with the events of the last arm that has them marked. */
export function overTime(title, what, cells, network, { series, unit }) {
  const lines = cells.arms.flatMap((arm, index) => {
    const { timeline } = cells.of(arm, network) ?? {};
    if (!timeline) return [];
    const step = Math.max(1e6, timeline.stepMicros);
    const perSecond = 1e6 / timeline.stepMicros;
    const known = timeline.series[series].map((value) => (unit === 'duration' && !(value > 0) ? Number.NaN : value));
    const joining = unit === 'duration' ? 'most' : 'mean';
    const { edges, values } = stairsOf(timeline, known, step, joining, cells.of(arm, network).events);
    const shown = unit === 'duration' ? values : values.map((value) => value * perSecond);
    return [{ name: label(arm), index, stairs: { edges, values: shown } }];
  });
  const marked =
    cells.arms.map((arm) => cells.of(arm, network)?.events ?? []).find((events) => events.length > 0) ?? [];
  return timeChart(title, what, unit, lines, marked, { half: true });
}
