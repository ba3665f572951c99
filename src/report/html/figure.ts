import type { Chart } from '../charts/canvas.js';
import { html, type Markup, raw } from './markup.js';

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
