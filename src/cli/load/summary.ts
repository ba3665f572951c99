import { formatCount, formatCounted, formatDuration, formatRate, formatSize } from '../../base/units.js';
import { doneWord } from '../../load/merge/done-late.js';
import { type DistributionName, isDistribution, metricNames } from '../../metrics/registry.js';
import { type LoadPlan, rateOf } from '../../plan/plan.js';
import { numberRow } from '../../report/rows/builders.js';
import type { Grid } from '../../report/rows/cube.js';
import { type MarkedValue, Marks } from '../../report/rows/marks.js';
import { colourise } from '../../report/terminal/colour.js';
import { drawGrid, gridWidth } from '../../report/terminal/grid.js';
import { agentLines } from '../../report/words/agents.js';
import { outcomeMarks } from '../../report/words/words.js';
import { breachesOf } from '../../result/breaches.js';
import { fewSamplesDoubts } from '../../result/doubts/few-samples.js';
import type { Cell, LedgerRow, MetricSet, NumberName, Result } from '../../result/types.js';
import { measuredWindow } from '../../run/load.js';

/** The one block at the end of every load by hand; the same numbers are in the JSON. @param result of one cell */
export function summaryText(plan: LoadPlan, result: Result): string {
  const [cell] = result.cells as [Cell];
  const shown = shownOf(cell);
  const marks = new Marks({ ...result, cells: [{ ...cell, doubts: doubtsAbout(cell, shown) }] });
  return [
    ...block('Clients', clientLines(plan, cell)),
    ...block('Address', addressLines(cell)),
    // With a warm-up, messages are judged by what came after it; connects happen before.
    ...rateLines(plan, cell, cell.windows[measuredWindow] ?? cell.metrics),
    ...latencyLines(cell, shown, marks),
    ...cell.ledger.map((row) => ledgerLine(row, cell)),
    ...subscriberLines(plan, cell),
    ...block('Errors', errorLines(cell)),
    ...generatorLines(cell, result.provenance.workers),
    ...block('Agents', agentLines(cell)),
    ...(cell.notes ?? []).flatMap((note) => block('Note', [note])),
    ...marks.notes.ofOneCell().flatMap(({ found, advice }, i) => block(`Doubt ?${i + 1}`, [found, ...remedy(advice)])),
    ...breachesOf(cell).flatMap((why) => block('Failed', [why])),
    ...result.expectations.flatMap(({ outcome, text, found }) =>
      block('Expected', [`${outcomeMarks[outcome].padEnd(7)} ${text}: ${found}`]),
    ),
  ].join('\n');
}

/** Lines about one thing, with its name before the first. */
const block = (name: string, lines: readonly string[]): string[] =>
  lines.map((line, i) => `${(i === 0 ? name : '').padEnd(11)}${line}`);

const remedy = (hint: string | undefined): string[] => (hint === undefined ? [] : [`→ ${hint}`]);

function clientLines({ clients, connectRate }: LoadPlan, { metrics: { values }, counters }: Cell): string[] {
  const rate = values['rate.connect'];
  const achieved = rate === undefined ? '' : `, asked ${formatRate(connectRate)}, achieved ${formatRate(rate)}`;
  const failed = values['clients.failed'] ?? 0;
  const left = counters['connections.left'] ?? 0;
  return [
    `${formatCount(values['clients.connected'] ?? 0)} of ${formatCount(clients)} connected${achieved}`,
    ...(failed > 0 ? [`${formatCount(failed)} failed ${failed === 1 ? 'try' : 'tries'}`] : []),
    ...(left > 0 ? [`${formatCount(left)} times a client left on purpose`] : []),
  ];
}

/** A name may have several addresses, and which one was measured is not seen otherwise. */
function addressLines({ addresses = [] }: Cell): string[] {
  return addresses.map(({ host, address, connections, raced }) => {
    const race = raced === 0 ? '' : `, ${formatCount(raced)} of them after another address had been begun`;
    return `${host} at ${address}: ${formatCounted(connections, 'connection')}${race}`;
  });
}

/** What is counted and has no latency, and why. */
const apart = {
  'messages.foreign': 'without a stamp of mqbench: counted, not measured',
  'messages.retained': 'retained from before the subscription: counted apart, no latency',
  'messages.otherClock': 'stamped by another clock than this machine’s: no latency',
} as const;

function rateLines(plan: LoadPlan, { counters }: Cell, { values }: MetricSet): string[] {
  const { 'rate.offered': asked = Number.NaN, 'rate.achieved': achieved = Number.NaN, 'rate.received': rate } = values;
  const outstanding = values['messages.outstanding'] ?? 0;
  const left = outstanding > 0 ? `, ${formatCount(outstanding)} outstanding at the end` : '';
  const offered = rateOf(plan) === undefined ? 'closed loop' : `asked ${formatRate(asked)}`;
  const over = plan.publish === undefined ? ' from the first to the last' : '';
  const received = `${formatCount(values['messages.received'] ?? 0)}${rate === undefined ? '' : `, ${formatRate(rate)}${over}`}`;
  const others = Object.entries(apart).filter(([name]) => (counters[name] ?? 0) > 0);
  return [
    ...(plan.publish
      ? block('Messages', [`${offered}, achieved ${formatRate(achieved)} ${doneWord(plan)}${left}`])
      : []),
    ...(plan.subscribe
      ? block('Received', [received, ...others.map(([name, why]) => `${formatCount(counters[name] ?? 0)} ${why}`)])
      : []),
  ];
}

interface Shown {
  readonly metric: DistributionName;
  readonly window: string | undefined;
}

