import type { Cell, Result } from '../../result/types.js';
import type { NamedResult } from '../words/named-result.js';

/** A result, sorted for the sections of its chapter. */
export interface Chapter {
  readonly result: Result;
  /** Which of several results it is. */
  readonly name: string | undefined;
  /** Prefix of the ids of its sections; unique in the document. */
  readonly id: string;
  /** In the order of the run. */
  readonly arms: readonly string[];
  /** An arm has the same colour everywhere, also while others have not run yet: its place among the planned ones. */
  readonly colourOf: (arm: string) => number;
  readonly networks: readonly string[];
  /** Only cells that finished. */
  readonly cells: readonly Cell[];
}

export function chapterOf(result: NamedResult, id: string): Chapter {
  const arms = [...new Set(result.cells.map((cell) => cell.arm))];
  const planned = [...new Set([...result.planned.map(armOfId), ...arms])];
  return {
    result,
    name: result.name,
    id,
    arms,
    colourOf: (arm) => planned.indexOf(arm),
    networks: [...new Set(result.cells.map((cell) => cell.network.name))],
    cells: result.cells.filter((cell) => cell.status === 'finished'),
  };
}

/** The arm of a planned cell's id, `tls@30ms#2`. */
const armOfId = (id: string): string => id.replace(/@.*/, '');

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
