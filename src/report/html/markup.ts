/** Text that is HTML already. */
export class Markup {
  constructor(readonly text: string) {}
}

export type Content = Markup | string | number | undefined | readonly Content[];

const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

/** Names and messages come from scenario files and from peers: what is not {@link Markup} is escaped. */
export function html(strings: TemplateStringsArray, ...values: readonly Content[]): Markup {
  return new Markup(strings.reduce((text, string, index) => text + render(values[index - 1]) + string));
}

function render(content: Content): string {
  if (content === undefined) return '';
  if (content instanceof Markup) return content.text;
  if (typeof content === 'object') return content.map(render).join('');
  return String(content).replace(/[&<>"']/g, (character) => entities[character] as string);
}

/** A value that is HTML by construction: what the chart renderer draws. */
export function raw(text: string): Markup {
  return new Markup(text);
}

type Rows = readonly (readonly Content[])[];

/** A table that scrolls by itself where the screen is too narrow for it. The first column names the row, and stays in sight. */
export function table(head: readonly Content[], rows: Rows, caption?: Content): Markup {
  return groupedTable(head, [{ rows }], caption);
}

/** The same with a heading above the rows of each group. */
export function groupedTable(
  head: readonly Content[],
  groups: readonly { readonly heading?: string; readonly rows: Rows }[],
  caption?: Content,
): Markup {
  return html`<div class="scroll" tabindex="0"><table>${caption === undefined ? '' : html`<caption>${caption}</caption>`}
<thead><tr>${head.map((cell) => html`<th scope="col">${cell}</th>`)}</tr></thead>
${groups.map(({ heading, rows }) => html`<tbody>${groupHead(heading, head.length)}${rows.map(rowMarkup)}</tbody>`)}</table></div>`;
}

function groupHead(heading: string | undefined, columns: number): Markup | undefined {
  if (heading === undefined) return undefined;
  return html`<tr class="group"><th scope="rowgroup">${heading}</th><td colspan="${columns - 1}"></td></tr>
`;
}

function rowMarkup([first, ...others]: readonly Content[]): Markup {
  return html`<tr><th scope="row">${first}</th>${others.map((cell) => html`<td>${cell}</td>`)}</tr>
`;
}

export function section(id: string, title: string, ...content: readonly Content[]): Markup {
  return html`<section id="${id}"><h3>${title}</h3>
${content}
</section>
`;
}

/** Long tables unfold on demand; what they add up to is said elsewhere. */
export function folded(rows: number, what: string, content: Markup): Markup {
  return rows <= 12 ? content : html`<details><summary>${what}: ${rows} rows</summary>${content}</details>`;
}
