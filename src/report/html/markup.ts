import type { Chart } from '../charts/canvas.js';
import { escapeHtml } from '../words/escape.js';

/** Text that is HTML already. */
export class Markup {
  constructor(readonly text: string) {}
}

export type Content = Markup | string | number | undefined | readonly Content[];

/** Names and messages come from scenario files and from peers: what is not {@link Markup} is escaped. */
export function html(strings: TemplateStringsArray, ...values: readonly Content[]): Markup {
  return new Markup(strings.reduce((text, string, index) => text + render(values[index - 1]) + string));
}

function render(content: Content): string {
  if (content === undefined) return '';
  if (content instanceof Markup) return content.text;
  return typeof content === 'object' ? content.map(render).join('') : escapeHtml(String(content));
}

/** A value that is HTML by construction: what the chart renderer draws. */
export const raw = (text: string): Markup => new Markup(text);

export const list = (items: readonly Content[]): Markup | undefined =>
  items.length === 0 ? undefined : html`<ul>${items.map((item) => html`<li>${item}</li>`)}</ul>`;

/**
 * A table that scrolls by itself where the screen is too narrow for it. The first column names the row, and stays in sight;
 * alone, it is a heading of the rows below it.
 */
export function table(head: readonly Content[], rows: readonly (readonly Content[])[], caption?: Content): Markup {
  return html`<div class="scroll" tabindex="0"><table>${caption === undefined ? '' : html`<caption>${caption}</caption>`}
<thead><tr>${head.map((cell) => html`<th scope="col">${cell}</th>`)}</tr></thead>
<tbody>${rows.map(([first, ...others]) => rowMarkup(first, others, head.length))}</tbody></table></div>`;
}

function rowMarkup(first: Content, others: readonly Content[], columns: number): Markup {
  return others.length > 0
    ? html`<tr><th scope="row">${first}</th>${others.map((cell) => html`<td>${cell}</td>`)}</tr>
`
    : html`<tr class="group"><th scope="rowgroup">${first}</th><td colspan="${columns - 1}"></td></tr>
`;
}

export function section(id: string, title: string, ...content: readonly Content[]): Markup {
  return html`<section id="${id}"><h3>${title}</h3>
${content}
</section>
`;
}

export const details = (summary: Content, content: Content, open = false): Markup =>
  html`<details${raw(open ? ' open' : '')}><summary>${summary}</summary>${content}</details>`;

/** Long tables unfold on demand; what they add up to is said elsewhere. */
export const folded = (rows: number, what: string, content: Markup): Markup =>
  rows <= 12 ? content : details(`${what}: ${rows} rows`, content);

/** Cells of words, which are broken where they are too long, instead of numbers. */
export const words = (content: Markup): Markup => html`<div class="words">${content}</div>`;

/** Charts two by two; on a narrow screen, or with full set, one below the other. */
export function figures(charts: readonly Chart[], full = false): Markup {
  return html`<div class="charts${full ? ' full' : ''}">${charts.map(figure)}</div>`;
}

/** `hidden` gives way to the style sheet on a narrow screen, and keeps to one drawing where style sheets are blocked. */
function figure(chart: Chart): Markup {
  return html`<figure><h5>${chart.title}</h5>
<div class="wide">${raw(chart.wide)}</div>
<div class="narrow" hidden>${raw(chart.narrow)}</div>
${chart.caption === undefined ? undefined : html`<figcaption>${chart.caption}</figcaption>`}</figure>
`;
}
