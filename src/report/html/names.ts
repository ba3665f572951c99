import { metrics } from '../../metrics/registry.js';
import type { NumberName } from '../../result/types.js';
import type { Grid, Head } from '../rows/cube.js';
import type { MarkedValue } from '../rows/marks.js';
import type { Chapter } from './chapter.js';
import { type Content, html, type Markup, table } from './markup.js';

/** The id of a note in the list of doubts. @param chapter prefix of its ids */
export const noteId = (chapter: string, note: number): string => `${chapter}-doubt-${note}`;

/** " ?3 ?5", each leading to its doubt. */
export function noteLinks({ id }: Pick<Chapter, 'id'>, notes: readonly number[] = []): readonly Markup[] {
  return notes.map((note) => html` <a class="warn" href="#${noteId(id, note)}">?${note}</a>`);
}

/** A table of numbers. @param small what stands below a number in small print */
export function gridTable(
  chapter: Chapter,
  { corner, heads, rows }: Grid,
  caption?: string,
  small: (number: Head['number'], place: number) => Content = () => undefined,
): Markup {
  const lines = rows.map(({ head, faint, values }) =>
    faint
      ? [head.text, ...values.map(({ text }) => text)].map((text) => html`<span class="faint">${text}</span>`)
      : [
          headMarkup(chapter, head),
          ...values.map((value, i) => [
            valueMarkup(chapter, value),
            value.text === '-' ? undefined : small(head.number, i),
          ]),
        ],
  );
  return table(
    [corner, ...heads].map((head) => headMarkup(chapter, head)),
    lines,
    caption,
  );
}

/** A number with its star and its doubts. */
function valueMarkup(chapter: Chapter, { text, best, notes }: MarkedValue): Markup {
  return html`<span class="${best ? 'best' : 'plain'}">${text}</span>${noteLinks(chapter, notes)}`;
}

/** An arm in its colour, or a number with what mqbench calls it and what it means; with the doubts about all beside it. */
function headMarkup(chapter: Chapter, { text, notes, arm, number }: Head): Content {
  if (number !== undefined) {
    return html`<span title="${registryName(number)}: ${metrics[number.metric].meaning}">${text}</span>`;
  }
  const name = arm === undefined ? text : html`<span class="arm arm${(chapter.colourOf(arm) % 8) + 1}">${text}</span>`;
  return [name, noteLinks(chapter, notes)];
}

/** As expectations name it: `sensors.after.publish.ack.p95`. */
function registryName({ metric, statistic, window, fleet }: NumberName): string {
  return [fleet, window, metric, statistic === 'value' ? undefined : statistic].filter((part) => part).join('.');
}
