import { type Cube, entryAt } from '../rows/cube.js';
import { noteMark } from '../words/doubts.js';
import { fitted, type Grid, gridHeight, gridWidth, heightOf } from './grid.js';

/** Names of arms with the doubts about all of their numbers. */
const headsOf = (arms: readonly string[], notes: readonly (readonly number[])[]): string[] =>
  arms.map((arm, i) => arm + noteMark(notes[i] as readonly number[]));

/** Numbers down, arms across: a table for each of the networks, so many beside each other. */
function byNetwork({ arms, networks, numbers }: Cube, together: number): Grid[] {
  const grids: Grid[] = [];
  for (let from = 0; from < networks.length; from += together) {
    const some = networks.slice(from, from + together);
    grids.push({
      corner: some.length === 1 ? (some[0]?.title ?? '') : '',
      ...(some.length === 1 ? {} : { groups: some.map(({ name }) => ({ title: name, span: arms.length })) }),
      heads: some.flatMap(({ notes }) => headsOf(arms, notes)),
      rows: numbers.map(({ label, isTheory, entries }) => ({
        name: `  ${label}`,
        faint: isTheory,
        values: some.flatMap((_, i) => (entries[from + i] ?? []).map(({ beside }) => beside)),
      })),
    });
  }
  return grids;
}

/** A table for each number: networks down, arms across. */
export function byNumber({ arms, networks, numbers }: Cube): Grid[] {
  return numbers.map(({ label, isTheory, entries }) => ({
    corner: label,
    heads: arms,
    rows: networks.map(({ name }, i) => ({
      name: `  ${name}`,
      faint: isTheory,
      values: (entries[i] ?? []).map(({ alone }) => alone),
    })),
  }));
}

/** A table for each number: arms down, networks across. */
function byNumberAndArm({ arms, networks, numbers }: Cube): Grid[] {
  return numbers.map(({ label, isTheory, entries }) => ({
    corner: label,
    heads: networks.map(({ name }) => name),
    rows: arms.map((arm, i) => ({
      name: `  ${arm}`,
      faint: isTheory,
      values: networks.map((_, network) => entryAt(entries, network, i).alone),
    })),
  }));
}

/** A table for each network: arms down, numbers across. */
function byArm({ arms, networks, numbers }: Cube): Grid[] {
  return networks.map(({ name, notes }, network) => ({
    corner: `Network ${name}`,
    heads: numbers.map(({ label }) => label),
    rows: headsOf(arms, notes).map((head, arm) => ({
      name: `  ${head}`,
      faint: false,
      values: numbers.map(({ entries }) => entryAt(entries, network, arm).beside),
    })),
  }));
}

interface Candidate {
  readonly grids: readonly Grid[];
  /** How much it is less than all of it in its usual form. */
  readonly loss: number;
}

/** What it costs to leave a row out, and to take another form than arms across. */
const lossOfRow = 2;
const lossOfForm = 3;
/** That arms which belong beside each other stand one table below the other. */
const lossOfSplit = 2;

/**
 * The tables that show most of a cube in so many lines: in the usual form, arms across, if it fits; else turned, or with
 * fewer rows, the last ones left out first.
 */
export function tablesOf(full: Cube, columns: number, lines: number): Grid[] {
  const bare = { ...full, numbers: full.numbers.filter(({ isTheory }) => !isTheory) };
  const variants = bare.numbers.map((_, out) => {
    return { cube: { ...bare, numbers: bare.numbers.slice(0, bare.numbers.length - out) }, loss: 1 + out * lossOfRow };
  });
  const candidates = [{ cube: full, loss: 0 }, ...variants].flatMap(({ cube, loss }): Candidate[] => [
    ...sideBySide(cube, columns).map((grids) => ({ grids, loss })),
    ...[byNumberAndArm(cube), byNumber(cube), byArm(cube)].map((grids) => ({ grids, loss: loss + lossOfForm })),
  ]);
  const drawn = candidates.map(({ grids: whole, loss }) => {
    const grids = whole.flatMap((grid) => fitted(grid, columns));
    return { grids, loss: loss + lossOfSplit * (grids.length - whole.length) };
  });
  const fitting = drawn.filter(({ grids }) => heightOfAll(grids) <= lines);
  const best = fitting.sort((a, b) => a.loss - b.loss)[0];
  return best?.grids ?? (drawn.sort((a, b) => heightOfAll(a.grids) - heightOfAll(b.grids))[0]?.grids as Grid[]) ?? [];
}

/** Wide terminals first: as many networks beside each other as fit, then fewer. */
function sideBySide(cube: Cube, columns: number): Grid[][] {
  const counts = cube.networks.map((_, i) => cube.networks.length - i);
  return counts
    .map((together) => byNetwork(cube, together))
    .filter((grids, i) => counts[i] === 1 || grids.every((grid) => gridWidth(grid) <= columns));
}

const heightOfAll = (grids: readonly Grid[]): number => heightOf(grids.map(gridHeight));