/** Parts of others, and what is told of the generator on a line of its own. */
const notShown: ReadonlySet<string> = new Set<DistributionName>([
  'connect.late',
  'reconnect.retry',
  'migration.path',
  'publish.late',
  'loop.delay',
]);

/** The latencies that there are. Where nobody got in, how long nobody got in for is none. */
function shownOf(cell: Cell): Shown[] {
  if (cell.metrics.values['clients.connected'] === 0) return [];
  const measured = cell.windows[measuredWindow] && measuredWindow;
  return metricNames.filter(isDistribution).flatMap((metric) => {
    const window = /^(publish|delivery)/.test(metric) ? measured : undefined;
    return notShown.has(metric) || distributionOf(cell, { metric, window }) === undefined ? [] : [{ metric, window }];
  });
}

const distributionOf = (cell: Cell, { metric, window }: Shown) =>
  (window === undefined ? cell.metrics : cell.windows[window])?.distributions[metric];

/** Too few samples is judged of what the summary shows, which has a P99.9. */
function doubtsAbout(cell: Cell, shown: readonly Shown[]): Cell['doubts'] {
  const few = shown.flatMap((one) =>
    fewSamplesDoubts({ distributions: { [one.metric]: distributionOf(cell, one) } }, one.window, 'p999'),
  );
  return [...cell.doubts.filter(({ code }) => code !== 'few-samples'), ...few];
}

const percentiles = { p50: 'P50', p90: 'P90', p95: 'P95', p99: 'P99', p999: 'P99.9', max: 'max' } as const;

function latencyLines(cell: Cell, shown: readonly Shown[], marks: Marks): string[] {
  const arms = [{ arm: cell.arm, cells: [cell] }];
  const rows = shown.flatMap((one): Grid['rows'][number][] => {
    const names = Object.keys(percentiles).map((statistic) => ({ ...one, statistic }) as NumberName);
    const numbers = names.map((name) => numberRow(arms, name));
    const values = numbers.flatMap((row): readonly MarkedValue[] => (row ? marks.ofRow(arms, row) : [unknown]));
    const samples = { ...unknown, text: formatCount(distributionOf(cell, one)?.count ?? 0) };
    const [first] = numbers;
    return first ? [{ head: { text: first.label }, faint: false, values: [...values, samples] }] : [];
  });
  if (rows.length === 0) return [];
  const heads = [...Object.values(percentiles), 'samples'].map((text) => ({ text }));
  const grid = { corner: { text: 'Latency' }, heads, rows };
  return drawGrid(grid, gridWidth(grid), colourise(false)).split('\n');
}

const unknown: MarkedValue = { text: '-', best: false, notes: [] };

const verdicts: Readonly<Record<LedgerRow['verdict'], string>> = {
  kept: 'promise kept',
  broken: 'PROMISE BROKEN',
  'not-settled': 'NOT SETTLED, they may still come: --linger waits longer',
  'nothing-promised': 'nothing promised',
  'no-data': 'no subscriber in this run',
};

function ledgerLine(row: LedgerRow, { status }: Cell): string {
  const part = (count: number, what: string): string => `${formatCount(count)} ${what}`;
  const sent = [part(row.offered, 'offered'), part(row.sent, 'sent'), part(row.resent, 'again')];
  if (row.qos > 0) sent.push(part(row.acknowledged, 'acknowledged'));
  const got = [
    part(row.received, 'received'),
    part(row.duplicate, 'duplicate'),
    part(row.disordered, 'out of order'),
    part(row.missing, 'missing'),
  ];
  const unjudged = row.verdict === 'no-data';
  const verdict = unjudged && status === 'failed' ? 'not judged: the run was broken off' : verdicts[row.verdict];
  return block('Ledger', [`QoS ${row.qos}: ${[...sent, ...(unjudged ? [] : got)].join(', ')}: ${verdict}`]).join('');
}

/** Of what other programs published, the books can only tell what is between the first and the last that came. */
function subscriberLines({ publish }: LoadPlan, { counters, metrics: { values } }: Cell): string[] {
  const gaps = counters['messages.gaps'];
  if (publish !== undefined || gaps === undefined) return [];
  const parts = [
    `${formatCount(values['messages.received'] ?? 0)} received`,
    `${formatCount(values['messages.duplicate'] ?? 0)} duplicate`,
    `${formatCount(values['messages.disordered'] ?? 0)} out of order`,
    `${formatCount(gaps)} missing between the first and the last of each publisher`,
  ];
  return block('Ledger', [parts.join(', ')]);
}

function errorLines({ errors }: Cell): string[] {
  return errors.flatMap(({ code, message, hint, count }) => [
    `${formatCount(count)} × ${message} (${code})`,
    ...remedy(hint),
  ]);
}

function generatorLines({ resources, metrics, counters, durationMicros }: Cell, processes: number): string[] {
  const load = resources.find(({ role }) => role === 'load');
  if (load === undefined) return [];
  const cores = (load.cpuUserMicros + load.cpuSystemMicros) / Math.max(1, durationMicros);
  const late = counters['publishes.late'] ?? 0;
  const parts = [
    formatCounted(processes, 'process', 'processes'),
    `${cores.toFixed(2)} cores`,
    formatSize(load.peakRssBytes),
    `event loop P99 ${formatDuration(metrics.distributions['loop.delay']?.p99 ?? Number.NaN)} late`,
    `${formatCount(late)} late ${late === 1 ? 'send' : 'sends'}`,
  ];
  return block('Generator', [parts.join(', ')]);
}
