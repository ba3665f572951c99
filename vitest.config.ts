import { readdirSync, readFileSync } from 'node:fs';
import { defineConfig } from 'vitest/config';
import LongestFirst from './test/helpers/longest-first.js';

/** Tests that hold the world against physics: three files at a time, for they mostly wait for time to pass. */
const physics = ['test/truth/**/*.test.ts', 'test/e2e/**/*.test.ts', 'test/lab/**/*.test.ts'];
/**
 * Nothing runs beside these: the first boots a virtual machine for a minute and keeps both cores busy; in the second a process that
 * is held up for longer than quiche's timers asks a moved client once more than it needs.
 */
const machine = ['test/lab/backends-agree.test.ts', 'test/quic/move-answer.test.ts'];
const unit = 'test/unit/**/*.test.ts';
/** What a unit test says that opens sockets, looks at its process or puts stand-ins in the place of modules. */
const needsOwnProcess =
  /^import \{.*'node:(child_process|net)'|process\.(memoryUsage|cpuUsage)|\bvi\.(mock|hoisted)\(/m;
const unitTests = new URL('test/unit/', import.meta.url);
const ownProcess = readdirSync(unitTests, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.test.ts') && needsOwnProcess.test(readFileSync(new URL(file, unitTests), 'utf8')))
  .map((file) => `test/unit/${file}`);
/** More than this machine may have cores: these tests, too, spend half of their time waiting. */
const beside = { maxWorkers: 4, sequence: { groupOrder: 1 } };

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
        test: {
          name: 'logic',
          include: ['test/**/*.test.ts'],
          exclude: [...physics, ...machine, unit],
          ...beside,
        },
      },
      {
        extends: true,
        test: { name: 'unit alone', include: ownProcess, ...beside },
      },
      {
        extends: true,
        // A hundred files that share nothing: to load the sources anew for each would take longer than the tests.
        test: { name: 'unit', include: [unit], exclude: ownProcess, isolate: false, ...beside },
      },
      {
        extends: true,
        test: { name: 'machine', include: machine, maxWorkers: 1, sequence: { groupOrder: 0 } },
      },
      {
        extends: true,
        test: {
          name: 'physics',
          include: physics,
          exclude: machine,
          maxWorkers: 3,
          maxConcurrency: 2,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
