import { formatCounted } from '../../base/units.js';
import { differenceText } from '../../compare/circumstances.js';
import { label } from '../../compare/judged.js';
import type { Comparison, ComparisonRow, ComparisonSide, Verdict } from '../../compare/types.js';
import { percent, rowText } from './quantity.js';
import { troublesOf } from './troubles.js';

/** The order in which a reader wants them. */
export const verdictOrder: readonly Verdict[] = ['lost', 'worse', 'better', 'unclear', 'same'];

export function rowsWith(comparison: Comparison, verdict: Verdict): ComparisonRow[] {
  return comparison.rows.filter((row) => row.verdict === verdict);
}

export const rowsInOrder = (comparison: Comparison): ComparisonRow[] =>
  verdictOrder.flatMap((verdict) => rowsWith(comparison, verdict));

/** No regression was found, where one could not have been seen: nothing that a gate may take for a pass without a word. */
export function isInconclusive(comparison: Comparison): boolean {
  // Some numbers are unclear because these repeats could not have shown the change that counts.
  const isBlind = ({ visibleChange, margin }: ComparisonRow): boolean => !(visibleChange <= margin);
  return comparison.outcome === 'no-regression' && rowsWith(comparison, 'unclear').some(isBlind);
}

/** The outcome in one or two sentences, e.g. "Regression: 2 of 78 numbers are worse." */
export function outcomeSentence(comparison: Comparison): string {
  const total = comparison.rows.length;
  const count = (verdict: Verdict) => rowsWith(comparison, verdict).length;
  const [worse, lost, better, unclear] = [count('worse'), count('lost'), count('better'), count('unclear')];
  const failed = failureOf(comparison);
  if (comparison.outcome === 'nothing-to-compare') return 'Nothing to compare: the two sides share no finished cell.';
  const parts = [
    ...(worse > 0 ? [`${worse} of ${total} numbers ${worse === 1 ? 'is' : 'are'} worse`] : []),
    ...(lost > 0 ? [`${lost} ${lost === 1 ? 'has' : 'have'} no data in ${comparison.head.name}`] : []),
    ...(failed === undefined ? [] : [`and the head failed: ${failed}`]),
  ];
  if (worse + lost > 0) return `Regression: ${parts.join(', ')}.`;
  const gain = better > 0 ? `, ${better} better` : '';
  const none = total === 1 ? 'the only number is not worse' : `none of ${total} numbers is worse`;
  const rest = `${none}${gain}; ${total - unclear} could be told, ${unclear} could not.`;
  if (isInconclusive(comparison))
    return `INCONCLUSIVE: no regression found, but with these repeats not all could be seen: ${rest}`;
  if (failed === undefined) return `No regression found: ${rest}`;
  return `The head failed: ${failed}. Of what finished, ${rest}`;
}

/** More cells than this are counted, not told one by one. */
const mostCells = 3;

/** Why the head is no success whatever its numbers are; undefined: it is one. */
function failureOf({ head, method }: Comparison): string | undefined {
  const troubles = troublesOf(head, method);
  if (troubles.length === 0) return undefined;
  const more = troubles.length - mostCells;
  const told = troubles.slice(0, mostCells).map(({ text }) => text);
  return [...told, ...(more > 0 ? [`and so in ${formatCounted(more, 'more cell')}`] : [])].join('; ');
}

/** Who is compared with what, and how strictly, as one sentence. */
export function premise(comparison: Comparison): string {
  const { base, head, rows, familySize, alpha, method } = comparison;
  const how = method === 'rounds' ? ', each round by itself' : '';
  return (
    `${head.name} (${repeatsOf(head)}) against ${base.name} (${repeatsOf(base)})${how}: ` +
    `${rows.length} ${rows.length === 1 ? 'number' : 'numbers'}, ` +
    `${familySize} tested together; at most ${percent(alpha)} chance of any false alarm.`
  );
}

function repeatsOf({ repeats: { fewest, most } }: ComparisonSide): string {
  return fewest === most ? formatCounted(most, 'repeat') : `${fewest} to ${most} repeats`;
}

/** A row as one sentence, for annotations and JUnit. */
export function rowSentence(row: ComparisonRow): string {
  const { base, head, change, interval, chance } = rowText(row);
  const who = `${row.cell} ${label(row.metric, row.statistic)}`;
  if (row.verdict === 'lost') return `${who}: ${base} before, no data now`;
  if (row.statistic === 'present') return `${who}: in ${base}, now in ${head} (${chance})`;
  const range = interval ? `, 95 % interval ${interval}` : '';
  return `${who}: ${base} → ${head} (${change}${range}, ${chance}), margin ${percent(row.margin)}`;
}

/** Differences in circumstances and doubts, as lines. */
export function cautions({ base, head, method, rows, circumstances }: Comparison): string[] {
  const sides = [base, head];
  const bounds = rows.filter(({ atLeast }) => atLeast).length;
  const least = `${bounds} of ${rows.length} numbers are the least that they can be (">="), as operations had not ended when measuring stopped`;
  return [
    // Who fell out of the comparison may have been the slow ones.
    ...sides.flatMap((side) => troublesOf(side, method).map(({ text, means }) => `${text}; ${means}`)),
    ...(bounds > 0 ? [least] : []),
    ...circumstances.map((one) =>
      one.base === one.head
        ? differenceText(one)
        : `${one.what} differs: ${one.base || '-'} (${base.name}), ${one.head || '-'} (${head.name})`,
    ),
    ...sides
      .filter(({ doubts }) => doubts > 0)
      .map(({ name, doubts }) => `${name} carries doubts of its own, of ${formatCounted(doubts, 'kind')}`),
  ];
}
