import { createHash } from 'node:crypto';
import { html, type Markup, raw } from '../html/markup.js';
import { page } from '../html/page.js';

/**
 * All the script there is: it puts what the server has rendered into its place, and says
 * when the server is gone. Opened details stay open.
 */
const script = `
const put = (id) => (event) => {
  const place = document.getElementById(id);
  const open = new Set([...place.querySelectorAll('details[open] > summary')].map((one) => one.textContent));
  const first = place.childElementCount === 0;
  place.innerHTML = JSON.parse(event.data);
  if (first) return;
  for (const one of place.querySelectorAll('details > summary')) one.parentElement.open = open.has(one.textContent);
};
const source = new EventSource('/events');
source.addEventListener('progress', put('progress'));
source.addEventListener('report', put('report'));
source.addEventListener('end', () => {
  source.close();
  document.getElementById('state').textContent = 'The run has ended; this page stays as it is.';
});
source.onerror = () => {
  document.getElementById('state').textContent = 'No connection to the run.';
};
source.onopen = () => {
  document.getElementById('state').textContent = 'Live.';
};
`;

/** The page of the live view. Without scripts it shows the state of now, and loads itself again every 5 s. */
export function livePage(title: string, progress: Markup, report: Markup): string {
  const hash = createHash('sha256').update(script).digest('base64');
  return page(
    `${title} (live)`,
    html`<header><h1>${title}</h1><p class="faint" id="state">As it was when this page was loaded.</p></header>
<div id="progress">${progress}</div>
<div id="report">${report}</div>
<script>${raw(script)}</script>`,
    `; script-src 'sha256-${hash}'; connect-src 'self'`,
    raw('<noscript><meta http-equiv="refresh" content="5"></noscript>'),
  );
}
