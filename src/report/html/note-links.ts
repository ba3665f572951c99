import { html, type Markup } from './markup.js';

/** The id of a note in the list of doubts. @param chapter prefix of its ids */
export const noteId = (chapter: string, note: number): string => `${chapter}-doubt-${note}`;

/** " ?3 ?5", each leading to its doubt. */
export function noteLinks(chapter: string, notes: readonly number[]): readonly Markup[] {
  return notes.map((note) => html` <a class="warn" href="#${noteId(chapter, note)}">?${note}</a>`);
}
