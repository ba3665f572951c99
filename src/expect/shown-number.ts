import type { NumberName } from '../result/types.js';
import { ExpectationMistake, type KnownNames } from './expectation.js';
import { parseReference } from './names.js';

export type { NumberName } from '../result/types.js';

/**
 * A number that outputs show first, named as expectations name it: `after.publish.ack.p95`. It is shown of every arm and
 * network, so it names neither.
 * @throws ExpectationMistake
 */
export function parseShown(text: string, known?: KnownNames): NumberName {
  const { cells, fleet, window, where } = parseReference(text, 1, known);
  const scope = window ?? (known === undefined ? cells.arm : undefined);
  if (cells.network !== undefined || cells.repeat !== undefined || (known !== undefined && cells.arm !== undefined)) {
    const whole = text.slice(text.indexOf('.') + 1);
    throw new ExpectationMistake(`a number is shown of every arm and network; write "${whole}"`, 1);
  }
  const inside = { ...(scope === undefined ? {} : { window: scope }), ...(fleet === undefined ? {} : { fleet }) };
  if (where.kind === 'value') return { metric: where.metric, statistic: 'value', ...inside };
  if (where.kind === 'part' || where.statistic === 'count') {
    throw new ExpectationMistake(`"${text}" is no row of a table; name a metric such as publish.ack.p95`, 1);
  }
  return { metric: where.metric, statistic: where.statistic, ...inside };
}
