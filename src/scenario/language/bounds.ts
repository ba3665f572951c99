import type { Mistakes } from './mistakes.js';

// What is larger than this is a slip, or is meant to harm: it is told at once instead of being worked on for minutes.

/** Bytes of a scenario file; the longest that comes with mqbench has four thousand. */
export const mostBytes = 1_000_000;
/** Levels of mappings and lists in each other; the language itself has six. */
export const mostLevels = 32;
/** Cells of a run; with the shortest traffic that is half a day. */
export const mostCells = 10_000;
/** Events that a timeline comes to, with `every` counted out. */
export const mostEvents = 10_000;
/** Fleets of a cell: each has a process of its own at least. */
export const mostFleets = 32;
/** Expectations, windows, or events as they are written. */
const mostEntries = 1_000;

/** What a list of the file multiplies the cells by. */
const times = (value: unknown): number => (Array.isArray(value) ? value.length : 1);
const mapping = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};

/** Adds what of the plain data of a file is out of bounds. @returns whether anything is */
export function outOfBounds(data: unknown, mistakes: Mistakes): boolean {
  const before = mistakes.count;
  const file = mapping(data);
  for (const name of ['expect', 'show', 'timeline', 'measure'] as const) {
    if (times(file[name]) > mostEntries)
      mistakes.add([name], `has ${times(file[name])} entries; at most ${mostEntries} are taken`, true);
  }
  const cells = cellsOf(file);
  if (cells > mostCells)
    mistakes.add([], `arms, networks, loads and repeats make ${cells} cells; at most ${mostCells} are taken`);
  return mistakes.count > before;
}

function cellsOf({ arms, network, load, repeat }: Record<string, unknown>): number {
  const networks = [network].flat().reduce<number>((sum, one) => sum + product(mapping(one)), 0);
  const { publish } = mapping(load);
  const { payload, qos } = mapping(publish);
  const repeats = typeof repeat === 'number' && repeat > 1 ? Math.floor(repeat) : 1;
  return times(arms) * networks * times(payload) * times(qos) * repeats;
}

/** Of all lists in a network: those of fields that take none are another mistake. */
const product = (network: Record<string, unknown>): number =>
  Object.values(network).reduce<number>((sum, value) => sum * Math.max(1, times(value)), 1);
