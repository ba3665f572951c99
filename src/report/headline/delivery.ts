import { formatCount, formatCounted } from '../../base/units.js';
import type { CellRepeats } from '../../compare/observations.js';
import type { Cell, LedgerRow } from '../../result/types.js';
import { enumerate } from '../words/words.js';

/** A line of the ledger of one cell. */
interface Entry {
  readonly group: CellRepeats;
  readonly cell: Cell;
  readonly row: LedgerRow;
}

/** What became of all messages of all cells: broken promises by name, what is missing without a promise, and the rest. */
export function deliverySentences(groups: readonly CellRepeats[]): string[] {
  const entries = groups.flatMap((group) =>
    group.repeats.flatMap((cell) => cell.ledger.map((row) => ({ group, cell, row }))),
  );
  // Where nobody subscribed, nobody can say what arrived.
  const seen = entries.filter(({ row }) => row.verdict !== 'no-data' && row.sent > 0);
  const safe = seen.filter(({ row }) => row.qos > 0);
  const broken = safe.filter(({ row }) => row.verdict === 'broken');
  const lost = safe.filter(({ row }) => row.verdict === 'nothing-promised' && row.missing > 0);
  const open = safe.filter(({ row }) => row.verdict === 'not-settled');
  const free = seen.filter(({ row }) => row.qos === 0);
  const gone = free.filter(({ row }) => row.missing > 0);
  return [
    ...(broken.length > 0 ? [brokenSentence(broken)] : []),
    ...(lost.length > 0 ? [lostSentence(lost, safe)] : []),
    ...(open.length > 0 ? [openSentence(open)] : []),
    ...(safe.length > 0 && broken.length + lost.length + open.length === 0 ? [keptSentence(safe)] : []),
    ...(gone.length > 0
      ? [
          `${total(gone, 'missing')} of ${ofWhat(free)} with QoS 0 did not arrive (${armsOf(gone)}; QoS 0 promises nothing).`,
        ]
      : []),
  ];
}

type Count = 'sent' | 'missing' | 'duplicate' | 'acknowledged' | 'received';

const sum = (entries: readonly Entry[], of: Count): number => entries.reduce((all, { row }) => all + row[of], 0);

const total = (entries: readonly Entry[], of: Count): string => formatCount(sum(entries, of));

/** "400 messages"; where each is for several subscribers, "4,000 deliveries", of which so many may be missing. */
function ofWhat(entries: readonly Entry[], kind = ''): string {
  const deliveries = sum(entries, 'received') + sum(entries, 'missing');
  return deliveries > sum(entries, 'sent')
    ? `${formatCount(deliveries)} deliveries`
    : `${total(entries, 'sent')} ${kind}messages`;
}

const armsOf = (entries: readonly Entry[]): string => [...new Set(entries.map(({ group }) => group.arm))].join(', ');

function brokenSentence(broken: readonly Entry[]): string {
  const where = [...new Set(broken.map(({ group, row }) => `${group.cell} (QoS ${row.qos})`))];
  const missing = sum(broken, 'missing');
  const twice = broken.some(({ row }) => row.qos === 2) && sum(broken, 'duplicate') > 0;
  const what = [
    ...(missing > 0 || !twice ? [`${formatCounted(missing, 'message is', 'messages are')} missing`] : []),
    ...(twice ? [`${total(broken, 'duplicate')} arrived again`] : []),
  ];
  return `A QoS promise was broken in ${enumerate(where)}: ${enumerate(what)}.`;
}

function openSentence(open: readonly Entry[]): string {
  const what = formatCounted(sum(open, 'missing'), 'message with QoS 1 or 2 was', 'messages with QoS 1 or 2 were');
  return `${what} still on the way when measuring stopped (${armsOf(open)}): whether the promise was kept is not settled.`;
}

/** Counters of what ends a subscription without a session that outlives it. */
const endings = ['connections.lost', 'connections.left', 'streams.died'];

function lostSentence(lost: readonly Entry[], all: readonly Entry[]): string {
  const acknowledged = sum(all, 'acknowledged') === sum(all, 'sent') ? 'acknowledged ' : '';
  const returned = lost.every(({ cell }) => endings.some((name) => (cell.counters[name] ?? 0) > 0));
  const why = `${returned ? 'clean sessions reconnected' : 'messages may expire'}, so nothing was promised`;
  return `${total(lost, 'missing')} of ${ofWhat(all, acknowledged)} with QoS 1 or 2 did not arrive (${armsOf(lost)}; ${why}).`;
}

function keptSentence(safe: readonly Entry[]): string {
  const free = safe.filter(({ row }) => row.verdict === 'nothing-promised');
  const sent = `${total(safe, 'sent')} messages with QoS 1 or 2 were sent in all cells together`;
  if (free.length === safe.length) return `${sent}, and none is missing, although nothing was promised of them.`;
  const rest = `; of ${total(free, 'sent')} of them nothing was promised, and none is missing`;
  return `Every QoS promise was kept: ${sent}${free.length > 0 ? rest : ''}.`;
}
