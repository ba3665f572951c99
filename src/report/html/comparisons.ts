import { compareResults } from '../../compare/compare.js';
import type { Verdict } from '../../compare/types.js';
import { rowText } from '../comparison/quantity.js';
import { cautions, outcomeSentence, premise, rowsInOrder } from '../comparison/words.js';
import type { NamedResult } from '../words/named-result.js';
import { type Content, details, html, list, type Markup, section, table } from './markup.js';

const classes: Record<Verdict, string> = { lost: 'bad', worse: 'bad', better: 'good', unclear: 'faint', same: 'plain' };

/** Results of one scenario against the first of them. Differences in machine or settings are listed, not refused. */
export function comparisonSections([base, ...others]: readonly NamedResult[]): Markup[] {
  if (base === undefined) return [];
  return others.map((head, index) => comparisonSection(base, head, `compare-${index + 1}`));
}

function comparisonSection(ofBase: NamedResult, ofHead: NamedResult, id: string): Markup {
  const [base, head] = [ofBase, ofHead].map(({ name, startedAt }) => name ?? `run of ${startedAt}`) as [string, string];
  const comparison = compareResults([ofBase], [ofHead], { force: true, names: { base, head } });
  const rows = rowsInOrder(comparison).map((row): Content[] => {
    const text = rowText(row);
    const verdict = html`<span class="${classes[row.verdict]}">${row.verdict}</span>`;
    return [`${row.cell} ${text.number}`, text.base, text.head, text.change, text.interval, text.chance, verdict];
  });
  const columns = ['', 'base', 'head', 'change', '95 % interval', 'chance', 'verdict'];
  return section(
    id,
    `${comparison.scenario}: ${head} against ${base}`,
    html`<div class="headline"><p>${outcomeSentence(comparison)}</p></div><p class="faint">${premise(comparison)}</p>`,
    list([...comparison.limits, ...cautions(comparison)]),
    details(`All ${rows.length} numbers`, table(columns, rows), comparison.outcome !== 'no-regression'),
  );
}
