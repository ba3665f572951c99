import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { version } from '../../src/base/version.js';
import type { Result } from '../../src/result/types.js';
import { shippedScenarios } from '../../src/scenario/find.js';
import { runCli } from '../helpers/cli.js';
import { whole } from '../helpers/steady.js';

const scenario = `title: two arms on loopback
arms: [tcp, tls]
network: none
load: { clients: 4, connectRate: 20/s, publish: { topic: 'a/%c', rate: 20 }, duration: 500ms, drain: 500ms }
expect: [clients.connected == clients.asked]
`;

let folder: string;
let results: string;
const file = () => join(results, 'result.json');
const read = (): Result => JSON.parse(readFileSync(file(), 'utf8')) as Result;
const change = (edit: (result: Record<string, unknown>) => void): void => {
  const result = JSON.parse(readFileSync(file(), 'utf8')) as Record<string, unknown>;
  edit(result);
  writeFileSync(file(), JSON.stringify(result));
};
const mqbench = (...args: string[]) => runCli(args, { cwd: folder });

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'mqbench-resume-'));
  writeFileSync(join(folder, 'two.yaml'), scenario);
  const { code, stderr } = await mqbench('run', 'two.yaml', '--out', 'results');
  expect(code, stderr).toBe(0);
  results = join(folder, 'results', readdirSync(join(folder, 'results'))[0] ?? '');
}, 60_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('mqbench run --resume', { timeout: 60_000 }, () => {
  it('has nothing to do when all cells are finished', async () => {
    expect(whole(await mqbench('run', '--resume', results))).toMatchInlineSnapshot(`
      "exit code 2
      standard error:
      mqbench: FOLDER/results/two-DATE: all 2 cells are finished already
        → run the scenario again for a new result"
    `);
  });

  it('runs what is missing or failed, keeps the rest, and judges the whole', async () => {
    const anHourEarlier = (time: string): string => new Date(Date.parse(time) - 3600e3).toISOString();
    change((result) => {
      result.startedAt = anHourEarlier(result.startedAt as string);
      result.cells = (result.cells as Result['cells']).map((cell) => ({
        ...cell,
        startedAt: anHourEarlier(cell.startedAt),
      }));
    });
    const before = read();
    change((result) => {
      result.status = 'interrupted';
      result.cells = before.cells.map((cell) => (cell.arm === 'tcp' ? { ...cell, status: 'failed' } : cell));
      result.expectations = [];
    });
    const { code, stdout, stderr } = await mqbench('run', '--resume', results);
    expect(code, stderr).toBe(0);
    expect(stdout).toContain('Finished already, and kept: 1 of 2 cells');
    const after = read();
    expect(after.status).toBe('finished');
    expect(after.cells.map(({ id, status }) => [id, status])).toEqual([
      ['tcp@loopback', 'finished'],
      ['tls@loopback', 'finished'],
    ]);
    expect(after.cells[1]?.startedAt).toBe(before.cells[1]?.startedAt);
    expect(after.cells[0]?.startedAt).not.toBe(before.cells[0]?.startedAt);
    expect(after.startedAt).toBe(before.startedAt);
    for (const { doubts } of after.cells) {
      const [apart] = doubts.filter(({ code }) => code === 'resumed-apart');
      expect(apart?.message).toMatch(/^at loopback: after tls, tcp ran (59|60) m \d+ s later$/);
    }
    expect(stdout.replace(/\s+/g, ' ')).toContain('after tls, tcp ran');
    expect(after.expectations).toMatchObject([{ outcome: 'held' }]);
    expect(after.scenario).toEqual(before.scenario);
  });

  it('refuses another machine or version, naming every difference', async () => {
    const { cpu } = read().provenance.machine;
    change((result) => {
      result.cells = [];
      const provenance = result.provenance as { mqbench: string; machine: { cpu: string } };
      provenance.mqbench = '0.0.1';
      provenance.machine.cpu = 'another one';
    });
    const said = whole(await mqbench('run', '--resume', results));
    expect(said.replace(version, 'VERSION').replace(cpu, 'CPU')).toMatchInlineSnapshot(`
      "exit code 2
      standard output:
      two arms on loopback
        Arms: tcp; tls (TLS 1.3).
        Networks: loopback (nothing added).
        In each cell 4 clients connect at 20/s (200 ms).
        They publish 256 B to a/%c with QoS 1 at 20/s in all, for 500 ms; then up to
        500 ms for what is under way.
        2 cells, about 3.70 s each, 7.40 s in all:
        tcp@loopback, tls@loopback
        1 expectation is judged at the end.
        Finished already, and kept: 0 of 2 cells.
      standard error:
      mqbench: the run cannot be completed here: mqbench was 0.0.1, is VERSION; the processor was another one, is CPU
        → complete it where it began, or run the scenario again"
    `);
    expect(read().cells).toEqual([]);
  });

  it('takes nothing beside that would change the scenario', async () => {
    expect(whole(await mqbench('run', 'two.yaml', '--resume', results, '--seed', '3'))).toMatchInlineSnapshot(`
      "exit code 2
      standard error:
      mqbench: --resume runs what the earlier run left and cannot be given with the scenario two.yaml, --seed"
    `);
  });

  it('without a scenario says which there are', async () => {
    const { code, stdout, stderr } = await mqbench('run');
    expect({ code, stdout, stderr }).toEqual({
      code: 2,
      stdout: '',
      stderr: `mqbench: which scenario? Give a YAML file or a name\n  → there are: ${shippedScenarios().join(', ')}\n`,
    });
    expect(shippedScenarios()).toContain('nat-rebind');
  });
});
