import { formatCounted } from '../../base/units.js';
import type { ExpectationOutcome } from '../../result/types.js';
import { headline } from '../headline/headline.js';
import { cubeOf, gridsBy } from '../rows/cube.js';
import { marksOf } from '../rows/marks.js';
import { pointOf } from '../rows/point.js';
import { failures } from '../words/client-errors.js';
import { noteMarks } from '../words/doubts.js';
import { heldWords, outcomeMarks, provenanceLine } from '../words/words.js';
import type { Chapter } from './chapter.js';
import { type Content, figures, folded, html, list, type Markup } from './markup.js';
import { gridTable, noteLinks } from './names.js';
import { pointChart } from './point-chart.js';
import { outcomeClass } from './records.js';

/** More networks than these are rows of a table for each number; fewer are tables beside each other. */
const mostTables = 4;

/** The first screen: what was expected and came true, what the result says in words, the chart that shows it, and its rows. */
export function answer(chapter: Chapter): Markup {
  const { result } = chapter;
  const chart = pointChart(chapter);
  const failed = failures(result.cells).map((sentence) => html`<span class="bad">Failed: ${sentence}</span>`);
  return html`<div class="answer${chart ? ' with-chart' : ''}">
<div>${list(failed)}${verdicts(chapter)}
<div class="headline">${headline(result).map((sentence) => html`<p>${withLinks(unbroken(sentence), chapter)}</p>`)}${caveat(chapter)}</div></div>
${chart && figures([chart], true)}</div>
${pointTables(chapter)}${onPaper(chapter)}
`;
}

/** A print is this one page: what its marks mean, and where the numbers are from, has to be on it. */
function onPaper({ result }: Chapter): Markup {
  const { notes } = marksOf(result);
  const lines = notes.inBrief(notes.codes().map(({ note }) => note));
  return html`<div class="paper faint">${lines.map((line) => html`<p>${line}</p>`)}<p>${provenanceLine(result)}; ${result.startedAt}. Every number is in report.html.</p></div>`;
}

/** What did not hold comes first, with what was found. */
const order: readonly ExpectationOutcome['outcome'][] = ['missed', 'no-data', 'unsupported', 'held'];
const signs = { held: '✓', missed: '✗', 'no-data': '✗', unsupported: '–' } as const;

function verdicts({ result: { expectations } }: Chapter): Markup | undefined {
  if (expectations.length === 0) return undefined;
  const { text, isGood } = heldWords(expectations);
  const lines = order.flatMap((one) => expectations.filter(({ outcome }) => outcome === one)).map(verdict);
  return html`<p class="verdict ${isGood ? 'good' : 'bad'}">${text}</p><ul class="verdicts">${lines}</ul>`;
}

function verdict({ text, outcome, found }: ExpectationOutcome): Markup {
  const more = outcome === 'held' ? undefined : html` <small>${outcomeMarks[outcome]}: ${found}</small>`;
  return html`<li><span class="${outcomeClass[outcome]}">${signs[outcome]}</span> ${text}${more}</li>`;
}

/** The numbers that are the point, as the terminal shows them. */
function pointTables(chapter: Chapter): Markup | undefined {
  const cube = cubeOf(chapter.result, pointOf(chapter.result), true);
  if (cube.numbers.length === 0) return undefined;
  const grids =
    cube.networks.length > mostTables ? gridsBy(cube, 'number', 'network') : gridsBy(cube, 'network', 'number');
  return html`<div class="tables">${grids.map((grid) => {
    const { corner, rows } = grid;
    if (corner.number === undefined) return gridTable(chapter, { ...grid, corner: { text: '' } }, corner.text);
    return folded(rows.length, corner.text, gridTable(chapter, grid));
  })}</div>`;
}

/** Marks such as "?1,3" lead to their doubts. */
function withLinks(sentence: string, chapter: Chapter): readonly Content[] {
  return sentence.split(noteMarks).map((part, index) => {
    return index % 2 === 0 ? part : noteLinks(chapter, part.split(',').map(Number));
  });
}

/** A number and its unit stay on one line. */
function unbroken(sentence: string): string {
  return sentence.replace(/(\d) (?=(?:ms|s|m|%|[KMG]?B)\b)/g, '$1\u00a0');
}

/** How much of a grain of salt, in sight of the headline. */
function caveat({ result, id }: Chapter): Markup | undefined {
  const doubts = marksOf(result).notes.codes().length;
  if (doubts === 0) return undefined;
  return html`<p><a href="#${id}-doubts">${formatCounted(doubts, 'kind of doubt', 'kinds of doubt')} to read first</a>.</p>`;
}
