import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import LongestFirst from './test/helpers/longest-first.js';

const root = fileURLToPath(new URL('.', import.meta.url));
const testFiles = readdirSync(join(root, 'test'), { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.test.ts'))
  .map((file) => `test/${file}`);
const filesThatSay = (what: RegExp, within: string): string[] =>
  testFiles.filter((file) => file.startsWith(within) && what.test(readFileSync(join(root, file), 'utf8')));

/** Tests that hold the world against physics: they mostly wait for time to pass, and come when the others have left the processor. */
const physics = ['test/truth/**/*.test.ts', 'test/e2e/**/*.test.ts', 'test/lab/**/*.test.ts'];
/**
 * It boots a virtual machine, whose clock counts instructions and does not mind who else wants the processor. So it runs beside
 * those that want it, not beside those that measure.
 */
const machine = 'test/lab/backends-agree.test.ts';
const unit = 'test/unit/**/*.test.ts';
/** What puts stand-ins in the place of modules: only for modules that vitest loads. */
const standIns = filesThatSay(/\bvi\.(mock|hoisted)\(/m, 'test/');
/** What a unit test says that opens sockets or looks at its process. */
const ownProcess = filesThatSay(
  /^import \{.*'node:(child_process|net)'|process\.(memoryUsage|cpuUsage)/m,
  'test/unit/',
).filter((file) => !standIns.includes(file));

const watches = process.stdin.isTTY && !process.env.CI && !process.argv.some((word) => /^(--)?run$/.test(word));
/**
 * Tests import the sources; what they get is what test/helpers/build.ts has compiled of them, loaded by Node as it is: every
 * process would transform the same hundreds of files again. Who watches wants the sources as they are now.
 */
const compiled = {
  name: 'compiled',
  enforce: 'pre' as const,
  resolveId(source: string, importer?: string) {
    if (watches || importer === undefined || !source.startsWith('.')) return null;
    const path = relative(root, resolve(dirname(importer), source));
    return path.startsWith('src/') ? join(root, 'dist', path.slice('src/'.length)) : null;
  },
};
const dist = join(root, 'dist/').replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
const ofCompiled = { server: { deps: { external: [new RegExp(dist)] } } };
/** More at a time than this machine may have cores: these, too, spend half of their time waiting. */
const first = { maxWorkers: 4, sequence: { groupOrder: 0 } };
const ofLab = { globalSetup: ['test/lab/look.ts'], maxConcurrency: 2, ...ofCompiled };

export default defineConfig({
  test: {
    environment: 'node',
    globalSetup: ['test/helpers/build.ts'],
    reporters: ['./test/helpers/slowest.ts', 'default'],
    // No test is tried again: what a busy machine may add to a measurement belongs into what is asserted (an undelayed
    // twin measured in the same seconds, a difference that no machine bridges, or a virtual clock).
    retry: 0,
    // A snapshot that is missing fails its test instead of being written; -u writes it.
    update: 'none',
    // Native modules (quiche, koffi) and real sockets: processes, not threads, so that one crash names its file.
    pool: 'forks',
    sequence: { sequencer: LongestFirst },
    // Only what hangs is ended by these: how long something may take is said where it matters.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    expect: { poll: { timeout: 15_000 } },
    projects: [
      {
        extends: true,
        plugins: [compiled],
        test: {
          name: 'logic',
          // One after the other in four processes: a process each would load vitest and the program anew, a second of a core.
          isolate: false,
          include: ['test/**/*.test.ts'],
          exclude: [...physics, ...standIns, unit],
          ...first,
          ...ofCompiled,
        },
      },
      { extends: true, test: { name: 'stand-ins', include: standIns, ...first } },
      {
        extends: true,
        plugins: [compiled],
        test: { name: 'unit alone', include: ownProcess, ...first, ...ofCompiled },
      },
      {
        extends: true,
        plugins: [compiled],
        // A hundred files that share nothing: to load the sources anew for each would take longer than the tests.
        test: {
          name: 'unit',
          include: [unit],
          exclude: [...ownProcess, ...standIns],
          isolate: false,
          ...first,
          ...ofCompiled,
        },
      },
      {
        extends: true,
        plugins: [compiled],
        test: { name: 'machine', include: [machine], ...ofLab, ...first },
      },
      {
        extends: true,
        plugins: [compiled],
        test: {
          name: 'physics',
          include: physics,
          exclude: [machine],
          isolate: false,
          maxWorkers: 3,
          sequence: { groupOrder: 1 },
          ...ofLab,
        },
      },
    ],
  },
});
