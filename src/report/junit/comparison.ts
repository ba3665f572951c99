import { label } from '../../compare/judged.js';
import type { Comparison } from '../../compare/types.js';
import { troublesOf } from '../comparison/troubles.js';
import { rowSentence } from '../comparison/words.js';
import { junitXml } from './xml.js';

/**
 * junit.xml of a comparison: one case per number, and one per cell of which repeats of the head did not finish, or are no
 * success. Worse, lost, unfinished and failed fail, unclear is skipped with the reason.
 */
export function comparisonJunit(comparison: Comparison): string {
  const cases = comparison.rows.map((row) => ({
    classname: row.cell,
    name: `${label(row.metric, row.statistic)} did not become worse`,
    failure: row.verdict === 'worse' || row.verdict === 'lost' ? rowSentence(row) : undefined,
    skipped: row.verdict === 'unclear' ? `unclear: ${rowSentence(row)}` : undefined,
  }));
  const { head, base, method } = comparison;
  const troubles = troublesOf(head, method).map(({ cell, claim, text }) => ({
    classname: cell,
    name: claim,
    failure: text,
  }));
  return junitXml([
    { name: `${comparison.scenario}: ${head.name} against ${base.name}`, cases: [...troubles, ...cases] },
  ]);
}
