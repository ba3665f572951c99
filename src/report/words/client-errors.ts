import { formatCount } from '../../base/units.js';
import { breachesOf } from '../../result/breaches.js';
import type { Cell } from '../../result/types.js';

/** An error that clients met, once for all cells it was met in. */
export interface ClientError {
  /** `12 × the broker closed the connection (MQB_CLOSED), in tcp@30ms, tls@30ms` */
  readonly text: string;
  /** What the user can do about it. */
  readonly hint: string | undefined;
}

export const clientErrorsHeading = 'Errors that clients met';
export const failedHeading = 'Failed';

/** More cells than these are counted, not named. */
const mostCells = 4;

/** Each kind once, the most frequent first; the words are those of the first cell that has it. */
export function clientErrors(cells: readonly Cell[]): ClientError[] {
  const kinds = new Map<string, { message: string; hint: string | undefined; count: number; cells: string[] }>();
  for (const cell of cells) {
    for (const { code, message, hint, count } of cell.errors) {
      const kind = kinds.get(code) ?? { message, hint, count: 0, cells: [] };
      kinds.set(code, kind);
      kind.count += count;
      kind.cells.push(cell.id);
    }
  }
  return [...kinds]
    .sort(([, a], [, b]) => b.count - a.count)
    .map(([code, { message, hint, count, cells: where }]) => ({
      text: `${formatCount(count)} × ${message} (${code}), in ${named(where)}`,
      hint,
    }));
}

function named(cells: readonly string[]): string {
  if (cells.length <= mostCells) return cells.join(', ');
  return `${cells.slice(0, mostCells - 1).join(', ')} and ${cells.length - mostCells + 1} more cells`;
}

/** Why cells that came to their end are no success, a sentence each. */
export function failures(cells: readonly Cell[]): string[] {
  const ended = cells.filter(({ status }) => status === 'finished');
  return ended.flatMap((cell) => breachesOf(cell).map((breach) => `${cell.id}: ${breach}`));
}
