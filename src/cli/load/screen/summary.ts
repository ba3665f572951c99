import { formatCount, formatDuration, formatRate, formatSize } from '../../../base/units.js';
import { doneWord } from '../../../load/merge/done-late.js';
import type { DistributionName } from '../../../metrics/registry.js';
import { type LoadPlan, rateOf } from '../../../plan/plan.js';
import { combine, combinedText } from '../../../report/rows/number.js';
import { DoubtNotes, noteMark } from '../../../report/words/doubts.js';
import { isOfSubscribers } from '../../../report/words/words.js';
import { breachesOf } from '../../../result/breaches.js';
import { fewSamplesDoubts } from '../../../result/doubts/few-samples.js';
import type { Cell, Distribution, ExpectationOutcome, LedgerRow, MetricSet } from '../../../result/types.js';

/** Latencies in the order of a client's life, as the summary names them. */
const latencyRows: readonly [DistributionName, string][] = [
  ['connect.transport', 'connect due → transport'],
  ['connect.connack', 'connect due → CONNACK'],
  ['connect.connack.raw', '  from the dial'],
  ['connect.suback', 'connect due → SUBACK'],
  ['reconnect.noticed', 'cut → noticed'],
  ['reconnect.transport', 'cut → transport'],
  ['reconnect.connack', 'cut → CONNACK'],
  ['reconnect.connack.full', '  full handshake'],
  ['reconnect.connack.resumed', '  resumed'],
  ['reconnect.connack.early-data', '  early data'],
  ['reconnect.suback', 'cut → subscribed'],
  ['reconnect.message', 'cut → first message'],
  ['reconnect.drained', 'cut → backlog drained'],
  ['publish.ack', 'publish due → acknowledged'],
  ['publish.ack.raw', '  from the write'],
  ['delivery.e2e', 'publish due → received'],
  ['delivery.gap', 'longest silence per client'],
];

/** In a closed loop nothing is due before it is written. */
const closedLoopLabels: Partial<Record<DistributionName, string>> = {
  'publish.ack': 'publish written → acknowledged',
  'delivery.e2e': 'publish written → received',
};

export interface SummaryInput {
  readonly plan: LoadPlan;
  readonly cell: Cell;
  readonly expectations: readonly ExpectationOutcome[];
  /** Of the whole load, seconds of publishing; generator CPU is given as a share of it. */
  readonly processes: number;
  /** What became of the fleet, where that makes the run a failure. */
  readonly losses?: readonly string[];
}

/** The one block at the end of every load; the same numbers are in the JSON. */
export function summaryText(input: SummaryInput): string {
  const { cell } = input;
  // With a warm-up, messages are judged by what came after it; connects happen before.
  const messages = cell.windows.measured ?? cell.metrics;
  const shown = shownOf(input);
  const notes = notesOf(cell, shown);
  return [
    ...clientLines(input),
    ...addressLines(cell),
    ...rateLines(input, messages),
    ...latencyLines(cell, shown, notes),
    ...ledgerLines(cell.ledger),
    ...subscriberLines(input),
    ...errorLines(cell),
    ...generatorLines(input),
    ...(cell.notes ?? []).map((note) => `Note       ${note}`),
    ...doubtLines(notes),
    ...[...(input.losses ?? []), ...breachesOf(cell)].map((why) => `Failed     ${why}`),
    ...input.expectations.map((e) => `Expected   ${outcomeMark(e.outcome)} ${e.text}: ${e.found}`),
  ].join('\n');
}

function outcomeMark(outcome: ExpectationOutcome['outcome']): string {
  return outcome === 'held' ? 'held   ' : outcome === 'missed' ? 'MISSED ' : 'NO DATA';
}

function clientLines({ plan, cell }: SummaryInput): string[] {
  const { values } = cell.metrics;
  const asked = formatCount(plan.clients);
  const rate = values['rate.connect'];
  const achieved = rate === undefined ? '' : `, asked ${formatRate(plan.connectRate)}, achieved ${formatRate(rate)}`;
  const failed = values['clients.failed'] ?? 0;
  const left = cell.counters['connections.left'] ?? 0;
  return [
    `Clients    ${formatCount(values['clients.connected'] ?? 0)} of ${asked} connected${achieved}`,
    ...(failed > 0 ? [`           ${formatCount(failed)} failed ${failed === 1 ? 'try' : 'tries'}`] : []),
    ...(left > 0 ? [`           ${formatCount(left)} times a client left on purpose`] : []),
  ];
}

