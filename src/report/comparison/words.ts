import { label } from '../../compare/judged.js';
import type { Comparison, ComparisonRow, ComparisonSide, Verdict } from '../../compare/types.js';
import { percent, rowText } from './quantity.js';

/** The order in which a reader wants them. */
export const verdictOrder: readonly Verdict[] = ['lost', 'worse', 'better', 'unclear', 'same'];

export function rowsWith(comparison: Comparison, verdict: Verdict): ComparisonRow[] {
  return comparison.rows.filter((row) => row.verdict === verdict);
}

/** The outcome as one sentence, e.g. "Regression: 2 of 78 numbers are worse." */
export function outcomeSentence(comparison: Comparison): string {
  const total = comparison.rows.length;
  const count = (verdict: Verdict) => rowsWith(comparison, verdict).length;
  const [worse, lost, better, unclear] = [count('worse'), count('lost'), count('better'), count('unclear')];
  if (comparison.outcome === 'nothing-to-compare') return 'Nothing to compare: the two sides share no finished cell.';
  const parts = [
    ...(worse > 0 ? [`${worse} of ${total} numbers ${worse === 1 ? 'is' : 'are'} worse`] : []),
    ...(lost > 0 ? [`${lost} ${lost === 1 ? 'has' : 'have'} no data in ${comparison.head.name}`] : []),
  ];
  if (parts.length > 0) return `Regression: ${parts.join(', ')}.`;
  const known = total - unclear;
  const gain = better > 0 ? `, ${better} better` : '';
  return `No regression found: none of ${total} numbers is worse${gain}; ${known} could be told, ${unclear} could not.`;
}

/** Who is compared with what, and how strictly, as one sentence. */
export function premise(comparison: Comparison): string {
  const { base, head, rows, familySize, alpha } = comparison;
  return (
    `${head.name} (${repeatsOf(head)}) against ${base.name} (${repeatsOf(base)}): ${rows.length} numbers, ` +
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
  const range = text.interval ? `, 95 % interval ${text.interval}` : '';
  return `${who}: ${text.base} → ${text.head} (${text.change}${range}, ${text.chance}), margin ${percent(row.margin)}`;
}

/** Differences in circumstances and doubts, as lines. */
export function cautions(comparison: Comparison): string[] {
  const { base, head } = comparison;
  return [
    ...comparison.circumstances.map(
      (one) => `${one.what} differs: ${one.base || '-'} (${base.name}), ${one.head || '-'} (${head.name})`,
    ),
    ...[base, head]
      .filter((side) => side.doubts > 0)
      .map((side) => `${side.name} carries ${side.doubts} ${side.doubts === 1 ? 'doubt' : 'doubts'} of its own`),
  ];
}
