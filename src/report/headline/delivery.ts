import { formatCount } from '../../base/units.js';
import type { CellRepeats } from '../../compare/observations.js';
import type { Cell, LedgerRow } from '../../result/types.js';
import { enumerate } from '../words/enumerate.js';

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
  const unsafe = seen.filter(({ row }) => row.qos === 0 && row.missing > 0);
  return [
    ...(broken.length > 0 ? [brokenSentence(broken)] : []),
    ...(lost.length > 0 ? [lostSentence(lost, safe)] : []),
    ...(open.length > 0 ? [openSentence(open)] : []),
    ...(safe.length > 0 && broken.length + lost.length + open.length === 0 ? [keptSentence(safe)] : []),
    ...(unsafe.length > 0 ? [unsafeSentence(unsafe, seen)] : []),
  ];
}

const sum = (entries: readonly Entry[], of: (row: LedgerRow) => number): number =>
  entries.reduce((total, { row }) => total + of(row), 0);

const armsOf = (entries: readonly Entry[]): string => [...new Set(entries.map(({ group }) => group.arm))].join(', ');

function brokenSentence(broken: readonly Entry[]): string {
  const where = [...new Set(broken.map(({ group, row }) => `${group.cell} (QoS ${row.qos})`))];
  const [missing, again] = [sum(broken, (row) => row.missing), sum(broken, (row) => row.duplicate)];
  const twice = broken.some(({ row }) => row.qos === 2) && again > 0;
  const what = [
    ...(missing > 0 || !twice
      ? [`${formatCount(missing)} ${missing === 1 ? 'message is' : 'messages are'} missing`]
      : []),
    ...(twice ? [`${formatCount(again)} arrived again`] : []),
  ];
  return `A QoS promise was broken in ${enumerate(where)}: ${enumerate(what)}.`;
}

function openSentence(open: readonly Entry[]): string {
  const missing = sum(open, (row) => row.missing);
  const what =
    missing === 1 ? '1 message with QoS 1 or 2 was' : `${formatCount(missing)} messages with QoS 1 or 2 were`;
  return `${what} still on the way when measuring stopped (${armsOf(open)}): whether the promise was kept is not settled.`;
}

/** Counters of what ends a subscription without a session that outlives it. */
const endings = ['connections.lost', 'connections.left', 'streams.died'];

function lostSentence(lost: readonly Entry[], all: readonly Entry[]): string {
  const sent = sum(all, (row) => row.sent);
  const acknowledged = sum(all, (row) => row.acknowledged) === sent ? 'acknowledged ' : '';
  const count = `${formatCount(sum(lost, (row) => row.missing))} of ${formatCount(sent)} ${acknowledged}messages`;
  const returned = lost.every(({ cell }) => endings.some((name) => (cell.counters[name] ?? 0) > 0));
  const why = `${returned ? 'clean sessions reconnected' : 'messages may expire'}, so nothing was promised`;
  return `${count} with QoS 1 or 2 did not arrive (${armsOf(lost)}; ${why}).`;
}

function keptSentence(safe: readonly Entry[]): string {
  const free = safe.filter(({ row }) => row.verdict === 'nothing-promised');
  const sent = `${formatCount(sum(safe, (row) => row.sent))} messages with QoS 1 or 2 were sent in all cells together`;
  const unpromised = formatCount(sum(free, (row) => row.sent));
  if (free.length === safe.length) return `${sent}, and none is missing, although nothing was promised of them.`;
  const rest = free.length > 0 ? `; of ${unpromised} of them nothing was promised, and none is missing` : '';
  return `Every QoS promise was kept: ${sent}${rest}.`;
}

function unsafeSentence(unsafe: readonly Entry[], seen: readonly Entry[]): string {
  const sent = sum(
    seen.filter(({ row }) => row.qos === 0),
    (row) => row.sent,
  );
  const missing = formatCount(sum(unsafe, (row) => row.missing));
  return `${missing} of ${formatCount(sent)} messages with QoS 0 did not arrive (${armsOf(unsafe)}; QoS 0 promises nothing).`;
}