/** A name may have several addresses, and which one was measured is not seen otherwise. */
function addressLines({ addresses = [] }: Cell): string[] {
  return addresses.map(({ host, address, connections, raced }, i) => {
    const race = raced === 0 ? '' : `, ${formatCount(raced)} of them after another address had been begun`;
    const times = connections === 1 ? '1 connection' : `${formatCount(connections)} connections`;
    return `${i === 0 ? 'Address    ' : '           '}${host} at ${address}: ${times}${race}`;
  });
}

function rateLines({ plan, cell }: SummaryInput, set: MetricSet): string[] {
  const { values } = set;
  const lines: string[] = [];
  if (plan.publish !== undefined) {
    const asked = values['rate.offered'];
    const achieved = values['rate.achieved'];
    const outstanding = values['messages.outstanding'] ?? 0;
    const left = outstanding > 0 ? `, ${formatCount(outstanding)} outstanding at the end` : '';
    const offered = rateOf(plan) === undefined ? 'closed loop' : `asked ${formatRate(asked ?? Number.NaN)}`;
    lines.push(`Messages   ${offered}, achieved ${formatRate(achieved ?? Number.NaN)} ${doneWord(plan)}${left}`);
  }
  const received = values['messages.received'] ?? 0;
  if (plan.subscribe !== undefined) {
    const rate = values['rate.received'];
    const over = plan.publish === undefined ? ' from the first to the last' : '';
    lines.push(`Received   ${formatCount(received)}${rate === undefined ? '' : `, ${formatRate(rate)}${over}`}`);
  }
  const foreign = cell.counters['messages.foreign'] ?? 0;
  if (foreign > 0) lines.push(`           ${formatCount(foreign)} without a stamp of mqbench: counted, not measured`);
  const retained = cell.counters['messages.retained'] ?? 0;
  if (retained > 0)
    lines.push(`           ${formatCount(retained)} retained from before the subscription: counted apart, no latency`);
  const otherClock = cell.counters['messages.otherClock'] ?? 0;
  if (otherClock > 0)
    lines.push(`           ${formatCount(otherClock)} stamped by another clock than this machine’s: no latency`);
  return lines;
}

/** The latencies of a summary, in order. */
interface ShownCell {
  readonly rows: readonly {
    readonly metric: DistributionName;
    readonly label: string;
    readonly window: string | undefined;
    readonly distribution: Distribution;
  }[];
}

function shownOf({ cell, plan }: SummaryInput): ShownCell {
  const isClosedLoop = plan.publish?.pace.kind === 'closed';
  // Where nobody got in, how long nobody got in for is no latency.
  if (cell.metrics.values['clients.connected'] === 0) return { rows: [] };
  // With a warm-up, messages are judged by what came after it; connects happen before.
  const measured = cell.windows.measured === undefined ? undefined : 'measured';
  return {
    rows: latencyRows.flatMap(([metric, open]) => {
      const label = (isClosedLoop ? closedLoopLabels[metric] : undefined) ?? open;
      const ofSome = isOfSubscribers(metric, cell.metrics) ? ', subscribers' : '';
      const window = metric.startsWith('publish') || metric.startsWith('delivery') ? measured : undefined;
      const distribution = (window === undefined ? cell.metrics : cell.windows[window])?.distributions[metric];
      return distribution === undefined ? [] : [{ metric, label: label + ofSome, window, distribution }];
    }),
  };
}

const percentiles = ['p50', 'p90', 'p95', 'p99', 'p999', 'max'] as const;

function latencyLines(cell: Cell, { rows }: ShownCell, notes: DoubtNotes): string[] {
  if (rows.length === 0) return [];
  const texts = rows.map(({ metric, label, window, distribution }) => [
    label,
    ...percentiles.map((statistic) => {
      const name = { metric, statistic, window };
      return combinedText(combine([cell], name), metric) + noteMark(notes.at([cell], name));
    }),
    formatCount(distribution.count),
  ]);
  const table = [['Latency', 'P50', 'P90', 'P95', 'P99', 'P99.9', 'max', 'samples'], ...texts];
  const widths = table[0]!.map((_, column) => Math.max(...table.map((row) => (row[column] as string).length)));
  return table.map((row) =>
    row.map((text, i) => (i === 0 ? text.padEnd(widths[i]!) : text.padStart(widths[i]! + 2))).join(''),
  );
}

