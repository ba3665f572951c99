import type { ComparisonRow } from '../../compare/types.js';
import { metrics } from '../../metrics/registry.js';
import { armDifferences, type ComparedNumber, isCompared } from '../comparison/arms.js';
import { rowText } from '../comparison/quantity.js';
import { blocksOf } from '../rows/blocks.js';
import type { Head } from '../rows/cube.js';
import { bestMeaning, readingOf, repeatCount } from '../rows/marks.js';
import { armLabel } from '../words/words.js';
import type { Chapter } from './chapter.js';
import { type Content, details, html, type Markup, section } from './markup.js';
import { gridTable } from './names.js';

/** Few resamples are enough for an interval that is read, not tested. */
const resamples = 400;

/** Every number of the arms side by side, per network, each with its difference from the first arm and the interval of it. */
export function matrixSection(chapter: Chapter): Markup | undefined {
  const { result, id, cells } = chapter;
  const [reference, ...others] = chapter.arms;
  if (reference === undefined || cells.length === 0) return undefined;
  const blocks = blocksOf(result);
  const numbers = blocks.flatMap(({ grid }) => grid.rows.map(({ head }) => head.number));
  // All of one family: p is corrected for everything that the section shows.
  const differences = armDifferences(result, [reference, others], numbers.filter(isJudgeable), resamples);
  const against =
    others.length === 0
      ? ''
      : ` Small print: difference from ${armLabel(reference)} per repeat, with its 95 % interval${repeatCount({ cells }) < 2 ? ', which needs at least 2 repeats' : ''}.`;
  const reading = readingOf(result);
  return section(
    `${id}-matrix`,
    'Every number, side by side',
    html`<p class="faint">${reading[0]?.toUpperCase()}${reading.slice(1)}. ★ is the ${bestMeaning}; ? leads to a doubt. The name of a row tells, when pointed at, what mqbench calls the number and what it means.${against}</p>`,
    blocks.map(({ network, grid }) => {
      const { corner, heads, rows } = grid;
      const count = rows.filter(({ values }) => values.length > 0).length;
      const small = (number: Head['number'], place: number): Content =>
        number && differenceText(differences(heads[place]?.arm as string, network, number));
      const drawn = gridTable(chapter, { ...grid, corner: { text: '' } }, undefined, small);
      return details(`${corner.text}: ${count} rows`, drawn);
    }),
  );
}

/** P99 and the largest vary too much from repeat to repeat for an interval that says anything. */
const isJudgeable = (number: Head['number']): number is ComparedNumber =>
  number !== undefined && isCompared(number) && number.statistic !== 'p99' && metrics[number.metric].better !== 'none';

function differenceText(row: ComparisonRow | undefined): Content {
  // The difference of what is at least so large is not known.
  if (!row?.difference || row.atLeast) return undefined;
  const { change, interval } = rowText(row);
  if (change === '0' || change === '0 %') return undefined;
  return html`<small>${change}${interval === '' ? '' : ` (${interval})`}</small>`;
}
