import { restartIds } from '../charts/canvas.js';
import { headline } from '../headline/headline.js';
import { marksOf } from '../rows/marks.js';
import { failures } from '../words/client-errors.js';
import { type NamedResult, titleOf } from '../words/named-result.js';
import { type Chapter, chapterOf } from './chapter.js';
import { comparisonSections } from './comparisons.js';
import { resourcesSection, wireSection } from './costs.js';
import { distributionsSection } from './distributions.js';
import { type Content, html, type Markup, raw } from './markup.js';
import { matrixSection } from './matrix.js';
import { noteLinks } from './note-links.js';
import { provenanceSection, repeatSection } from './origin.js';
import { page } from './page.js';
import {
  calibrationSection,
  doubtsSection,
  errorsSection,
  eventsSection,
  expectationsSection,
  ledgerSection,
} from './records.js';
import { stagesSection } from './stages.js';
import { timelinesSection } from './timelines.js';

/** In the order of a reader's questions: what came out, how sure is it, why, under which circumstances. */
const sections: readonly ((chapter: Chapter) => Markup | undefined)[] = [
  expectationsSection,
  matrixSection,
  distributionsSection,
  timelinesSection,
  stagesSection,
  resourcesSection,
  wireSection,
  ledgerSection,
  calibrationSection,
  eventsSection,
  errorsSection,
  doubtsSection,
  provenanceSection,
  repeatSection,
];

/**
 * report.html: one file that needs no network and no script. Several results get a chapter
 * each; those of one scenario are also compared, the first being the base.
 */
export function renderHtml(results: readonly NamedResult[]): string {
  const titles = [...new Set(results.map((result) => result.scenario.title))];
  return page(titles.join(', ') || 'mqbench', reportBody(results));
}

/** The same without the document around it; the live view replaces it as the run goes on. */
export function reportBody(results: readonly NamedResult[]): Markup {
  restartIds();
  const scenarios = [...new Set(results.map((result) => result.scenario.name))];
  const comparisons = scenarios.flatMap((name) =>
    comparisonSections(results.filter((result) => result.scenario.name === name)),
  );
  const chapters = results.map((result, index) => chapter(chapterOf(result, `r${index + 1}`)));
  return html`<header><p class="faint">mqbench</p></header>
${comparisons.length > 0 ? html`<h2>Compared</h2>${comparisons}` : undefined}${chapters}`;
}

function chapter(of: Chapter): Markup {
  const { scenario } = of.result;
  const content = sections.map((render) => render(of)).filter((part) => part !== undefined);
  return html`<article id="${of.id}">
<h1>${titleOf({ ...of.result, name: of.name })}${noteLinks(of.id, marksOf(of.result).notes.ofResult())}</h1>
${scenario.why === undefined ? undefined : html`<p>${scenario.why}</p>`}
${failed(of)}<div class="headline">${headline(of.result).map((sentence) => html`<p>${withLinks(unbroken(sentence), of.id)}</p>`)}${caveat(of)}</div>
${tableOfContents(content)}
${content}
</article>
`;
}

/** Why the run is no success whatever its numbers are. */
function failed({ result }: Chapter): Markup | undefined {
  const sentences = failures(result.cells);
  if (sentences.length === 0) return undefined;
  return html`<ul>${sentences.map((sentence) => html`<li class="bad">Failed: ${sentence}</li>`)}</ul>`;
}

/** Marks such as "?1,3" lead to their doubts. */
function withLinks(sentence: string, chapter: string): readonly Content[] {
  return sentence.split(/ \?(\d+(?:,\d+)*)/).map((part, index) => {
    return index % 2 === 0 ? part : noteLinks(chapter, part.split(',').map(Number));
  });
}

/** A number and its unit stay on one line. */
function unbroken(sentence: string): string {
  return sentence.replace(/(\d) (?=(?:ms|s|m|%|[KMG]?B)\b)/g, '$1\u00a0');
}

/** How much of a grain of salt, in sight of the headline. */
function caveat({ result, id }: Chapter): Markup | undefined {
  const doubts = marksOf(result).notes.sentences().length;
  const missed = result.expectations.filter(({ outcome }) => outcome === 'missed' || outcome === 'no-data').length;
  const parts = [
    missed > 0
      ? html`<a href="#${id}-expectations">${missed} of ${result.expectations.length} expectations not met</a>`
      : undefined,
    doubts > 0
      ? html`<a href="#${id}-doubts">${doubts} ${doubts === 1 ? 'doubt' : 'doubts'} to read first</a>`
      : undefined,
  ].filter((part) => part !== undefined);
  if (parts.length === 0) return undefined;
  return html`<p>${parts.map((part, index) => html`${index > 0 ? '; ' : ''}${part}`)}.</p>`;
}

function tableOfContents(content: readonly Markup[]): Markup {
  const entries = content.flatMap(({ text }) => {
    const match = /<section id="([^"]+)"><h3>([^<]+)/.exec(text);
    return match ? [{ id: match[1] as string, title: raw(match[2] as string) }] : [];
  });
  return html`<nav>${entries.map(({ id, title }) => html`<a href="#${id}">${title}</a>`)}</nav>`;
}
