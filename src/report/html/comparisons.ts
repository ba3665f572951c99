import { compareResults } from '../../compare/compare.js';
import type { Comparison, Verdict } from '../../compare/types.js';
import { rowText } from '../comparison/quantity.js';
import { cautions, outcomeSentence, premise, verdictOrder } from '../comparison/words.js';
import type { NamedResult } from '../words/named-result.js';
import { type Content, html, type Markup, section, table } from './markup.js';

const classes: Record<Verdict, string> = { lost: 'bad', worse: 'bad', better: 'good', unclear: 'faint', same: 'plain' };

/** Results of one scenario against the first of them. Differences in machine or settings are listed, not refused. */
export function comparisonSections(results: readonly NamedResult[]): Markup[] {
  const [base, ...others] = results;
  return base ? others.map((head, index) => comparisonSection(compare(base, head), `compare-${index + 1}`)) : [];
}

function compare(base: NamedResult, head: NamedResult): Comparison {
  const nameOf = ({ name, startedAt }: NamedResult): string => name ?? `run of ${startedAt}`;
  const names = { base: nameOf(base), head: nameOf(head) };
  return compareResults([base], [head], { force: true, names });
}

function comparisonSection(comparison: Comparison, id: string): Markup {
  const rows = verdictOrder
    .flatMap((verdict) => comparison.rows.filter((row) => row.verdict === verdict))
    .map((row): Content[] => {
      const { number, base, head, change, interval, chance } = rowText(row);
      const verdict = html`<span class="${classes[row.verdict]}">${row.verdict}</span>`;
      return [`${row.cell} ${number}`, base, head, change, interval, chance, verdict];
    });
  const notes = [...comparison.limits, ...cautions(comparison)];
  return section(
    id,
    `${comparison.scenario}: ${comparison.head.name} against ${comparison.base.name}`,
    html`<div class="headline"><p>${outcomeSentence(comparison)}</p></div><p class="faint">${premise(comparison)}</p>`,
    notes.length > 0 ? html`<ul>${notes.map((note) => html`<li>${note}</li>`)}</ul>` : undefined,
    html`<details${comparison.outcome === 'no-regression' ? '' : html` open`}><summary>All ${rows.length} numbers</summary>${table(
      ['', 'base', 'head', 'change', '95 % interval', 'chance', 'verdict'],
      rows,
    )}</details>`,
  );
}
