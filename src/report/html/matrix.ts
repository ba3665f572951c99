import type { ComparisonRow } from '../../compare/types.js';
import { metrics } from '../../metrics/registry.js';
import type { NumberName } from '../../result/types.js';
import { armDifferences } from '../comparison/arms.js';
import { rowText } from '../comparison/quantity.js';
import { type ArmCells, armsOn, type Row, type Section } from '../rows/builders.js';
import { bestMeaning, type MarkedValue, type Marks, marksOf, readingOf } from '../rows/marks.js';
import { sectionsOf } from '../rows/rows.js';
import { armLabel, networkTitle } from '../words/words.js';
import type { Chapter } from './chapter.js';
import { type Content, groupedTable, html, type Markup, section } from './markup.js';
import { armHead, rowHead } from './names.js';
import { noteLinks } from './note-links.js';

/** Few resamples are enough for an interval that is read, not tested. */
const resamples = 400;

/** The rows of one network, in the sections that every output has. */
interface Block {
  readonly network: string;
  readonly arms: readonly ArmCells[];
  readonly sections: readonly Section[];
}

/** Every number of the arms side by side, per network, each with its difference from the first arm and the interval of it. */
export function matrixSection(chapter: Chapter): Markup | undefined {
  const { result, id, cells } = chapter;
  const [reference, ...others] = chapter.arms;
  if (reference === undefined || cells.length === 0) return undefined;
  const blocks = chapter.networks.map((network): Block => {
    const arms = armsOn(result, network).filter((arm) => arm.cells.length > 0);
    return { network, arms, sections: sectionsOf(arms) };
  });
  const differences = differencesOf(chapter, reference, others, blocks);
  const repeats = Math.max(...cells.map((cell) => cell.repeat));
  const against =
    others.length === 0
      ? ''
      : ` Small print: difference from ${armLabel(reference)} per repeat, with its 95 % interval${repeats < 2 ? ', which needs at least 2 repeats' : ''}.`;
  const reading = readingOf(result);
  return section(
    `${id}-matrix`,
    'Every number, side by side',
    html`<p class="faint">${reading[0]?.toUpperCase()}${reading.slice(1)}. ★ is the ${bestMeaning}; ? leads to a doubt. The name of a row tells, when pointed at, what mqbench calls the number and what it means.${against}</p>`,
    blocks.map((block) => networkTable(chapter, block, differences, marksOf(result))),
  );
}

function networkTable(
  chapter: Chapter,
  { network, arms, sections }: Block,
  differences: ReturnType<typeof differencesOf>,
  marks: Marks,
): Markup {
  const groups = sections.map(({ heading, rows }) => ({
    heading,
    rows: rows.map((row): Content[] => [
      rowHead(row),
      ...marks.ofRow(arms, row).map((value, i) => {
        const { arm } = arms[i] as ArmCells;
        const difference = row.number && differences(arm, network, row.number);
        return html`${valueMarkup(value, chapter.id)}${value.text === '-' ? undefined : differenceText(difference)}`;
      }),
    ]),
  }));
  const heads = arms.map(({ arm, cells }) => armHead(chapter, arm, marks.notes.ofCells(cells)));
  return html`<details><summary>${networkTitle(chapter.cells, network)}: ${rowCount(sections)} rows</summary>${groupedTable(['', ...heads], groups)}</details>`;
}

const rowCount = (sections: readonly Section[]): number => sections.reduce((sum, { rows }) => sum + rows.length, 0);

/** A number with its star and its doubts. */
export function valueMarkup({ text, best, notes }: MarkedValue, chapterId: string): Markup {
  return html`<span class="${best ? 'best' : 'plain'}">${text}</span>${noteLinks(chapterId, notes)}`;
}

/** All of one family: p is corrected for everything that the section shows. */
function differencesOf({ result }: Chapter, reference: string, others: readonly string[], blocks: readonly Block[]) {
  const rows = blocks.flatMap(({ sections }) => sections.flatMap((one) => one.rows));
  return armDifferences(result, [reference, others], rows.map(({ number }) => number).filter(isJudgeable), resamples);
}

/** P99 and the largest vary too much from repeat to repeat for an interval that says anything. */
type Judgeable = NumberName & { readonly statistic: 'p50' | 'p95' | 'value' };

const isJudgeable = (number: Row['number']): number is Judgeable =>
  number !== undefined &&
  metrics[number.metric].better !== 'none' &&
  ['p50', 'p95', 'value'].includes(number.statistic);

function differenceText(row: ComparisonRow | undefined): Content {
  // The difference of what is at least so large is not known.
  if (!row?.difference || row.atLeast) return undefined;
  const { change, interval } = rowText(row);
  if (change === '0' || change === '0 %') return undefined;
  return html`<small>${change}${interval === '' ? '' : ` (${interval})`}</small>`;
}
