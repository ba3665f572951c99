// What machine this is and how fast it is right now, so that two days can be told apart.
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cpus, loadavg, release, totalmem } from 'node:os';
import process, { execPath } from 'node:process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { onPath } from '../../../dist/base/process/child.js';
import { readMachine } from '../../../dist/run/usage/machine.js';
import { cpuOf } from '../../../dist/run/usage/proc.js';

const run = promisify(execFile);
const gauge = fileURLToPath(new URL('./gauge.mjs', import.meta.url));

/** What stays as it is from day to day. */
export const machineName = () =>
  `${cpus()[0]?.model ?? 'unknown processor'}, ${cpus().length} cores, ${Math.round(totalmem() / 2 ** 30)} GiB, Linux ${release()}, Node ${process.version}`;

/** A processor that this process may use; the first. */
const oneProcessor = () => /^Cpus_allowed_list:\s+(\d+)/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '0';

/** What all processors have done until now, and what of it this process's children that have ended. */
export function readAll() {
  const use = (withEnded) => cpuOf(process.pid, withEnded);
  const [all, own] = [use(true), use(false)];
  const sum = ({ cpuUserMicros, cpuSystemMicros }) => cpuUserMicros + cpuSystemMicros;
  return { machine: readMachine(), endedMicros: sum(all) - sum(own) };
}

/**
 * What went on between a reading and now, while nothing of this process ran but children that have ended.
 * @returns the share of time that the hypervisor took for others, and how many cores other programs used; interrupts are nobody's
 */
export function machineSince(before) {
  const now = readAll();
  const grown = (key) => now.machine[key] - before.machine[key];
  const total = grown('totalMicros');
  if (total <= 0) return { stolen: 0, othersCores: 0 };
  const others = grown('busyMicros') - grown('interruptMicros') - (now.endedMicros - before.endedMicros);
  return { stolen: grown('stolenMicros') / total, othersCores: (Math.max(0, others) / total) * now.machine.cores };
}

/** The gauge's three figures, and what else went on meanwhile. Takes about 2 s. */
export async function measureMachine() {
  const load = loadavg()[0];
  const before = readAll();
  // On one processor: else the switch between two processes would be now a switch and now a wake-up of another core.
  const pinned = onPath('taskset') === undefined ? [] : ['taskset', '-c', oneProcessor()];
  const [command, ...args] = [...pinned, execPath, gauge];
  const { stdout } = await run(command, args, { timeout: 60_000 });
  return { ...JSON.parse(stdout), stolen: machineSince(before).stolen, load };
}

const figures = ['memoryNanoseconds', 'datagramMicroseconds', 'switchMicroseconds'];

/** How many times slower a machine was than another: the geometric mean of the gauge's figures. */
export function slower(now, then) {
  const ratios = figures.map((key) => now[key] / then[key]);
  return ratios.reduce((product, ratio) => product * ratio, 1) ** (1 / ratios.length);
}

/** The machine before and after a run as one. */
export const between = (before, after = before) =>
  Object.fromEntries(figures.map((key) => [key, Math.sqrt(before[key] * after[key])]));

export const sayMachine = ({ memoryNanoseconds, datagramMicroseconds, switchMicroseconds, stolen, load }) =>
  [
    `memory that no cache holds ${memoryNanoseconds.toFixed(0)} ns`,
    `datagram sent and received ${datagramMicroseconds.toFixed(2)} µs`,
    `switch of processes ${switchMicroseconds.toFixed(2)} µs`,
    `stolen ${(stolen * 100).toFixed(1)} %`,
    `load ${load.toFixed(2)}`,
  ].join(', ');
