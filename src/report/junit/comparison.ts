import { label } from '../../compare/judged.js';
import type { Comparison } from '../../compare/types.js';
import { rowSentence, unfinishedText } from '../comparison/words.js';
import { junitXml } from './xml.js';

/**
 * junit.xml of a comparison: one case per number, and one per cell of which repeats of the head did not finish. Worse,
 * lost and unfinished fail, unclear is skipped with the reason.
 */
export function comparisonJunit(comparison: Comparison): string {
  const cases = comparison.rows.map((row) => ({
    classname: row.cell,
    name: `${label(row.metric, row.statistic)} did not become worse`,
    failure: row.verdict === 'worse' || row.verdict === 'lost' ? rowSentence(row) : undefined,
    skipped: row.verdict === 'unclear' ? `unclear: ${rowSentence(row)}` : undefined,
  }));
  const { head, base, method } = comparison;
  const unfinished = head.unfinished.map((one) => ({
    classname: one.cell,
    name: 'every planned repeat finished',
    failure: unfinishedText(one, head.name, method),
  }));
  return junitXml([
    { name: `${comparison.scenario}: ${head.name} against ${base.name}`, cases: [...unfinished, ...cases] },
  ]);
}
