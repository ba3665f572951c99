import type { NumberName, Result } from '../../result/types.js';
import { noteMark } from '../words/doubts.js';
import { armLabel, networkTitle } from '../words/words.js';
import { type ArmCells, armsOn, networksOf, numberRow, type Row, theoryRow } from './builders.js';
import { type MarkedValue, marksOf } from './marks.js';
import { fullLabel } from './point.js';

/** Names an arm, a network or a number at the side or the head of a table. */
export interface Head {
  readonly text: string;
  /** The doubts about everything below or beside it. */
  readonly notes?: readonly number[];
  readonly arm?: string;
  readonly number?: NumberName | undefined;
}

export const headText = ({ text, notes = [] }: Head): string => text + noteMark(notes);

/** A table of numbers: names down, heads across. */
export interface Grid {
  /** Above the names: what the whole table is about. */
  readonly corner: Head;
  /** What heads that stand beside each other have in common. */
  readonly groups?: readonly { readonly title: string; readonly span: number }[];
  readonly heads: readonly Head[];
  /** Without values: a heading of the rows below it. */
  readonly rows: readonly { readonly head: Head; readonly faint: boolean; readonly values: readonly MarkedValue[] }[];
}

/** With all doubts that spoil it, those of the whole cell included; a table of one network has these at the arm. */
type Entry = MarkedValue & { readonly about: readonly number[] };

type Axis = 'network' | 'number' | 'arm';
const axes: readonly Axis[] = ['network', 'number', 'arm'];

/** Some numbers of every arm on every network. */
export interface Cube {
  readonly arms: readonly string[];
  readonly networks: readonly {
    readonly name: string;
    readonly title: string;
    /** By arm. */
    readonly notes: readonly (readonly number[])[];
  }[];
  readonly numbers: readonly CubeRow[];
}

interface CubeRow {
  readonly label: string;
  /** What round trips alone would cost. */
  readonly isTheory: boolean;
  readonly number: NumberName;
  /** By network, then by arm. */
  readonly entries: readonly (readonly Entry[])[];
}

/** @param theory whether theory stands below the medians that it is of */
export function cubeOf(result: Result, names: readonly NumberName[], theory: boolean): Cube {
  const { notes } = marksOf(result);
  const arms = [...new Set(result.cells.map((cell) => cell.arm))];
  const places = networksOf(result).map((network) => {
    const here = armsOn(result, network);
    return { network, cells: arms.map((arm) => here.find((one) => one.arm === arm) ?? { arm, cells: [] }) };
  });
  const row = (number: NumberName, isTheory = false): CubeRow[] => {
    const rows = places.map(({ cells }) =>
      isTheory ? theoryRow(cells, number.metric, true)[0] : numberRow(cells, number),
    );
    const first = rows.find((one) => one !== undefined);
    if (first === undefined) return [];
    const label = fullLabel(first, result.cells);
    return [{ label, isTheory, number, entries: places.map(({ cells }, i) => entriesOf(result, cells, rows[i])) }];
  };
  return {
    arms,
    networks: places.map(({ network, cells }) => ({
      name: network,
      title: networkTitle(result.cells, network),
      notes: cells.map(({ cells: own }) => notes.ofCells(own)),
    })),
    numbers: names.flatMap((name) => [
      ...row(name),
      ...(theory && name.statistic === 'p50' && name.window === undefined ? row(name, true) : []),
    ]),
  };
}

function entriesOf(result: Result, arms: readonly ArmCells[], row: Row | undefined): Entry[] {
  const marks = marksOf(result);
  return marks.ofRow(arms, row ?? { values: arms.map(() => '-') }).map((value, i) => {
    const isMeasured = row?.number !== undefined && value.text !== '-';
    const about = isMeasured ? marks.notes.about((arms[i] as ArmCells).cells, row.number) : value.notes;
    return { ...value, about };
  });
}

/** A table for each of one axis, the second down, the third across. */
export function gridsBy(cube: Cube, tables: Axis, down: Axis): Grid[] {
  const across = axes.find((axis) => axis !== tables && axis !== down) as Axis;
  return headsOf(cube, tables).map((corner, table): Grid => {
    const ofNetwork = tables === 'network' ? table : undefined;
    const [sides, heads] = [headsOf(cube, down, ofNetwork), headsOf(cube, across, ofNetwork)];
    const title = down === 'arm' ? `Network ${corner.text}` : cube.networks[table]?.title;
    return {
      corner: ofNetwork === undefined ? corner : { text: title ?? '' },
      heads,
      rows: sides.map((head, i) => {
        const at = (place: number): Record<Axis, number> =>
          ({ [tables]: table, [down]: i, [across]: place }) as Record<Axis, number>;
        return {
          head,
          faint: across !== 'number' && (cube.numbers[at(0).number] as CubeRow).isTheory,
          values: heads.map((_, place): MarkedValue => {
            const { network, number, arm } = at(place);
            const entry = cube.numbers[number]?.entries[network]?.[arm];
            const { about, ...value } = entry as Entry;
            return ofNetwork === undefined ? { ...value, notes: about } : value;
          }),
        };
      }),
    };
  });
}

/** @param network whose doubts the arms have at their names */
function headsOf({ networks, numbers, arms }: Cube, axis: Axis, network?: number): Head[] {
  if (axis === 'network') return networks.map(({ name }) => ({ text: name }));
  if (axis === 'number') return numbers.map(({ label, number }) => ({ text: label, number }));
  const notes = network === undefined ? [] : networks[network]?.notes;
  return arms.map((arm, i) => ({ text: armLabel(arm), arm, notes: notes?.[i] ?? [] }));
}

/** Tables of the same rows as one. */
export function beside(grids: readonly Grid[], titles: readonly string[]): Grid {
  const [first] = grids as [Grid];
  if (grids.length === 1) return first;
  return {
    corner: { text: '' },
    groups: grids.map(({ heads }, i) => ({ title: titles[i] as string, span: heads.length })),
    heads: grids.flatMap(({ heads }) => heads),
    rows: first.rows.map((row, i) => ({ ...row, values: grids.flatMap(({ rows }) => rows[i]?.values ?? []) })),
  };
}
