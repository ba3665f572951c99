import { formatCounted } from '../../base/units.js';
import type { ComparisonSide, Method } from '../../compare/types.js';

/** Why repeats of a cell are no success. */
export interface Trouble {
  readonly cell: string;
  /** What would have been true without it. */
  readonly claim: string;
  /** "1 of 10 rounds of head did not finish in tls@30ms: the broker process ended unexpectedly" */
  readonly text: string;
  /** What it means for the numbers of the cell. */
  readonly means: string;
}

/** Those of one side: what did not finish first. */
export function troublesOf({ name, unfinished, failed }: ComparisonSide, method: Method): Trouble[] {
  const some = (count: number, of: number): string =>
    `${count} of ${formatCounted(of, method === 'rounds' ? 'round' : 'repeat')} of ${name}`;
  return [
    ...unfinished.map(({ cell, planned, finished, reasons }) => ({
      cell,
      claim: 'every planned repeat finished',
      text: `${some(planned - finished, planned)} did not finish in ${cell}: ${listed(reasons)}`,
      means: 'its numbers are of those that survived',
    })),
    ...failed.map((one) => ({
      cell: one.cell,
      claim: 'every repeat that finished is a success',
      text: `${some(one.failed, one.finished)} failed in ${one.cell}: ${listed(one.reasons)}`,
      means: 'their numbers are among those compared',
    })),
  ];
}

/** Counts make many reasons out of one: after these the others are counted. */
const mostReasons = 3;

function listed(reasons: readonly string[]): string {
  const more = reasons.length - mostReasons;
  const rest = more > 0 ? [`and ${formatCounted(more, 'more reason')}`] : [];
  return [...reasons.slice(0, mostReasons), ...rest].join('; ');
}
