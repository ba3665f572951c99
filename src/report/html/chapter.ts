import type { Cell, Result } from '../../result/types.js';
import { type ArmCells, armsOn, networksOf } from '../rows/builders.js';
import type { NamedResult } from '../words/named-result.js';
import { armLabel } from '../words/words.js';

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
  const planned = [...new Set([...result.planned.map((cell) => cell.replace(/@.*/, '')), ...arms])];
  return {
    result,
    name: result.name,
    id,
    arms,
    colourOf: (arm) => planned.indexOf(arm),
    networks: networksOf(result),
    cells: result.cells.filter((cell) => cell.status === 'finished'),
  };
}

/** An arm on a network, with its repeats that finished. */
export interface Group extends ArmCells {
  /** "TLS 30ms" */
  readonly name: string;
}

/** Each arm that has finished repeats on a network, or, network by network, on all of them. */
export function groupsOf({ result, networks, arms }: Chapter, ...wanted: readonly string[]): Group[] {
  return (wanted.length > 0 ? wanted : networks).flatMap((network) =>
    armsOn(result, network)
      .filter(({ cells }) => cells.length > 0)
      .sort((a, b) => arms.indexOf(a.arm) - arms.indexOf(b.arm))
      .map((arm) => ({ ...arm, name: `${armLabel(arm.arm)} ${network}` })),
  );
}
