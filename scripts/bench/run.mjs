// Measures sections: each cell in a process of its own, round after round, the builds and the cells by turns.
import { fork } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { machineSince, readAll } from './machine/machine.mjs';

const entry = fileURLToPath(new URL('./measure/cell.mjs', import.meta.url));

/** The cells of a section that can be measured here. */
export const possible = ({ cells }, absent) => Object.entries(cells).filter(([, { needs }]) => !absent.includes(needs));

/** Seconds that some sections take, one after the other. */
export const secondsOf = (sections, roundsOf, builds, absent) =>
  sections.reduce((sum, section) => {
    const once = possible(section, absent).reduce((all, [, { seconds }]) => all + seconds, 0);
    return sum + once * roundsOf(section) * builds;
  }, 0);

/** In one round A B, in the next B A: what drifts meanwhile falls on both. */
const turned = (list, round) => (round % 2 === 0 ? list : list.toReversed());

/**
 * @param builds name and folder of each (`after`: this one, which has none)
 * @param onSample told what each cell measured, or why it could not
 * @param signal ends it; a cell that runs is ended with it
 */
export async function measureSection(section, { rounds, builds, absent, onBegin, onSample, signal }) {
  const endedEarly = new Set(); // what came to a limit would come to it again
  for (let round = 0; round < rounds; round++) {
    for (const [build, folder] of turned(Object.entries(builds), round)) {
      for (const [name, cell] of turned(possible(section, absent), round)) {
        if (signal.aborted) return;
        if (endedEarly.has(`${build} ${name}`)) continue;
        onBegin({ name, build, round });
        const before = readAll();
        const found = await measureCell(cell, folder, signal);
        if (found.values?.atLeast?.length > 0) endedEarly.add(`${build} ${name}`);
        if (!signal.aborted) {
          onSample({ section: section.full, cell: name, build, round, ...found, machine: machineSince(before) });
        }
      }
    }
  }
}

/** @returns `values`, or `failed` with the reason */
function measureCell({ measure, params, seconds }, buildFolder, signal) {
  const folder = mkdtempSync(join(tmpdir(), 'mqbench-bench-cell-'));
  // TMPDIR: what a broker of others keeps there goes with the folder, however the cell ends.
  const env = { ...process.env, TMPDIR: folder, ...(buildFolder && { MQBENCH_BENCH_BUILD: buildFolder }) };
  const order = JSON.stringify({ measure, params: { ...params, folder } });
  const limitSeconds = seconds * 5 + 60;
  return new Promise((resolve) => {
    // A group of its own: Ctrl-C is for this process, which then ends the cell.
    const child = fork(entry, [order], { env, detached: true, stdio: ['ignore', 'ignore', 'pipe', 'ipc'] });
    let said = '';
    let found;
    const end = () => child.kill('SIGKILL');
    const timer = setTimeout(() => {
      found = { failed: `it took longer than ${limitSeconds} s` };
      end();
    }, limitSeconds * 1000);
    signal.addEventListener('abort', end, { once: true });
    child.stderr.on('data', (text) => {
      said = (said + text).slice(-1000);
    });
    child.on('message', (message) => {
      found = message;
    });
    child.on('exit', (code, how) => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      rmSync(folder, { recursive: true, force: true });
      resolve(found ?? { failed: said.trim() || `its process ended with ${how ?? code}` });
    });
  });
}
