import { formatCount } from '../../base/units.js';
import type { Cell } from '../../result/types.js';
import { named } from './client-errors.js';

const prefix = 'reason.';

/** Counters of what the broker gave as reasons, by packet and name: `reason.puback.quota-exceeded`. */
export const reasonsIn = ({ counters }: Pick<Cell, 'counters'>): [name: string, count: number][] =>
  Object.entries(counters).filter(([name, count]) => name.startsWith(prefix) && count > 0);

/** `12 × quota-exceeded in PUBACK`: one reason as a person reads it. */
export function reasonText(name: string, count: number): string {
  const [packet = '', ...reason] = name.slice(prefix.length).split('.');
  return `${formatCount(count)} × ${reason.join('.')} in ${packet.toUpperCase()}`;
}

/** Each reason once for all cells in which the broker gave it, the most frequent first. */
export function brokerReasons(cells: readonly Cell[]): string[] {
  const met = cells.flatMap((cell) => reasonsIn(cell).map(([name, count]) => ({ name, count, id: cell.id })));
  return [...new Set(met.map(({ name }) => name))]
    .map((name) => ({ name, of: met.filter((one) => one.name === name) }))
    .map(({ name, of }) => ({ name, of, count: of.reduce((sum, { count }) => sum + count, 0) }))
    .sort((a, b) => b.count - a.count)
    .map(({ name, of, count }) => `${reasonText(name, count)}, in ${named(of.map(({ id }) => id))}`);
}
