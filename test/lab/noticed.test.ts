import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, type onTestFinished, test } from 'vitest';
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

interface Run extends RunningCli {
  /** What was written of its only cell. */
  cell(): Cell;
}

/** A run in the middle of the traffic of its only cell. */
async function inTraffic(arms: string, onFinished: typeof onTestFinished): Promise<Run> {
  const folder = mkdtempSync(join(tmpdir(), 'mqbench-noticed-'));
  const [file, out] = [join(folder, 'x.yaml'), join(folder, 'out')];
  writeFileSync(file, scenario(arms));
  const cli = startCli(['run', file, '--out', out]);
  onFinished(() => {
    cli.child.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  });
  await cli.sees('· traffic');
  await sleep(1500);
  const cell = (): Cell =>
    (JSON.parse(readFileSync(join(out, String(readdirSync(out)[0]), 'result.json'), 'utf8')) as Result)
      .cells[0] as Cell;
  return { ...cli, cell };
}

/** The program itself, not what took it into the lab and waits for it. */
const programOf = (run: RunningCli, entry: string): number =>
  familyOf(run.child.pid as number)
    .filter(({ command }) => command.includes(entry))
    .at(-1)?.pid as number;

const codes = ({ doubts }: Cell): string[] => doubts.map(({ code }) => code);

const missing = labMissing();
const title = `in the middle of a cell${missing ? ` (skipped: ${missing})` : ''}`;
describe.skipIf(missing !== undefined)(title, { concurrent: true, timeout: 60_000 }, () => {
  test.for([
    ['the broker', 'dist/broker/entry.js'],
    ['the link emulator', 'dist/lab/emulator/entry.js'],
  ] as const)(
    '%s that is stopped for a while is a doubt that names it',
    async ([name, entry], { expect, onTestFinished: onFinished }) => {
      const run = await inTraffic('[tcp]', onFinished);
      const pid = programOf(run, entry);
      process.kill(pid, 'SIGSTOP');
      await run.sees(`${name} is stopped (SIGSTOP)`);
      await sleep(1500);
      process.kill(pid, 'SIGCONT');
      const { code, stderr } = await run.ended;
      expect(code, stderr).toBe(0);
      const cell = run.cell();
      expect(cell.status).toBe('finished');
      const [stopped, ...more] = cell.doubts.filter((doubt) => doubt.code === 'role-stopped');
      expect(more).toEqual([]);
      expect(stopped?.message).toMatch(new RegExp(`^${name} was stopped .* (1\\.[5-9]|2\\.)\\d* s`));
      expect(codes(cell)).not.toContain('connections-lost');
    },
  );

  test('the broker that dies leaves a cell with what was measured until then', async ({
    expect,
    onTestFinished: onFinished,
  }) => {
    const run = await inTraffic('[tcp]', onFinished);
    process.kill(programOf(run, 'dist/broker/entry.js'), 'SIGKILL');
    expect((await run.ended).code).toBe(4);
    const cell = run.cell();
    expect(cell.error?.message).toContain('the broker process ended');
    expect(cell.metrics.distributions['publish.ack']?.count).toBeGreaterThan(50);
    expect(cell.timeline?.series.acknowledged?.length).toBeGreaterThan(3);
    expect(codes(cell)).toContain('partial');
  });

  test.skipIf(!existsSync('/usr/lib/nginx/modules/ngx_stream_module.so')).for(['worker process', 'master process'])(
    'the %s of nginx that dies is noticed within 2 s and named',
    async (which, { expect, onTestFinished: onFinished }) => {
      const run = await inTraffic('[{ transport: tls, terminator: nginx }]', onFinished);
      process.kill(programOf(run, `nginx: ${which}`), 'SIGKILL');
      const killedAt = performance.now();
      await run.sees('nginx@20ms: failed');
      expect(performance.now() - killedAt).toBeLessThan(4000); // noticed, salvaged and torn down
      expect((await run.ended).code).toBe(4);
      const cell = run.cell();
      expect(cell.error).toMatchObject({ code: 'MQB_ROLE_DIED', message: expect.stringContaining('nginx') });
      expect(cell.metrics.distributions['publish.ack']?.count).toBeGreaterThan(50);
    },
  );
});
