import { metrics } from '../../metrics/registry.js';
import type { NumberName } from '../../result/types.js';
import type { Row } from '../rows/builders.js';
import { armLabel } from '../words/words.js';
import type { Chapter } from './chapter.js';
import { html, type Markup } from './markup.js';
import { noteLinks } from './note-links.js';

/** What a row is called; what mqbench calls the number, and what it means, where somebody points at it. */
export function rowHead({ label, detail, number }: Row): Markup {
  const name = detail === '' ? label : `${label} ${detail}`;
  return number ? numberHead(name, number) : html`<span class="faint">${name}</span>`;
}

export function numberHead(name: string, number: NumberName): Markup {
  return html`<span title="${registryName(number)}: ${metrics[number.metric].meaning}">${name}</span>`;
}

/** As expectations name it: `after.publish.ack.p95`. */
function registryName({ metric, statistic, window }: NumberName): string {
  return `${window === undefined ? '' : `${window}.`}${metric}${statistic === 'value' ? '' : `.${statistic}`}`;
}

/** An arm in its colour, with the doubts about all of its numbers. */
export function armHead(chapter: Chapter, arm: string, notes: readonly number[]): Markup {
  return html`<span class="arm arm${(chapter.colourOf(arm) % 8) + 1}">${armLabel(arm)}</span>${noteLinks(chapter.id, notes)}`;
}
