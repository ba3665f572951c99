import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { readResult } from '../../src/result/read.js';
import { ResultStore } from '../../src/result/store.js';
import type { Result } from '../../src/result/types.js';
import { runScenario } from '../../src/run/run.js';
import { findScenario } from '../../src/scenario/find.js';
import { readScenario, type ScenarioOverrides } from '../../src/scenario/read.js';

/**
 * Runs a scenario and reads what it leaves: what `mqbench run` measures, without the process and the reports, whose charts
 * take as long as a cell.
 * @param scenario a file, or the name of one that comes with mqbench
 */
export async function measure(scenario: string, changes: ScenarioOverrides = {}): Promise<Result> {
  const file = findScenario(scenario, process.cwd());
  const folder = mkdtempSync(join(tmpdir(), 'mqbench-measure-'));
  try {
    const store = await ResultStore.create(folder, basename(file, '.yaml'));
    await runScenario(readScenario(readFileSync(file, 'utf8'), file, changes), {
      store,
      watcher: {},
      signal: new AbortController().signal,
      command: ['mqbench', 'run', scenario],
    });
    await store.writeKept();
    return await readResult(store.directory);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
