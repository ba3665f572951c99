// How long `compare` and `report` take over results of many repeats.
import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execPath } from 'node:process';
import { Random } from '../../../dist/base/numbers/random.js';
import { program } from './build.mjs';

const baseline = new URL('../../../results/baselines/demo-quick/result.json', import.meta.url);

/** The stored result with more repeats: its own over and over, every measured number moved by up to 5 % either way. */
function manyRepeats(result, repeats, seed) {
  const random = new Random(seed);
  const moved = (value) => {
    if (typeof value === 'number') return value * (0.95 + random.next() / 10);
    if (Array.isArray(value)) return value.map(moved);
    if (value === null || typeof value !== 'object') return value;
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, key === 'count' ? one : moved(one)]));
  };
  const first = result.cells.filter(({ repeat }) => repeat === 1);
  const cells = [];
  for (let repeat = 1; repeat <= repeats; repeat++) {
    for (const cell of first) {
      const id = repeat === 1 ? cell.id : `${cell.id}#${repeat}`;
      cells.push({ ...cell, id, repeat, metrics: moved(cell.metrics), windows: moved(cell.windows) });
    }
  }
  return { ...result, cells, planned: cells.map(({ id }) => id) };
}

/** @returns seconds that the command took, or undefined when it was ended after `limitSeconds` */
function secondsOf(args, limitSeconds) {
  const began = performance.now();
  return new Promise((resolve, reject) => {
    const settings = { timeout: limitSeconds * 1000, killSignal: 'SIGKILL', maxBuffer: 2 ** 30 };
    execFile(execPath, [program, ...args], settings, (error, _, stderr) => {
      if (error?.killed) resolve(undefined);
      // Exit codes from 10 on are verdicts of compare.
      else if (error && !(error.code >= 10)) reject(new Error(stderr.trim() || error.message));
      else resolve((performance.now() - began) / 1000);
    });
  });
}

/** @returns seconds of either command; what was ended after its limit has that limit, and is named in `atLeast` */
export async function measure({ repeats, limitSeconds, folder }) {
  const result = JSON.parse(readFileSync(baseline, 'utf8'));
  const paths = ['base', 'head'].map((side, i) => {
    const path = join(folder, side);
    mkdirSync(path);
    writeFileSync(join(path, 'result.json'), JSON.stringify(manyRepeats(result, repeats, i + 1)));
    return path;
  });
  const compare = await secondsOf(['compare', ...paths], limitSeconds);
  const report = await secondsOf(['report', paths[0], '--out', join(folder, 'report')], limitSeconds);
  const found = { compare, report };
  const atLeast = Object.keys(found).filter((key) => found[key] === undefined);
  return { compare: compare ?? limitSeconds, report: report ?? limitSeconds, atLeast };
}
