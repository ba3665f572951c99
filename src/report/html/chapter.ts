import type { Cell, Result } from '../../result/types.js';
import type { NamedResult } from '../words/named-result.js';

/** A result, sorted for the sections of its chapter. */
export interface Chapter {
  readonly result: Result;
  /** Which of several results it is. */
  readonly name: string | undefined;
  /** Prefix of the ids of its sections; unique in the document. */
  readonly id: string;
  /** In the order of the run; an arm's place is its colour. */
  readonly arms: readonly string[];
  readonly networks: readonly string[];
  /** Only cells that finished. */
  readonly cells: readonly Cell[];
}

export function chapterOf(result: NamedResult, id: string): Chapter {
  return {
    result,
    name: result.name,
    id,
    arms: [...new Set(result.cells.map((cell) => cell.arm))],
    networks: [...new Set(result.cells.map((cell) => cell.network.name))],
    cells: result.cells.filter((cell) => cell.status === 'finished'),
  };
}

/** Finished repeats of one arm on one network. */
export function repeatsOf(chapter: Chapter, arm: string, network: string): Cell[] {
  return chapter.cells.filter((cell) => cell.arm === arm && cell.network.name === network);
}

/** Each arm on each network that has finished repeats, network by network. */
export function groupsOf(chapter: Chapter): { arm: string; network: string; cells: Cell[] }[] {
  return chapter.networks
    .flatMap((network) => chapter.arms.map((arm) => ({ arm, network, cells: repeatsOf(chapter, arm, network) })))
    .filter((group) => group.cells.length > 0);
}
