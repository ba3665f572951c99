import { formatCount, formatCounted } from '../base/units.js';
import type { Cell } from './types.js';

type Judged = Pick<Cell, 'ledger' | 'errors' | 'metrics' | 'counters' | 'events'>;

/** Kinds of errors that no run passes over, and what they are errors of; in the order in which they are told. */
const grave: readonly [codes: RegExp, says: (count: number) => string][] = [
  [
    /^MQB_(ACK_\w+|UNASKED|UNFINISHED|PROTOCOL|PACKET_SIZE)$/,
    (count) => `the peer broke the protocol ${count === 1 ? 'once' : `${formatCount(count)} times`}`,
  ],
  [/^MQB_TAKEN_OVER$/, (count) => `${were(count, 'session')} taken over by another client with the same id`],
  [
    /^MQB_THROWN_OUT$/,
    (count) => `${were(count, 'client')} thrown out again and again by another client with the same id`,
  ],
  [/^MQB_SUBACK_\d+$/, (count) => `${were(count, 'subscription')} refused`],
  [/^MQB_NO_SUBACK$/, (count) => `${were(count, 'subscription')} never answered`],
  [/^MQB_PUBACK_\d+$/, (count) => `${were(count, 'publish', 'publishes')} refused`],
];

/**
 * Why a run that came to its end is no success all the same, one sentence for each reason; empty: it is one. What a
 * broker may do under load (answer late, refuse a connect, close a connection) is none: that is what is measured.
 */
export function breachesOf(cell: Judged): string[] {
  return [...errorBreaches(cell), ...lossBreaches(cell), ...silenceBreaches(cell), ...promiseBreaches(cell)];
}

/** Who an event has cut off and who does not come back is what was measured; without one, somebody else is at fault. */
function lossBreaches({ counters, events, metrics: { values } }: Judged): string[] {
  const gone = counters['clients.gone'] ?? 0;
  if (gone === 0) return emptyAtEnd(counters, values['clients.connected'] ?? 0, events.length);
  if (events.some(({ metrics }) => metrics !== undefined)) return [];
  const asked = values['clients.asked'] ?? gone;
  return [`${formatCount(gone)} of ${formatCounted(asked, 'client')} ${gone === 1 ? 'was' : 'were'} lost for good`];
}

/** Who leaves on purpose may be away at the end; after an event that is what was measured. */
function emptyAtEnd(counters: Judged['counters'], connected: number, events: number): string[] {
  const mayBeAway = events > 0 || (counters['connections.left'] ?? 0) > 0;
  return connected > 0 && counters['clients.atEnd'] === 0 && !mayBeAway ? ['no client was connected at the end'] : [];
}

function errorBreaches({ errors }: Judged): string[] {
  return grave.flatMap(([codes, says]) => {
    const found = errors.filter(({ code }) => codes.test(code));
    const count = found.reduce((sum, error) => sum + error.count, 0);
    return count === 0 ? [] : [`${says(count)} (${[...new Set(found.map(({ code }) => code))].join(', ')})`];
  });
}

/** No data is never a pass. */
function silenceBreaches({ ledger, metrics: { values } }: Judged): string[] {
  if (values['clients.connected'] === 0) return ['no client connected'];
  const breaches: string[] = [];
  const awaited = ledger.filter(({ qos, sent }) => qos > 0 && sent > 0);
  const acknowledged = awaited.reduce((sum, row) => sum + row.acknowledged, 0);
  if (awaited.length > 0 && acknowledged === 0) {
    const sent = awaited.reduce((sum, row) => sum + row.sent, 0);
    const none = sent === 1 ? 'the only publish was not' : `none of ${formatCount(sent)} publishes was`;
    breaches.push(`${none} acknowledged`);
  }
  const missing = ledger.reduce((sum, row) => sum + (row.verdict === 'no-data' ? 0 : row.missing), 0);
  if (missing > 0 && (values['messages.received'] ?? 0) === 0) {
    const none =
      missing === 1 ? 'the only delivery did not arrive' : `none of ${formatCount(missing)} deliveries arrived`;
    breaches.push(none);
  }
  return breaches;
}

function promiseBreaches({ ledger }: Judged): string[] {
  return ledger.flatMap(({ verdict, qos, missing, duplicate }) => {
    const what = missing > 0 ? `${formatCount(missing)} missing` : `${formatCount(duplicate)} came twice`;
    if (verdict === 'broken') return [`the promise of QoS ${qos} was broken: ${what}`];
    if (verdict !== 'not-settled') return [];
    return [`whether QoS ${qos} kept its promise is not settled: ${what} when the wait at the end was over`];
  });
}

/** `1 publish was`, `12 publishes were`. */
const were = (count: number, one: string, many?: string): string =>
  `${formatCounted(count, one, many)} ${count === 1 ? 'was' : 'were'}`;