const verdicts: Readonly<Record<LedgerRow['verdict'], string>> = {
  kept: 'promise kept',
  broken: 'PROMISE BROKEN',
  'not-settled': 'NOT SETTLED, they may still come: --linger waits longer',
  'nothing-promised': 'nothing promised',
  'no-data': 'no subscriber in this run',
};

function ledgerLines(ledger: readonly LedgerRow[]): string[] {
  return ledger.map((row) => {
    const part = (count: number, what: string): string => `${formatCount(count)} ${what}`;
    const sent = [part(row.offered, 'offered'), part(row.sent, 'sent'), part(row.resent, 'again')];
    if (row.qos > 0) sent.push(part(row.acknowledged, 'acknowledged'));
    const got =
      row.verdict === 'no-data'
        ? []
        : [
            part(row.received, 'received'),
            part(row.duplicate, 'duplicate'),
            part(row.disordered, 'out of order'),
            part(row.missing, 'missing'),
          ];
    return `Ledger     QoS ${row.qos}: ${[...sent, ...got].join(', ')}: ${verdicts[row.verdict]}`;
  });
}

/** Of what other programs published, the books can only tell what is between the first and the last that came. */
function subscriberLines({ plan, cell }: SummaryInput): string[] {
  const gaps = cell.counters['messages.gaps'];
  if (plan.publish !== undefined || gaps === undefined) return [];
  const { values } = cell.metrics;
  const parts = [
    `${formatCount(values['messages.received'] ?? 0)} received`,
    `${formatCount(values['messages.duplicate'] ?? 0)} duplicate`,
    `${formatCount(values['messages.disordered'] ?? 0)} out of order`,
    `${formatCount(gaps)} missing between the first and the last of each publisher`,
  ];
  return [`Ledger     ${parts.join(', ')}`];
}

function errorLines(cell: Cell): string[] {
  return cell.errors.flatMap(({ code, message, hint, count }, i) => [
    `${i === 0 ? 'Errors ' : '       '}    ${formatCount(count)} × ${message} (${code})`,
    ...(hint === undefined ? [] : [`           → ${hint}`]),
  ]);
}

/** Each kind of doubt once, with the number that stands at what it doubts. */
function doubtLines(notes: DoubtNotes): string[] {
  return notes.ofOneCell().map(({ found, advice }, i) => {
    return `${`Doubt ?${i + 1}`.padEnd(11)}${found}${advice === undefined ? '' : `\n           → ${advice}`}`;
  });
}

/** Too few samples is judged of what the summary shows, which has a P99.9. */
function notesOf(cell: Cell, shown: ShownCell): DoubtNotes {
  const others = cell.doubts.filter(({ code }) => code !== 'few-samples');
  const few = shown.rows.flatMap(({ metric, window, distribution }) =>
    fewSamplesDoubts({ distributions: { [metric]: distribution } }, window, 'p999'),
  );
  return new DoubtNotes({ cells: [{ ...cell, doubts: [...others, ...few] }], doubts: [] });
}

function generatorLines({ cell, processes }: SummaryInput): string[] {
  const [load] = cell.resources;
  const delay = cell.metrics.distributions['loop.delay'];
  const late = cell.counters['publishes.late'] ?? 0;
  if (load === undefined) return [];
  const cores = (load.cpuUserMicros + load.cpuSystemMicros) / Math.max(1, cell.durationMicros);
  const parts = [
    `${processes} ${processes === 1 ? 'process' : 'processes'}`,
    `${cores.toFixed(2)} cores`,
    formatSize(load.peakRssBytes),
    `event loop P99 ${formatDuration(delay?.p99 ?? Number.NaN)} late`,
    `${formatCount(late)} late ${late === 1 ? 'send' : 'sends'}`,
  ];
  return [`Generator  ${parts.join(', ')}`];
}
