import { label } from './judged.js';
import { repeatsToSayAnything } from './power.js';
import type { ComparisonRow } from './types.js';

/**
 * What these repeats cannot show, in sentences with numbers: "3 repeats cannot show a 5 % change; 12 would".
 * @param familySize tests that share alpha
 */
export function limitsOf(rows: readonly ComparisonRow[], familySize: number, alpha: number): string[] {
  const compared = rows.filter((row) => row.head.length > 0 && varies(row));
  if (compared.length === 0) return [];
  const fewest = Math.min(...compared.map(repeatsOf));
  const least = repeatsToSayAnything(familySize, alpha);
  const blind = compared.filter((row) => row.visibleChange > row.margin && row.verdict === 'unclear');
  if (blind.length === 0) return [];
  if (fewest < least) {
    const first = `${count(fewest)} cannot show any change among ${familySize} numbers, however large; ${least} would show a large one`;
    return [first, ...noiseSentences(blind)];
  }
  return noiseSentences(blind);
}

/** One sentence for the typical blind row, one for the noisiest: those decide how many repeats to run. */
function noiseSentences(blind: readonly ComparisonRow[]): string[] {
  // One repeat does not know how much repeats vary; a number of repeats made from that would be invented.
  const byNeed = blind
    .filter((row) => Number.isFinite(row.variation))
    .sort((a, b) => a.repeatsNeeded - b.repeatsNeeded);
  if (byNeed.length === 0) return [];
  const middle = byNeed[Math.floor((byNeed.length - 1) / 2)] as ComparisonRow;
  const last = byNeed.at(-1) as ComparisonRow;
  return [...new Set([middle, last])].map((row) => {
    const who = `${row.cell} ${label(row.metric, row.statistic)}`;
    const noise = `, which varies by ${percent(row.variation)} between repeats`;
    const would = Number.isFinite(row.repeatsNeeded)
      ? `${row.repeatsNeeded} would`
      : 'no sensible number would: run on a quieter machine, longer, or accept a wider margin';
    return `${count(repeatsOf(row))} cannot show a ${percent(row.margin)} change of ${who}${noise}; ${would}`;
  });
}

function count(repeats: number): string {
  return repeats === 1 ? '1 repeat' : `${repeats} repeats`;
}

function repeatsOf(row: ComparisonRow): number {
  return Math.min(row.base.length, row.head.length);
}

function varies(row: ComparisonRow): boolean {
  return new Set([...row.base, ...row.head]).size > 1;
}

/** "5 %", "0.35 %": two digits. */
function percent(share: number): string {
  return `${Number((share * 100).toPrecision(2))} %`;
}
