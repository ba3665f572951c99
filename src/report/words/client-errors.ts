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

/** More cells than these are counted, not named. */
const mostCells = 4;

/**
 * Each kind once, the most frequent first. Cells have brokers of their own: what differs in the address alone is one kind,
 * and the addresses stand at the cells. Other numbers, such as a wait, are those of the first cell that has it.
 */
export function clientErrors(cells: readonly Cell[]): ClientError[] {
  const met = cells.flatMap((cell) =>
    cell.errors.map((error) => ({
      ...error,
      cell,
      kind: [error.code, kindOfMessage(error.message), error.hint].join('\n'),
    })),
  );
  return [...new Set(met.map(({ kind }) => kind))]
    .map((kind) => met.filter((one) => one.kind === kind))
    .map((errors) => ({ errors, count: errors.reduce((sum, { count }) => sum + count, 0) }))
    .sort((a, b) => b.count - a.count)
    .map(({ errors, count }) => ({
      text: `${formatCount(count)} × ${textOf(errors)}`,
      hint: errors[0]?.hint,
      isOfTheRun: errors.every(({ cell, code }) => isOwn(cell, code)),
    }));
}

/** Of one kind. The addresses in the messages are told once for all cells, or for each. */
function textOf(errors: readonly (Cell['errors'][number] & { readonly cell: Cell })[]): string {
  const { code, message } = errors[0] as (typeof errors)[number];
  const places = new Map<string, Set<string>>();
  for (const { cell, message: text } of errors) {
    const addresses = places.get(cell.id) ?? new Set();
    places.set(cell.id, addresses.add(addressesIn(text).join(', ')));
  }
  const isOneAddress = new Set([...places.values()].flatMap((addresses) => [...addresses])).size === 1;
  const says = isOneAddress ? message : withoutAddresses(message, 'the broker');
  const where = [...places].map(([id, addresses]) => (isOneAddress ? id : `${id} (${[...addresses].join(', ')})`));
  return `${says} (${code}), in ${named(where)}`;
}

/** How connections end that an event of the run cuts. */
const cutCodes: ReadonlySet<string> = new Set(['MQB_LOST', 'MQB_CLOSED', 'MQB_SILENT']);

const isOwn = (cell: Cell, code: string): boolean => cutCodes.has(code) && measuredEvents([cell]).length > 0;

/** Cells by name, of many the first. */
export function named(cells: readonly string[]): string {
  if (cells.length <= mostCells) return cells.join(', ');
  return `${cells.slice(0, mostCells - 1).join(', ')} and ${cells.length - mostCells + 1} more cells`;
}

/** Why cells that came to their end are no success, a sentence each. */
export function failures(cells: readonly Cell[]): string[] {
  const ended = cells.filter(({ status }) => status === 'finished');
  return ended.flatMap((cell) => breachesOf(cell).map((breach) => `${cell.id}: ${breach}`));
}
