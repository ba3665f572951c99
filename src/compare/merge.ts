import type { Cell, ExpectationOutcome, Result } from '../result/types.js';
import { circumstanceDifferences } from './circumstances.js';
import { cellOfId } from './observations.js';

/**
 * Several runs of one scenario as one result with more repeats: what `ab` leaves in a folder.
 * @returns undefined when they are not of one kind (another machine, kernel, scenario, setting or version)
 */
export function mergeRepeats(results: readonly Result[]): Result | undefined {
  const [first, ...others] = results;
  if (!first) return undefined;
  if (others.length === 0) return first;
  if (circumstanceDifferences([first], others).length > 0) return undefined;
  const sorted = [...results].sort((a, b) => a.startedAt.localeCompare(b.startedAt));
  const earliest = sorted[0] as Result;
  const searches = sorted.flatMap((result) => result.searches ?? []);
  return {
    ...earliest,
    finishedAt: sorted.at(-1)?.finishedAt,
    status: sorted.find((result) => result.status !== 'finished')?.status ?? 'finished',
    planned: renumber(sorted.flatMap((result) => result.planned)),
    cells: renumberCells(sorted.flatMap((result) => result.cells)),
    // All of them: each run searched for itself, so an arm's capacity was found as often as there are runs.
    searches: searches.length > 0 ? searches : undefined,
    expectations: mergeExpectations(sorted),
    doubts: sorted.flatMap((result) => result.doubts),
  };
}

/** `a, b, a` becomes `a, b, a#2`. */
function renumber(ids: readonly string[]): string[] {
  const seen = new Map<string, number>();
  return ids.map((id) => {
    const cell = cellOfId(id);
    const repeat = (seen.get(cell) ?? 0) + 1;
    seen.set(cell, repeat);
    return repeat === 1 ? cell : `${cell}#${repeat}`;
  });
}

function renumberCells(cells: readonly Cell[]): Cell[] {
  const ids = renumber(cells.map((cell) => cell.id));
  return cells.map((cell, index) => {
    const id = ids[index] as string;
    return { ...cell, id, repeat: Number(/#(\d+)$/.exec(id)?.[1] ?? 1) };
  });
}

/** Worst first: one run that missed it is enough. */
const severity: readonly ExpectationOutcome['outcome'][] = ['missed', 'no-data', 'unsupported', 'held'];

function mergeExpectations(results: readonly Result[]): ExpectationOutcome[] {
  const texts = [...new Set(results.flatMap((result) => result.expectations.map(({ text }) => text)))];
  return texts.map((text) => {
    const all = results.flatMap((result) => result.expectations.filter((expectation) => expectation.text === text));
    const worst = [...all].sort((a, b) => severity.indexOf(a.outcome) - severity.indexOf(b.outcome))[0]!;
    const alike = all.filter(({ outcome }) => outcome === worst.outcome).length;
    const often = alike === all.length ? `all ${alike} runs` : `${alike} of ${all.length} runs`;
    return { ...worst, found: `${worst.found} (${worst.outcome} in ${often}; this is the first of them)` };
  });
}
