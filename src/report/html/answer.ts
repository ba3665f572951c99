import { formatCounted } from '../../base/units.js';
import type { ExpectationOutcome } from '../../result/types.js';
import { headline } from '../headline/headline.js';
import { type Cube, type CubeRow, cubeOf, entryAt } from '../rows/cube.js';
import { marksOf } from '../rows/marks.js';
import { pointOf } from '../rows/point.js';
import { failures } from '../words/client-errors.js';
import { noteMarks } from '../words/doubts.js';
import { heldText, outcomeMarks, provenanceLine } from '../words/words.js';
import type { Chapter } from './chapter.js';
import { figures } from './figure.js';
import { type Content, folded, html, type Markup, table } from './markup.js';
import { valueMarkup } from './matrix.js';
import { armHead, numberHead } from './names.js';
import { noteLinks } from './note-links.js';
import { pointChart } from './point-chart.js';
import { outcomeClass } from './records.js';

/** More networks than these are rows of a table for each number; fewer are tables beside each other. */
const mostTables = 4;

/** The first screen: what was expected and came true, what the result says in words, the chart that shows it, and its rows. */
export function answer(chapter: Chapter): Markup {
  const chart = pointChart(chapter);
  return html`<div class="answer${chart ? ' with-chart' : ''}">
<div>${failed(chapter)}${verdicts(chapter)}
<div class="headline">${headline(chapter.result).map((sentence) => html`<p>${withLinks(unbroken(sentence), chapter.id)}</p>`)}${caveat(chapter)}</div></div>
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

/** Why the run is no success whatever its numbers are. */
function failed({ result }: Chapter): Markup | undefined {
  const sentences = failures(result.cells);
  if (sentences.length === 0) return undefined;
  return html`<ul>${sentences.map((sentence) => html`<li class="bad">Failed: ${sentence}</li>`)}</ul>`;
}

/** What did not hold comes first, with what was found. */
const order: readonly ExpectationOutcome['outcome'][] = ['missed', 'no-data', 'unsupported', 'held'];
const signs = { held: '✓', missed: '✗', 'no-data': '✗', unsupported: '–' } as const;

function verdicts({ result: { expectations } }: Chapter): Markup | undefined {
  if (expectations.length === 0) return undefined;
  const held = expectations.filter(({ outcome }) => outcome === 'held').length;
  const lines = order.flatMap((one) => expectations.filter(({ outcome }) => outcome === one)).map(verdict);
  return html`<p class="verdict ${held === expectations.length ? 'good' : 'bad'}">${heldText(expectations)}</p><ul class="verdicts">${lines}</ul>`;
}

function verdict({ text, outcome, found }: ExpectationOutcome): Markup {
  const more = outcome === 'held' ? undefined : html` <small>${outcomeMarks[outcome]}: ${found}</small>`;
  return html`<li><span class="${outcomeClass[outcome]}">${signs[outcome]}</span> ${text}${more}</li>`;
}

/** The numbers that are the point, as the terminal shows them. */
function pointTables(chapter: Chapter): Markup | undefined {
  const { result } = chapter;
  const cube = cubeOf(result, marksOf(result), pointOf(result), true);
  if (cube.numbers.length === 0) return undefined;
  const tables =
    cube.networks.length > mostTables
      ? cube.numbers.map((row) => numberTable(chapter, cube, row))
      : cube.networks.map((_, network) => networkTable(chapter, cube, network));
  return html`<div class="tables">${tables}</div>`;
}

function networkTable(chapter: Chapter, { networks, numbers }: Cube, network: number): Markup {
  const { title = '', notes = [] } = networks[network] ?? {};
  const heads = chapter.arms.map((arm, i) => armHead(chapter, arm, notes[i] ?? []));
  const rows = numbers.map(({ label, isTheory, number, entries }): Content[] => [
    isTheory ? html`<span class="faint">${label}</span>` : numberHead(label, number),
    ...chapter.arms.map((_, arm) => {
      const { beside } = entryAt(entries, network, arm);
      return isTheory ? html`<span class="faint">${beside.text}</span>` : valueMarkup(beside, chapter.id);
    }),
  ]);
  return table(['', ...heads], rows, title);
}

function numberTable(chapter: Chapter, { networks }: Cube, { label, number, entries }: CubeRow): Markup {
  const heads = chapter.arms.map((arm) => armHead(chapter, arm, []));
  const rows = networks.map(({ name }, network): Content[] => [
    name,
    ...chapter.arms.map((_, arm) => valueMarkup(entryAt(entries, network, arm).alone, chapter.id)),
  ]);
  return folded(rows.length, label, table([numberHead(label, number), ...heads], rows));
}

/** Marks such as "?1,3" lead to their doubts. */
function withLinks(sentence: string, chapter: string): readonly Content[] {
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
