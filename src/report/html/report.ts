import { restartIds } from '../charts/canvas.js';
import { marksOf } from '../rows/marks.js';
import { type NamedResult, titleOf } from '../words/named-result.js';
import { answer } from './answer.js';
import { type Chapter, chapterOf } from './chapter.js';
import { comparisonSections } from './comparisons.js';
import { resourcesSection, wireSection } from './costs.js';
import { distributionsSection } from './distributions.js';
import { html, type Markup, raw } from './markup.js';
import { matrixSection } from './matrix.js';
import { noteLinks } from './names.js';
import { provenanceSection, repeatSection } from './origin.js';
import { page } from './page.js';
import {
  agentsSection,
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
  timelinesSection,
  distributionsSection,
  stagesSection,
  resourcesSection,
  wireSection,
  ledgerSection,
  calibrationSection,
  eventsSection,
  errorsSection,
  agentsSection,
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
    comparisonSections(results.filter(({ scenario }) => scenario.name === name)),
  );
  const chapters = results.map((result, index) => chapter(chapterOf(result, `r${index + 1}`)));
  return html`<header><p class="faint">mqbench</p></header>
${comparisons.length > 0 ? html`<h2>Compared</h2>${comparisons}` : undefined}${chapters}`;
}

function chapter(of: Chapter): Markup {
  const { scenario } = of.result;
  const content = sections.map((render) => render(of)).filter((part) => part !== undefined);
  return html`<article id="${of.id}">
<h1>${titleOf({ ...of.result, name: of.name })}${noteLinks(of, marksOf(of.result).notes.ofResult())}</h1>
${scenario.why === undefined ? undefined : html`<p class="why">${scenario.why}</p>`}
${answer(of)}${tableOfContents(content)}
${content}
</article>
`;
}

function tableOfContents(content: readonly Markup[]): Markup {
  const entries = content.flatMap(({ text }) => {
    const match = /<section id="([^"]+)"><h3>([^<]+)/.exec(text);
    return match ? [{ id: match[1] as string, title: raw(match[2] as string) }] : [];
  });
  return html`<nav>${entries.map(({ id, title }) => html`<a href="#${id}">${title}</a>`)}</nav>`;
}
