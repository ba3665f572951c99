import { addressesIn, kindOfMessage, withoutAddresses } from '../../base/text/broker-address.js';
import { formatCount } from '../../base/units.js';
import { breachesOf } from '../../result/breaches.js';
import type { Cell } from '../../result/types.js';
import { measuredEvents } from '../rows/events.js';

/** An error that clients met, once for all cells it was met in. */
export interface ClientError {
  /** `12 × the broker closed the connection (MQB_CLOSED), in tcp@30ms, tls@30ms` */
  readonly text: string;
  /** What the user can do about it. */
  readonly hint: string | undefined;
  /** Events of the run end connections so, in each of the cells. */
  readonly isOfTheRun: boolean;
}

export const clientErrorsHeading = 'Errors that clients met';
export const failedHeading = 'Failed';

/** More cells than these are counted, not named. */
const mostCells = 4;

interface Kind {
  readonly message: string;
  readonly hint: string | undefined;
  readonly code: string;
  isOfTheRun: boolean;
  count: number;
  /** The addresses in the messages, by cell: one text a message, each once. */
  readonly cells: Map<string, Set<string>>;
}

/**
 * Each kind once, the most frequent first. Cells have brokers of their own: what differs in the address alone is one kind,
 * and the addresses stand at the cells. Other numbers, such as a wait, are those of the first cell that has it.
 */
export function clientErrors(cells: readonly Cell[]): ClientError[] {
  const kinds = new Map<string, Kind>();
  for (const cell of cells) {
    for (const { code, message, hint, count } of cell.errors) {
      const key = [code, kindOfMessage(message), hint].join('\n');
      const kind = kinds.get(key) ?? { code, message, hint, isOfTheRun: true, count: 0, cells: new Map() };
      kinds.set(key, kind);
      kind.count += count;
      kind.isOfTheRun &&= isOwn(cell, code);
      const met = kind.cells.get(cell.id) ?? new Set();
      kind.cells.set(cell.id, met.add(addressesIn(message).join(', ')));
    }
  }
  return [...kinds.values()]
    .sort((a, b) => b.count - a.count)
    .map((kind) => ({ text: textOf(kind), hint: kind.hint, isOfTheRun: kind.isOfTheRun }));
}

function textOf({ code, message, count, cells }: Kind): string {
  const isOneAddress = new Set([...cells.values()].flatMap((met) => [...met])).size === 1;
  const says = isOneAddress ? message : withoutAddresses(message, 'the broker');
  const where = [...cells].map(([id, met]) => (isOneAddress ? id : `${id} (${[...met].join(', ')})`));
  return `${formatCount(count)} × ${says} (${code}), in ${named(where)}`;
}

/** How connections end that an event of the run cuts. */
const cutCodes: ReadonlySet<string> = new Set(['MQB_LOST', 'MQB_CLOSED', 'MQB_SILENT']);

const isOwn = (cell: Cell, code: string): boolean => cutCodes.has(code) && measuredEvents([cell]).length > 0;

function named(cells: readonly string[]): string {
  if (cells.length <= mostCells) return cells.join(', ');
  return `${cells.slice(0, mostCells - 1).join(', ')} and ${cells.length - mostCells + 1} more cells`;
}

/** Why cells that came to their end are no success, a sentence each. */
export function failures(cells: readonly Cell[]): string[] {
  const ended = cells.filter(({ status }) => status === 'finished');
  return ended.flatMap((cell) => breachesOf(cell).map((breach) => `${cell.id}: ${breach}`));
}
