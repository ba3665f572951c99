import { formatCounted } from '../base/units.js';
import type { MetricName } from '../metrics/registry.js';
import { label, onlyAfterTrouble } from './judged.js';
import { outlooks } from './stats/power.js';
import type { ComparisonRow, Method } from './types.js';

/**
 * What these repeats cannot show, in sentences with numbers: "3 repeats cannot show a 5 % change; 12 would".
 * @param familySize tests that share alpha
 */
export function limitsOf(
  rows: readonly ComparisonRow[],
  familySize: number,
  alpha: number,
  method: Method = 'ranks',
): string[] {
  const compared = rows.filter((row) => row.head.length > 0 && row.statistic !== 'present' && varies(row));
  if (compared.length === 0) return [];
  // Numbers of few repeats by their nature say nothing about how often the cells ran.
  const fewest = Math.min(...compared.filter(({ metric }) => !isRare(metric)).map(repeatsOf));
  const least = outlooks[method].least(familySize, alpha);
  const blind = compared.filter((row) => row.visibleChange > row.margin && row.verdict === 'unclear');
  if (blind.length === 0) return [];
  const among = familySize === 1 ? 'of 1 number' : `among ${familySize} numbers`;
  const any = `${count(fewest, method)} cannot show any change ${among}, however large; ${least} would show a large one`;
  return [...(fewest < least ? [any] : []), ...noiseSentences(blind, method), ...searchSentences(blind)];
}

const isRare = (metric: MetricName): boolean => onlyAfterTrouble(metric) || metric === 'rate.capacity';

/** However often the cells were repeated, each run has searched once. */
function searchSentences(blind: readonly ComparisonRow[]): string[] {
  const searched = blind.filter(({ metric, variation }) => metric === 'rate.capacity' && !Number.isFinite(variation));
  const [first] = searched;
  if (!first) return [];
  const which = searched.length === 1 ? `${first.cell} rate.capacity was` : `${searched.length} capacities were`;
  return [`${which} searched once on a side, which cannot show a change; \`mqbench ab\` searches in every round`];
}

/** One sentence for the typical blind row, one for the noisiest: those decide how many repeats to run. */
function noiseSentences(blind: readonly ComparisonRow[], method: Method): string[] {
  // One repeat does not know how much repeats vary; a number of repeats made from that would be invented.
  const byNeed = blind
    .filter((row) => Number.isFinite(row.variation))
    .sort((a, b) => a.repeatsNeeded - b.repeatsNeeded);
  if (byNeed.length === 0) return [];
  const middle = byNeed[Math.floor((byNeed.length - 1) / 2)] as ComparisonRow;
  const last = byNeed.at(-1) as ComparisonRow;
  return [...new Set([middle, last])].map((row) => {
    const who = `${row.cell} ${label(row.metric, row.statistic)}`;
    const [what, between] = method === 'rounds' ? ['whose difference', 'rounds'] : ['which', 'repeats'];
    const noise = `, ${what} varies by ${percent(row.variation)} between ${between}`;
    const would = Number.isFinite(row.repeatsNeeded)
      ? `${row.repeatsNeeded} would`
      : 'no sensible number would: run on a quieter machine, longer, or accept a wider margin';
    return `${count(repeatsOf(row), method)} cannot show a ${percent(row.margin)} change of ${who}${noise}; ${would}`;
  });
}

const count = (repeats: number, method: Method): string =>
  formatCounted(repeats, method === 'rounds' ? 'round' : 'repeat');

const repeatsOf = ({ base, head }: ComparisonRow): number => Math.min(base.length, head.length);

/** Any value of either side differs from the others. */
export const varies = ({ base, head }: Pick<ComparisonRow, 'base' | 'head'>): boolean =>
  [...base, ...head].some((value) => value !== base[0]);

/** "5 %", "0.35 %": two digits. */
function percent(share: number): string {
  return `${Number((share * 100).toPrecision(2))} %`;
}
