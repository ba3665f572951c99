import { label } from '../../compare/judged.js';
import type { Comparison } from '../../compare/types.js';
import { rowSentence } from '../comparison/words.js';
import { junitXml } from './xml.js';

/** junit.xml of a comparison: one case per number. Worse and lost fail, unclear is skipped with the reason. */
export function comparisonJunit(comparison: Comparison): string {
  const cases = comparison.rows.map((row) => ({
    classname: row.cell,
    name: `${label(row.metric, row.statistic)} did not become worse`,
    failure: row.verdict === 'worse' || row.verdict === 'lost' ? rowSentence(row) : undefined,
    skipped: row.verdict === 'unclear' ? `unclear: ${rowSentence(row)}` : undefined,
  }));
  return junitXml([{ name: `${comparison.scenario}: ${comparison.head.name} against ${comparison.base.name}`, cases }]);
}
