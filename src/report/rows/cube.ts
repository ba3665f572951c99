import type { NumberName, Result } from '../../result/types.js';
import { armLabel, networkTitle } from '../words/words.js';
import { type ArmCells, armsOn, numberRow, type Row, theoryRow } from './builders.js';
import type { MarkedValue, Marks } from './marks.js';
import { fullLabel } from './point.js';

/** A number of an arm, with the doubts about it and with all that spoil it, those of the whole cell included. */
export interface Entry {
  readonly beside: MarkedValue;
  readonly alone: MarkedValue;
}

/** Some numbers of every arm on every network. */
export interface Cube {
  readonly arms: readonly string[];
  readonly networks: readonly {
    readonly name: string;
    readonly title: string;
    /** By arm, the doubts about all of its numbers. */
    readonly notes: readonly (readonly number[])[];
  }[];
  readonly numbers: readonly CubeRow[];
}

export interface CubeRow {
  readonly label: string;
  /** What round trips alone would cost. */
  readonly isTheory: boolean;
  readonly number: NumberName;
  /** By network, then by arm. */
  readonly entries: readonly (readonly Entry[])[];
}

/** @param theory whether theory stands below the medians that it is of */
export function cubeOf(result: Result, marks: Marks, names: readonly NumberName[], theory: boolean): Cube {
  const arms = [...new Set(result.cells.map((cell) => cell.arm))];
  const places = [...new Set(result.cells.map((cell) => cell.network.name))].map((network) => {
    const here = armsOn(result, network);
    return { network, cells: arms.map((arm) => here.find((one) => one.arm === arm) ?? { arm, cells: [] }) };
  });
  const row = (number: NumberName, isTheory = false): CubeRow[] => {
    const of = (cells: readonly ArmCells[]): Row | undefined =>
      isTheory ? theoryRow(cells, number.metric, true)[0] : numberRow(cells, number);
    const rows = places.map(({ cells }) => of(cells));
    const first = rows.find((one) => one !== undefined);
    if (first === undefined) return [];
    const label = isTheory ? `${first.label} in theory` : fullLabel(first, result.cells);
    return [{ label, isTheory, number, entries: places.map(({ cells }, i) => entriesOf(cells, rows[i], marks)) }];
  };
  return {
    arms: arms.map(armLabel),
    networks: places.map(({ network, cells }) => ({
      name: network,
      title: networkTitle(result.cells, network),
      notes: cells.map(({ cells: own }) => marks.notes.ofCells(own)),
    })),
    numbers: names.flatMap((name) => [
      ...row(name),
      ...(theory && name.statistic === 'p50' && name.window === undefined ? row(name, true) : []),
    ]),
  };
}

function entriesOf(arms: readonly ArmCells[], row: Row | undefined, marks: Marks): Entry[] {
  const values = row ? marks.ofRow(arms, row) : arms.map(() => ({ text: '-', best: false, notes: [] }));
  return values.map((beside, i) => {
    const { number } = row ?? {};
    const isMeasured = number !== undefined && beside.text !== '-';
    const notes = isMeasured ? marks.notes.about((arms[i] as ArmCells).cells, number) : beside.notes;
    return { beside, alone: { ...beside, notes } };
  });
}

export const entryAt = (entries: CubeRow['entries'], network: number, arm: number): Entry =>
  (entries[network] as readonly Entry[])[arm] as Entry;
