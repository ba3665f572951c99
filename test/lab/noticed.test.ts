import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Cell, Result } from '../../src/result/types.js';
import { type RunningCli, startCli } from '../helpers/cli.js';
import { familyOf } from '../helpers/family.js';
import { labMissing } from '../helpers/lab-available.js';

const scenario = (arms: string): string => `
title: Something happens to a role
arms: ${arms}
network: { rtt: [20ms] }
load:
  clients: 10
  connectRate: 200/s
  subscribe: { topic: "t/%c", qos: 1 }
  publish: { topic: "t/%c", qos: 1, payload: 64, rate: 100/s }
  duration: 6s
  drain: 500ms
lab: { backend: tun }
`;

let folder: string;
let cli: RunningCli | undefined;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mqbench-noticed-'));
});
afterEach(() => {
  cli?.child.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

/** A run in the middle of the traffic of its only cell. */
async function inTraffic(arms: string): Promise<RunningCli> {
  const file = join(folder, 'x.yaml');
  writeFileSync(file, scenario(arms));
  cli = startCli(['run', file, '--out', join(folder, 'out')]);
  await cli.sees('· traffic');
  await sleep(1500);
  return cli;
}

function onlyCell(): Cell {
  const out = join(folder, 'out');
  const { cells } = JSON.parse(readFileSync(join(out, String(readdirSync(out)[0]), 'result.json'), 'utf8')) as Result;
  return cells[0] as Cell;
}

/** The program itself, not what took it into the lab and waits for it. */
const programOf = (run: RunningCli, entry: string): number =>
  familyOf(run.child.pid as number)
    .filter(({ command }) => command.includes(entry))
    .at(-1)?.pid as number;

const codes = ({ doubts }: Cell): string[] => doubts.map(({ code }) => code);

const missing = labMissing();
describe.skipIf(missing !== undefined)(`in the middle of a cell${missing ? ` (skipped: ${missing})` : ''}`, () => {
  test.each([
    ['the broker', 'dist/broker/entry.js'],
    ['the link emulator', 'dist/lab/emulator/entry.js'],
  ])(
    '%s that is stopped for a while is a doubt that names it',
    async (name, entry) => {
      const run = await inTraffic('[tcp]');
      const pid = programOf(run, entry);
      process.kill(pid, 'SIGSTOP');
      await run.sees(`${name} is stopped (SIGSTOP)`);
      await sleep(1500);
      process.kill(pid, 'SIGCONT');
      const { code, stderr } = await run.ended;
      expect(code, stderr).toBe(0);
      const cell = onlyCell();
      expect(cell.status).toBe('finished');
      const [stopped, ...more] = cell.doubts.filter((doubt) => doubt.code === 'role-stopped');
      expect(more).toEqual([]);
      expect(stopped?.message).toMatch(new RegExp(`^${name} was stopped .* (1\\.[5-9]|2\\.)\\d* s`));
      expect(codes(cell)).not.toContain('connections-lost');
    },
    60_000,
  );

  test('the broker that dies leaves a cell with what was measured until then', async () => {
    const run = await inTraffic('[tcp]');
    process.kill(programOf(run, 'dist/broker/entry.js'), 'SIGKILL');
    expect((await run.ended).code).toBe(4);
    const cell = onlyCell();
    expect(cell.error?.message).toContain('the broker process ended');
    expect(cell.metrics.distributions['publish.ack']?.count).toBeGreaterThan(50);
    expect(cell.timeline?.series.acknowledged?.length).toBeGreaterThan(3);
    expect(codes(cell)).toContain('partial');
  }, 60_000);

  test.skipIf(!existsSync('/usr/lib/nginx/modules/ngx_stream_module.so')).each(['worker process', 'master process'])(
    'the %s of nginx that dies is noticed within 2 s and named',
    async (which) => {
      const run = await inTraffic('[{ transport: tls, terminator: nginx }]');
      process.kill(programOf(run, `nginx: ${which}`), 'SIGKILL');
      const killedAt = performance.now();
      await run.sees('nginx@20ms: failed');
      expect(performance.now() - killedAt).toBeLessThan(4000); // noticed, salvaged and torn down
      expect((await run.ended).code).toBe(4);
      const cell = onlyCell();
      expect(cell.error).toMatchObject({ code: 'MQB_ROLE_DIED', message: expect.stringContaining('nginx') });
      expect(cell.metrics.distributions['publish.ack']?.count).toBeGreaterThan(50);
    },
    60_000,
  );
});
