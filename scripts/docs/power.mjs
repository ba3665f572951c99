// Writes the table of powers in docs/ci.md: how often simulated gates find one number that became slower.
//   npm run build && node scripts/docs/power.mjs
// test/unit/compare/honesty.test.ts checks that the page holds what this makes.
import { readFile, writeFile } from 'node:fs/promises';
import { argv } from 'node:process';
import { fileURLToPath } from 'node:url';
import { Random } from '../../dist/base/numbers/random.js';
import { judgePairs } from '../../dist/compare/judge.js';

/** A normal deviate (Box and Muller). */
const normal = (random) => Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next());

/** Repeats that vary by this share, each number for itself: the hardest case, since numbers that move together cost less. */
const side = (random, pace, vary, factor) =>
  pace.map((pace, round) => ({ round: String(round), value: 1000 * pace * factor * Math.exp(vary * normal(random)) }));

/**
 * One gate in which a single number became slower by `slower` (0.2 is 20 %) and all others are as they were.
 * @returns the rows judged worse; the first row is the slow one
 */
function gate(random, { method, rounds, vary, drift = 0, numbers, slower }) {
  // How slow the machine is in each round, the same for both sides and all numbers.
  const pace = Array.from({ length: rounds }, () => Math.exp(drift * normal(random)));
  const pairs = Array.from({ length: numbers }, (_, index) => ({
    cell: `number ${index}`,
    metric: 'publish.ack',
    statistic: 'p50',
    unit: 'us',
    better: 'lower',
    margin: 0.05,
    base: side(random, pace, vary, 1),
    head: side(random, pace, vary, index === 0 ? 1 + slower : 1),
  }));
  const names = method === 'rounds' ? Array.from({ length: rounds }, (_, round) => String(round)) : undefined;
  const { rows } = judgePairs(pairs, names, { resamples: 1 });
  return rows.flatMap((row, index) => (row.verdict === 'worse' ? [index] : []));
}

/** In how many of so many simulated gates the slow number was found, and how many alarmed for another one. */
export function simulate(options, gates, seed = 1) {
  const random = new Random(seed);
  let found = 0;
  let falseAlarms = 0;
  for (let i = 0; i < gates; i++) {
    const worse = gate(random, options);
    if (worse.includes(0) && options.slower > 0) found++;
    if (worse.some((index) => index > 0 || options.slower === 0)) falseAlarms++;
  }
  return { found, falseAlarms };
}

const gates = 50;
const columns = [
  { method: 'rounds', rounds: 6 },
  { method: 'rounds', rounds: 10 },
  { method: 'rounds', rounds: 20 },
  { method: 'ranks', rounds: 10 },
];
const slowdowns = [0.1, 0.2, 0.4];
export const kinds = [
  { vary: 0.02, drift: 0, numbers: 10 },
  { vary: 0.02, drift: 0, numbers: 100 },
  { vary: 0.05, drift: 0, numbers: 10 },
  { vary: 0.05, drift: 0, numbers: 100 },
  { vary: 0.05, drift: 0.3, numbers: 100 },
  { vary: 0.1, drift: 0, numbers: 10 },
  { vary: 0.1, drift: 0, numbers: 100 },
];

/** A row of the table, in Markdown: found of 100 gates, for each slowdown and each way to measure. */
export function powerRow({ vary, drift, numbers }) {
  const of = (column, slower) => simulate({ ...column, vary, drift, numbers, slower }, gates).found;
  const cells = columns.map((column) => slowdowns.map((slower) => (100 * of(column, slower)) / gates).join(' / '));
  const machine = drift > 0 ? `, and the machine from round to round by ${drift * 100} %` : '';
  return `| ${vary * 100} %${machine} | ${numbers} | ${cells.join(' | ')} |`;
}

const head = [
  '| Repeats vary by | numbers judged | `ab`, 6 rounds | `ab`, 10 rounds | `ab`, 20 rounds | `compare`, 10 repeats |',
  '|---|--:|--:|--:|--:|--:|',
];

const begin = '<!-- powers, by scripts/docs/power.mjs -->';
const end = '<!-- end of powers -->';

/** The page with the table in its place. */
export function withTable(page) {
  const [from, to] = [page.indexOf(begin), page.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`docs/ci.md has no place for the table: ${begin} … ${end}`);
  return `${page.slice(0, from + begin.length)}\n${[...head, ...kinds.map(powerRow)].join('\n')}\n${page.slice(to)}`;
}

if (argv[1] === fileURLToPath(import.meta.url)) {
  const path = new URL('../../docs/ci.md', import.meta.url);
  await writeFile(path, withTable(await readFile(path, 'utf8')));
}
