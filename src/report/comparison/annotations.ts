import type { Comparison } from '../../compare/types.js';
import { troublesOf } from './troubles.js';
import { isInconclusive, outcomeSentence, rowSentence, rowsWith } from './words.js';

/** GitHub shows at most ten annotations of a level per step; the last one then tells how many more there are. */
const most = 10;

/**
 * Workflow commands that GitHub Actions turns into annotations, one line each
 * (https://docs.github.com/actions/reference/workflow-commands-for-github-actions).
 * @param requirePower what could not be told is an error, as the exit code says
 */
export function githubAnnotations(comparison: Comparison, { requirePower = false } = {}): string[] {
  const bad = [...rowsWith(comparison, 'lost'), ...rowsWith(comparison, 'worse')];
  const { head, method } = comparison;
  const errors = [
    ...troublesOf(head, method).map(({ cell, text }) => ({ title: cell, text })),
    ...bad.map((row) => ({ title: `${row.cell} ${row.metric}`, text: rowSentence(row) })),
  ];
  if (errors.length === 0) {
    const level = !isInconclusive(comparison) ? 'notice' : requirePower ? 'error' : 'warning';
    return [`::${level} title=mqbench::${data(outcomeSentence(comparison))}`];
  }
  const shown = errors.length > most ? errors.slice(0, most - 1) : errors;
  const lines = shown.map(({ title, text }) => `::error title=${property(`mqbench: ${title}`)}::${data(text)}`);
  const more = errors.length - shown.length;
  return more > 0
    ? [...lines, `::error title=mqbench::and ${more} more that failed, are worse or have no data`]
    : lines;
}

function data(text: string): string {
  return text.replace(/%/g, '%25').replace(/\r/g, '%0D').replace(/\n/g, '%0A');
}

function property(text: string): string {
  return data(text).replace(/:/g, '%3A').replace(/,/g, '%2C');
}
