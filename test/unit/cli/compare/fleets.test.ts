import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCli } from '../../../helpers/cli.js';
import { type BuildOptions, buildResult } from '../../../helpers/result-builder.js';

const folder = mkdtempSync(join(tmpdir(), 'mqbench-compare-fleets-'));
afterAll(() => rmSync(folder, { recursive: true }));
const common: BuildOptions = { repeats: 10, numbersOnly: true };

const put = (name: string, result: object): void => {
  mkdirSync(join(folder, name));
  writeFileSync(join(folder, name, 'result.json'), JSON.stringify(result));
};

/** Results of two fleets: `calm` is as the whole cell, `busy` so much slower than that. */
function putFleets(name: string, seed: number, slower = 1): void {
  const whole = buildResult({ ...common, seed });
  const busy = buildResult({ ...common, seed: seed + 100, slower });
  const fleetOf = (cell: (typeof whole.cells)[number] | undefined) => ({
    metrics: cell?.metrics,
    windows: cell?.windows,
    events: {},
  });
  const cells = whole.cells.map((cell, i) => ({
    ...cell,
    fleets: { calm: fleetOf(cell), busy: fleetOf(busy.cells[i]) },
  }));
  put(name, { ...whole, cells });
}

beforeAll(() => {
  putFleets('base', 1);
  putFleets('head', 2, 1.5);
  put('plain', buildResult({ ...common, seed: 3 }));
});

interface Row {
  readonly cell: string;
  readonly metric: string;
  readonly verdict: string;
}

async function verdicts(...flags: string[]) {
  const { code, stdout } = await runCli(['compare', 'base', 'head', '--json', ...flags], { cwd: folder });
  const { rows } = JSON.parse(stdout) as { rows: Row[] };
  return { code, rows, worse: rows.filter(({ verdict }) => verdict === 'worse') };
}
const fleetsIn = (rows: readonly Row[]) => [...new Set(rows.map(({ cell }) => cell.split('.').pop()))].sort();

describe('the numbers of a fleet', () => {
  it('are judged instead of those of all clients, and called by the fleet', async () => {
    const calm = await verdicts('--fleet', 'calm');
    expect([calm.code, calm.worse, fleetsIn(calm.rows)]).toEqual([0, [], ['calm']]);
    const busy = await verdicts('--fleet', 'busy');
    expect([busy.code, fleetsIn(busy.rows)]).toEqual([11, ['busy']]);
    expect(busy.worse.length).toBeGreaterThan(5);
    expect((await verdicts()).code).toBe(0); // all clients together
  });

  it('are judged together for several fleets, or all', async () => {
    const both = await verdicts('--fleet', 'calm', '--fleet', 'busy');
    expect(await verdicts('--fleet', 'all')).toEqual(both);
    expect([fleetsIn(both.rows), fleetsIn(both.worse)]).toEqual([['busy', 'calm'], ['busy']]);
  });

  it('stand in the text and in JUnit under the name of the fleet', async () => {
    const { stdout } = await runCli(['compare', 'base', 'head', '--fleet', 'busy', '--junit', 'junit.xml'], {
      cwd: folder,
    });
    expect(stdout).toContain('tls@30ms.busy');
  });

  it('are refused where there is no such fleet', async () => {
    const unknown = await runCli(['compare', 'base', 'head', '--fleet', 'bussy'], { cwd: folder });
    expect([unknown.code, unknown.stderr]).toEqual([
      2,
      expect.stringMatching(/no cell has the fleet bussy[\s\S]*calm, busy/),
    ]);
    const none = await runCli(['compare', 'plain', 'plain', '--fleet', 'all'], { cwd: folder });
    expect([none.code, none.stderr]).toEqual([2, expect.stringContaining('have no fleets: leave --fleet out')]);
  });
});
