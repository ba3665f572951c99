import { shortened } from '../../base/text/shortened.js';
import { formatCount, formatDuration, formatShare } from '../../base/units.js';
import type { Cell, EventRecord } from '../../result/types.js';
import { marksOf } from '../rows/marks.js';
import { unequalHeading } from '../words/doubts.js';
import { outcomeMarks, statusSentence } from '../words/words.js';
import { type Chapter, groupsOf } from './chapter.js';
import { type Content, folded, html, type Markup, section, table } from './markup.js';
import { noteId } from './note-links.js';

/** What was expected, and whether it held. */
export function expectationsSection({ id, result }: Chapter): Markup | undefined {
  if (result.expectations.length === 0) return undefined;
  const rows = result.expectations.map(({ text, outcome, found }) => [
    text,
    html`<span class="${outcomeClass[outcome]}">${outcomeMarks[outcome]}</span>`,
    found,
  ]);
  const all = words(table(['expected', 'outcome', 'found'], rows));
  return section(
    `${id}-expectations`,
    'Expectations',
    html`<details><summary>What was found for each of ${rows.length}</summary>${all}</details>`,
  );
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
  if (rows.length === 0) return undefined;
  const head = [
    '',
    'offered',
    'sent',
    'resent',
    'acknowledged',
    'received',
    'duplicate',
    'out of order',
    'missing',
    'promise',
  ];
  return section(`${id}-ledger`, 'Message ledger', folded(rows.length, 'By cell', table(head, rows)));
}

const verdictClass = {
  kept: 'good',
  broken: 'bad',
  'not-settled': 'warn',
  'nothing-promised': 'faint',
  'no-data': 'warn',
} as const;

/** The network asked for against the network measured before each cell. */
export function calibrationSection(chapter: Chapter): Markup | undefined {
  const rows = chapter.cells
    .filter((cell) => cell.calibration)
    .map((cell): Content[] => {
      const { packets, lost, rttP50Micros, rttP95Micros, reordered } = cell.calibration ?? {};
      const number = (value: number | undefined) => formatCount(value ?? Number.NaN);
      return [
        cell.id,
        formatDuration(cell.network.rttMicros),
        formatDuration(rttP50Micros ?? Number.NaN),
        formatDuration(rttP95Micros ?? Number.NaN),
        askedLoss(cell),
        formatShare((lost ?? Number.NaN) / (packets ?? Number.NaN)),
        number(reordered),
        number(packets),
      ];
    });
  if (rows.length === 0) return undefined;
  const head = ['', 'RTT asked', 'RTT P50', 'RTT P95', 'loss asked (up / down)', 'echoes lost', 'reordered', 'echoes'];
  return section(
    `${chapter.id}-calibration`,
    'The network, asked and measured',
    folded(rows.length, 'By cell', table(head, rows)),
  );
}

function askedLoss({ network: { profile } }: Cell): string {
  const of = (direction: string) => {
    const impairment = profile[direction] as { loss?: number; gilbertElliott?: unknown } | undefined;
    return impairment?.gilbertElliott ? 'bursts' : formatShare(impairment?.loss ?? 0);
  };
  return `${of('up')} / ${of('down')}`;
}

/** Events with the proof that they happened. */
export function eventsSection(chapter: Chapter): Markup | undefined {
  const rows = chapter.cells.flatMap((cell) =>
    cell.events.map((event): Content[] => [
      cell.id,
      event.name,
      formatDuration(event.atMicros),
      event.tookMicros === undefined ? '-' : formatDuration(event.tookMicros),
      outcomeText(event),
      html`<code>${shorten(JSON.stringify(event.proof))}</code>`,
    ]),
  );
  return rows.length === 0
    ? undefined
    : section(
        `${chapter.id}-events`,
        'Events and their proof',
        folded(rows.length, 'By cell', words(table(['cell', 'event', 'at', 'took', 'clients', 'proof'], rows))),
      );
}

/** "49 went on, 1 reconnected, 0 lost"; of an event that disturbs nobody, or of schema 1, nothing. */
function outcomeText({ metrics }: EventRecord): string {
  if (metrics === undefined) return '-';
  const of = (name: 'survived' | 'reconnected' | 'lost' | 'unknown') => metrics.values[`clients.${name}`] ?? 0;
  const unknown = of('unknown') > 0 ? `, ${formatCount(of('unknown'))} nobody knows` : '';
  const [on, back, lost] = [of('survived'), of('reconnected'), of('lost')].map(formatCount);
  return `${on} went on, ${back} reconnected, ${lost} lost${unknown}`;
}

function shorten(text: string): string {
  return shortened(text, 240);
}

/** What went wrong: cells without numbers, and errors that clients met. */
export function errorsSection({ id, result, ...chapter }: Chapter): Markup | undefined {
  const without = result.cells.map(statusSentence).filter((sentence) => sentence !== undefined);
  const rows = groupsOf({ id, result, ...chapter }).flatMap(({ cells }) =>
    cells.flatMap((cell) =>
      cell.errors.map((error): Content[] => [
        cell.id,
        formatCount(error.count),
        error.code,
        error.message,
        error.hint ?? '',
      ]),
    ),
  );
  if (without.length + rows.length === 0) return undefined;
  return section(
    `${id}-errors`,
    'Errors',
    without.length > 0 ? html`<ul>${without.map((sentence) => html`<li>${sentence}</li>`)}</ul>` : undefined,
    rows.length > 0 ? words(table(['cell', 'count', 'code', 'message', 'what helps'], rows)) : undefined,
    html`<p class="faint">What each code means, spoils and asks for is in docs/errors.md.</p>`,
  );
}

/** Every reason to distrust a number. */
export function doubtsSection({ id, result }: Chapter): Markup {
  const { notes } = marksOf(result);
  const sentences = notes.lines();
  return section(
    `${id}-doubts`,
    'Doubts',
    sentences.length === 0
      ? html`<p>None: no check of this run found a reason to distrust its numbers.</p>`
      : html`<ul>${sentences.map((sentence, i) => html`<li id="${noteId(id, i + 1)}">${sentence}</li>`)}</ul>`,
    sentences.length === 0 ? undefined : html`<p class="faint">${notes.explained() ?? ''}</p>`,
    notes.unequal.length === 0
      ? undefined
      : html`<p>${unequalHeading}:</p><ul>${notes.unequal.map((sentence) => html`<li>${sentence}</li>`)}</ul>`,
  );
}

function words(content: Markup): Markup {
  return html`<div class="words">${content}</div>`;
}
