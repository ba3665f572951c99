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

/** Numbers that are unclear because these repeats could not have shown the change that counts. */
export function powerless(comparison: Comparison): ComparisonRow[] {
  return rowsWith(comparison, 'unclear').filter(({ visibleChange, margin }) => !(visibleChange <= margin));
}

/** No regression was found, where one could not have been seen: nothing that a gate may take for a pass without a word. */
export function isInconclusive(comparison: Comparison): boolean {
  return comparison.outcome === 'no-regression' && powerless(comparison).length > 0;
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
  ];
  if (parts.length > 0) {
    return `Regression: ${parts.join(', ')}${failed === undefined ? '.' : `, and the head failed: ${failed}.`}`;
  }
  const known = total - unclear;
  const gain = better > 0 ? `, ${better} better` : '';
  const none = total === 1 ? 'the only number is not worse' : `none of ${total} numbers is worse`;
  const rest = `${none}${gain}; ${known} could be told, ${unclear} could not.`;
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
  return [...told, ...(more > 0 ? [`and so in ${more} more ${more === 1 ? 'cell' : 'cells'}`] : [])].join('; ');
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

function repeatsOf({ repeats }: ComparisonSide): string {
  if (repeats.fewest === repeats.most) return repeats.most === 1 ? '1 repeat' : `${repeats.most} repeats`;
  return `${repeats.fewest} to ${repeats.most} repeats`;
}

/** A row as one sentence, for annotations and JUnit. */
export function rowSentence(row: ComparisonRow): string {
  const text = rowText(row);
  const who = `${row.cell} ${label(row.metric, row.statistic)}`;
  if (row.verdict === 'lost') return `${who}: ${text.base} before, no data now`;
  if (row.statistic === 'present') return `${who}: in ${text.base}, now in ${text.head} (${text.chance})`;
  const range = text.interval ? `, 95 % interval ${text.interval}` : '';
  return `${who}: ${text.base} → ${text.head} (${text.change}${range}, ${text.chance}), margin ${percent(row.margin)}`;
}

/** Differences in circumstances and doubts, as lines. */
export function cautions(comparison: Comparison): string[] {
  const { base, head, method, rows } = comparison;
  const bounds = rows.filter(({ atLeast }) => atLeast).length;
  return [
    // Who fell out of the comparison may have been the slow ones.
    ...[base, head].flatMap((side) => troublesOf(side, method).map(({ text, means }) => `${text}; ${means}`)),
    ...(bounds > 0
      ? [
          `${bounds} of ${rows.length} numbers are the least that they can be (">="), as operations had not ended when measuring stopped`,
        ]
      : []),
    ...comparison.circumstances.map((one) =>
      one.base === one.head
        ? differenceText(one)
        : `${one.what} differs: ${one.base || '-'} (${base.name}), ${one.head || '-'} (${head.name})`,
    ),
    ...[base, head]
      .filter((side) => side.doubts > 0)
      .map(
        (side) => `${side.name} carries doubts of its own, of ${side.doubts} ${side.doubts === 1 ? 'kind' : 'kinds'}`,
      ),
  ];
}
