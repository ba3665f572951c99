import { beside, type Cube, type Grid, gridsBy } from '../rows/cube.js';
import { fitted, gridHeight, gridWidth, heightOf } from './grid.js';

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
  const bare = full.numbers.filter(({ isTheory }) => !isTheory);
  const variants = bare.map((_, out) => ({
    cube: { ...full, numbers: bare.slice(0, bare.length - out) },
    loss: 1 + out * lossOfRow,
  }));
  const drawn = [{ cube: full, loss: 0 }, ...variants].flatMap(({ cube, loss }) => {
    const turned = [
      gridsBy(cube, 'number', 'arm'),
      gridsBy(cube, 'number', 'network'),
      gridsBy(cube, 'network', 'arm'),
    ];
    const forms = [
      ...sideBySide(cube, columns).map((grids) => ({ grids, loss })),
      ...turned.map((grids) => ({ grids, loss: loss + lossOfForm })),
    ];
    return forms.map((form) => {
      const grids = form.grids.flatMap((grid) => fitted(grid, columns));
      const height = heightOf(grids.map((grid) => gridHeight(grid, columns)));
      return { grids, height, loss: form.loss + lossOfSplit * (grids.length - form.grids.length) };
    });
  });
  const [best] = drawn.filter(({ height }) => height <= lines).sort((a, b) => a.loss - b.loss);
  const [shortest] = [...drawn].sort((a, b) => a.height - b.height);
  return (best ?? shortest)?.grids ?? [];
}

/** Arms across, a table for each network: as many of them beside each other as fit, then fewer. */
function sideBySide(cube: Cube, columns: number): Grid[][] {
  const single = gridsBy(cube, 'network', 'number');
  const names = cube.networks.map(({ name }) => name);
  return names
    .map((_, out) => names.length - out)
    .flatMap((together) => {
      const starts = names.map((_, i) => i).filter((i) => i % together === 0);
      const grids = starts.map((from) =>
        beside(single.slice(from, from + together), names.slice(from, from + together)),
      );
      return together === 1 || grids.every((grid) => gridWidth(grid) <= columns) ? [grids] : [];
    });
}
