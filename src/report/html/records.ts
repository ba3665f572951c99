import { shortened } from '../../base/text/shortened.js';
import { formatCount, formatDuration, formatShare } from '../../base/units.js';
import type { Cell, EventRecord } from '../../result/types.js';
import { marksOf } from '../rows/marks.js';
import { agentsOfCells } from '../words/agents.js';
import { unequalHeading } from '../words/doubts.js';
import { brokerReasons } from '../words/reasons.js';
import { outcomeMarks, statusSentences } from '../words/words.js';
import type { Chapter } from './chapter.js';
import { type Content, details, folded, html, list, type Markup, section, table, words } from './markup.js';
import { noteId } from './names.js';

type Rows = readonly (readonly Content[])[];

/** A section of one table, folded when it is long; nothing without rows. */
function recordsSection(id: string, title: string, head: readonly string[], rows: Rows, as = (one: Markup) => one) {
  return rows.length === 0 ? undefined : section(id, title, folded(rows.length, 'By cell', as(table(head, rows))));
}

/** What was expected, and whether it held. */
export function expectationsSection({ id, result: { expectations } }: Chapter): Markup | undefined {
  if (expectations.length === 0) return undefined;
  const rows = expectations.map(({ text, outcome, found }) => [
    text,
    html`<span class="${outcomeClass[outcome]}">${outcomeMarks[outcome]}</span>`,
    found,
  ]);
  const all = words(table(['expected', 'outcome', 'found'], rows));
  return section(`${id}-expectations`, 'Expectations', details(`What was found for each of ${rows.length}`, all));
}

export const outcomeClass = { held: 'good', missed: 'bad', 'no-data': 'bad', unsupported: 'warn' } as const;

/** Messages by fate, per cell and QoS. */
export function ledgerSection({ id, cells }: Chapter): Markup | undefined {
  const rows = cells.flatMap((cell) =>
    cell.ledger.map((row): Content[] => [
      `${cell.id}, QoS ${row.qos}`,
      ...[row.offered, row.sent, row.resent, row.acknowledged, row.received, row.duplicate, row.disordered].map(
        formatCount,
      ),
      html`<span class="${row.missing > 0 && row.qos > 0 ? 'bad' : 'plain'}">${formatCount(row.missing)}</span>`,
      html`<span class="${verdictClass[row.verdict]}">${row.verdict.replace('-', ' ')}</span>`,
    ]),
  );
  const fates = ['offered', 'sent', 'resent', 'acknowledged', 'received', 'duplicate', 'out of order', 'missing'];
  return recordsSection(`${id}-ledger`, 'Message ledger', ['', ...fates, 'promise'], rows);
}

const verdictClass = {
  kept: 'good',
  broken: 'bad',
  'not-settled': 'warn',
  'nothing-promised': 'faint',
  'no-data': 'warn',
} as const;

/** The network asked for against the network measured before each cell. */
export function calibrationSection({ id, cells }: Chapter): Markup | undefined {
  const rows = cells.flatMap(({ id: cell, network, calibration }) => {
    if (calibration === undefined) return [];
    const { packets = Number.NaN, lost = Number.NaN, rttP50Micros, rttP95Micros, reordered } = calibration;
    return [
      [
        cell,
        ...[network.rttMicros, rttP50Micros, rttP95Micros].map((micros = Number.NaN) => formatDuration(micros)),
        askedLoss(network),
        formatShare(lost / packets),
        formatCount(reordered ?? Number.NaN),
        formatCount(packets),
      ],
    ];
  });
  const head = ['', 'RTT asked', 'RTT P50', 'RTT P95', 'loss asked (up / down)', 'echoes lost', 'reordered', 'echoes'];
  return recordsSection(`${id}-calibration`, 'The network, asked and measured', head, rows);
}

function askedLoss({ profile }: Cell['network']): string {
  const of = (direction: string) => {
    const impairment = profile[direction] as { loss?: number; gilbertElliott?: unknown } | undefined;
    return impairment?.gilbertElliott ? 'bursts' : formatShare(impairment?.loss ?? 0);
  };
  return `${of('up')} / ${of('down')}`;
}

/** Events with the proof that they happened. */
export function eventsSection({ id, cells }: Chapter): Markup | undefined {
  const rows = cells.flatMap((cell) =>
    cell.events.map((event): Content[] => [
      cell.id,
      event.name,
      formatDuration(event.atMicros),
      formatDuration(event.tookMicros ?? Number.NaN),
      outcomeText(event),
      html`<code>${shortened(JSON.stringify(event.proof), 240)}</code>`,
    ]),
  );
  const head = ['cell', 'event', 'at', 'took', 'clients', 'proof'];
  return recordsSection(`${id}-events`, 'Events and their proof', head, rows, words);
}

/** "49 went on, 1 reconnected, 0 lost"; of an event that disturbs nobody, or of schema 1, nothing. */
function outcomeText({ metrics }: EventRecord): string {
  if (metrics === undefined) return '-';
  const of = (name: 'survived' | 'reconnected' | 'lost' | 'unknown') => metrics.values[`clients.${name}`] ?? 0;
  const unknown = of('unknown') > 0 ? `, ${formatCount(of('unknown'))} nobody knows` : '';
  const [on, back, lost] = [of('survived'), of('reconnected'), of('lost')].map(formatCount);
  return `${on} went on, ${back} reconnected, ${lost} lost${unknown}`;
}

/** What went wrong: cells without numbers, errors that clients met, and reasons that the broker gave. */
export function errorsSection({ id, result, cells }: Chapter): Markup | undefined {
  const without = statusSentences(result.cells);
  const rows = cells.flatMap((cell) =>
    cell.errors.map(({ count, code, message, hint }) => [cell.id, formatCount(count), code, message, hint]),
  );
  const reasons = brokerReasons(result.cells);
  if (without.length + rows.length + reasons.length === 0) return undefined;
  return section(
    `${id}-errors`,
    'Errors',
    list(without),
    rows.length > 0 ? words(table(['cell', 'count', 'code', 'message', 'what helps'], rows)) : undefined,
    reasons.length === 0 ? undefined : html`<p>Reasons that the broker gave:</p>${list(reasons)}`,
    html`<p class="faint">What each code means, spoils and asks for is in docs/errors.md.</p>`,
  );
}

/** The machines that the load ran on, where that was not this one. */
export function agentsSection({ id, cells }: Chapter): Markup | undefined {
  const lines = agentsOfCells(cells);
  return lines.length === 0 ? undefined : section(`${id}-agents`, 'Agents', list(lines));
}

/** Every reason to distrust a number. */
export function doubtsSection({ id, result }: Chapter): Markup {
  const { notes } = marksOf(result);
  const lines = notes.lines().map((line, i) => html`<li id="${noteId(id, i + 1)}">${line}</li>`);
  return section(
    `${id}-doubts`,
    'Doubts',
    lines.length === 0
      ? html`<p>None: no check of this run found a reason to distrust its numbers.</p>`
      : html`<ul>${lines}</ul><p class="faint">${notes.explained()}</p>`,
    notes.unequal.length === 0 ? undefined : html`<p>${unequalHeading}:</p>${list(notes.unequal)}`,
  );
}
