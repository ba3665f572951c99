import { mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, test } from 'vitest';
import { exitCodes } from '../../src/base/exit-codes.js';
import type { Cell, Result } from '../../src/result/types.js';
import { startCli } from '../helpers/cli.js';
import { alive, familyOf, namespacesOf, newMark, type Relative } from '../helpers/family.js';
import { labMissing } from '../helpers/lab-available.js';

const scenario = `
title: A role is killed
arms: [tcp, tls]
network: { rtt: [20ms] }
load:
  clients: 10
  connectRate: 200/s
  subscribe: { topic: "t/%c", qos: 1 }
  publish: { topic: "t/%c", qos: 1, payload: 64, rate: 100/s }
  duration: 2s
  drain: 500ms
`;

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'mqbench-killed-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What is written of the run by now; a cell is there as soon as it has ended. */
function cellsSoFar(out: string): readonly Cell[] {
  const [run] = readdirSync(out);
  return (JSON.parse(readFileSync(join(out, String(run), 'result.json'), 'utf8')) as Result).cells;
}

/** The program itself, not the tools that took it into its namespace and wait for it. */
function roleIn(family: readonly Relative[], entry: string): Relative {
  const own = readlinkSync('/proc/self/ns/net');
  const found = family.filter(({ command, namespace }) => command.includes(entry) && namespace !== own);
  return found.find(({ command }) => command.startsWith(process.execPath)) ?? (found.at(-1) as Relative);
}

const roles = [
  { name: 'broker', entry: 'dist/broker/entry.js' },
  { name: 'load worker', entry: 'dist/load/worker/entry.js' },
  { name: 'link emulator', entry: 'dist/lab/emulator/entry.js' },
];

const missing = labMissing();
describe
  .skipIf(missing !== undefined)
  .concurrent(`in the middle of a run${missing ? ` (skipped: ${missing})` : ''}`, () => {
    test.for(roles)(
      'kill -9 of the $name ends its cell within 5 s; the other runs, nothing is left',
      { timeout: 90_000 },
      async (role, { expect }) => {
        const out = join(folder, role.name);
        const file = join(folder, `${role.name}.yaml`);
        writeFileSync(file, `${scenario}lab: { backend: tun }\n`);
        const mark = newMark();
        const cli = startCli(['run', file, '--out', out], { env: mark });
        await cli.sees('[1/2] tcp@20ms · traffic');
        const main = cli.child.pid as number;
        const family = familyOf(main);
        expect(namespacesOf(mark).length).toBeGreaterThanOrEqual(2); // client and server side
        const victim = roleIn(family, role.entry);
        process.kill(victim.pid, 'SIGKILL');
        const killedAt = performance.now();
        await expect.poll(() => cellsSoFar(out)[0]?.status, { timeout: 20_000, interval: 50 }).toBe('failed');
        expect(performance.now() - killedAt).toBeLessThan(5000);

        // While the next cell runs, all of this one is gone: its processes and its namespaces.
        await cli.sees('[2/2] tls@20ms · traffic');
        const second = familyOf(main);
        expect(namespacesOf(mark).length).toBeGreaterThanOrEqual(2);
        expect(family.filter(({ pid }) => pid !== main && alive(pid))).toEqual([]);
        const outcome = await cli.ended;
        expect(outcome.code, outcome.stderr).toBe(exitCodes.run);
        const [tcp, tls] = cellsSoFar(out);
        expect(tcp?.error?.code).toBe('MQB_ROLE_DIED');
        expect(tcp?.error?.message).toContain(`the ${role.name}`);
        expect(outcome.stdout + outcome.stderr).toContain(tcp?.error?.message);
        expect(tls?.status).toBe('finished');
        expect(tls?.metrics.values['messages.missing']).toBe(0);
        const left = () => ({
          processes: [...family, ...second].filter(({ pid }) => alive(pid)),
          namespaces: namespacesOf(mark),
        });
        await expect.poll(left, { timeout: 5000 }).toEqual({ processes: [], namespaces: [] });
      },
    );
  });
