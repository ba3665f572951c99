import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type CliOutcome, runCli, startCli } from '../helpers/cli.js';
import { familyOf } from '../helpers/family.js';
import { availableBackends } from './conditions.js';

const backends = await availableBackends();
/** In a process of its own, which is what some commands are about: it joins what another one holds, or becomes a program. */
const runApart = (args: readonly string[]): Promise<CliOutcome> => startCli(args).ended;
const scripts = new URL('../../scripts/network/', import.meta.url).pathname;

describe.runIf(backends.length > 0)('mqbench lab', () => {
  test('a held lab answers status, exec and event from other processes, and ends with Ctrl-C', async () => {
    const name = `test-${process.pid}`;
    const held = startCli(['lab', 'up', '--hold', '--name', name, '--profile', '3g', '--clients', '2']);
    await held.sees('is up');
    const status = JSON.parse((await runApart(['lab', 'status', '--name', name, '--json'])).stdout)[0];
    expect(status.link.down).toMatch(/delay 150000us rate 1600000bit/);
    expect(status.outer).toEqual(['10.71.1.1 198.19.0.1:1024-32999', '10.71.1.2 198.19.0.2:1024-32999']);

    const inside = await runApart(['lab', 'exec', 'client', '--name', name, '--', 'ip', '-brief', 'address']);
    expect(inside.stdout).toContain('10.71.1.2/16');
    expect((await runApart(['lab', 'exec', 'server', '--name', name, '--', 'sh', '-c', 'exit 7'])).code).toBe(7);

    const rebind = await runApart(['lab', 'event', 'rebind', '--name', name]);
    expect(rebind.stdout).toMatch(/outerAfter\s+198.19.0.3:1024-32999, 198.19.0.4/);
    const shown = await runApart(['lab', 'status', '--name', name]);
    expect(shown.stdout).toContain('10.71.1.1 → 198.19.0.3');

    held.child.kill('SIGINT');
    expect((await held.ended).code).toBe(0);
    const gone = await runApart(['lab', 'status', '--name', name]);
    expect(gone.code).toBe(2);
    expect(gone.stderr).toContain(`no lab called "${name}" is up`);
  }, 60_000);

  test('a link of the slowest kind is measured without TCP, which does not get going on it', async () => {
    const { code, stdout } = await runCli(['lab', 'measure', 'rate 20kbit', '--packets', '20']);
    expect(code).toBe(0);
    const rate = /rate {5}UDP ([\d.]+) kbit\/s$/m.exec(stdout)?.[1];
    expect(Number(rate)).toBeGreaterThan(19);
    expect(Number(rate)).toBeLessThan(21);
  }, 60_000);

  test('Ctrl-C, which a terminal sends to every process of the group, ends a held lab in order', async () => {
    const main = new URL('../../dist/main.js', import.meta.url).pathname;
    const args = [main, 'lab', 'up', '--name', `group-${process.pid}`];
    const held = spawn(process.execPath, args, { detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
    let errors = '';
    held.stderr.on('data', (text) => {
      errors += text;
    });
    await once(held.stdout, 'data');
    process.kill(-held.pid!, 'SIGINT');
    const [code, signal] = await once(held, 'exit');
    expect([code, signal, errors]).toEqual([0, null, '']);
  });

  test('a lab with a name of its own is named in every instruction, and exec without a name makes none beside it', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'mqbench-lab-named-'));
    const where = { env: { TMPDIR: folder } }; // where labs are found: none but those of this test
    const held = startCli(['lab', 'up', '--name', 'far', '--up', 'delay 1ms'], where);
    await held.sees('Ctrl-C');
    expect(held.said().split('\n')[1]).toBe('mqbench lab exec client --name far -- COMMAND runs in it; Ctrl-C ends it');
    const typed = await startCli(['lab', 'exec', 'client', '--name', 'far', '--', 'echo', 'there'], where).ended;
    expect(typed).toMatchObject({ code: 0, stdout: 'there\n', stderr: '' });

    const exec = await startCli(['lab', 'exec', 'client', '--', 'echo', 'pristine'], where).ended;
    expect(exec).toMatchObject({ code: 2, stdout: '' });
    expect(exec.stderr).toMatchInlineSnapshot(`
      "mqbench: no --name is given, and the lab "far" is up
        → mqbench lab exec --name far … runs in it; what describes a lab, e.g. --profile 4g, makes one of its own
      "
    `);
    const event = await startCli(['lab', 'event', 'rebind'], where).ended;
    expect(event.stderr).toMatchInlineSnapshot(`
      "mqbench: no lab called "lab" is up
        → the lab "far" is up: name one with --name; or start one: mqbench lab up --profile 4g --hold
      "
    `);
    const typo = await startCli(['lab', 'status', '--name', 'fra'], where).ended;
    expect(typo.stderr).toMatchInlineSnapshot(`
      "mqbench: no lab called "fra" is up
        → the lab "far" is up: name one with --name; or start one: mqbench lab up --name fra --profile 4g --hold
      "
    `);

    held.child.kill('SIGINT');
    expect((await held.ended).code).toBe(0);
    const none = await startCli(['lab', 'event', 'rebind', '--name', 'typo'], where).ended;
    expect(none.stderr).toMatchInlineSnapshot(`
      "mqbench: no lab called "typo" is up
        → start one: mqbench lab up --name typo --profile 4g --hold
      "
    `);
    rmSync(folder, { recursive: true });
  }, 60_000);

  test('exec without a lab makes one for the program alone', async () => {
    const options = ['--mtu', '1280', '--up', 'delay 1ms loss 1%'];
    const made = await runApart(['lab', 'exec', 'client', ...options, '--', 'cat', '/sys/class/net/lo/mtu']);
    expect([made.stdout, made.code]).toEqual([expect.stringMatching(/^\d+\n$/), 0]);
    expect(made.stderr).toMatch(
      /a lab of its own for cat \(\w+, no profile; up: delay 1000us loss 1%, down: nothing\)/,
    );
  });

  test.each([
    [['exec', 'client', '--name', 'typo'], /no lab called "typo" is up/],
    [['event', 'rebind', '--name', 'typo'], /no lab called "typo" is up/],
    [['exec', 'client', '--name', 'typo', '--profile', '4g'], /--name means a lab that is up, and --profile/],
  ])('never acts on another network than the one that is named: %j', async (args, message) => {
    const [command = '', ...more] = args;
    const program = command === 'exec' ? ['--', 'true'] : [];
    const { code, stdout, stderr } = await runCli(['lab', command, ...more, ...program]);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(message);
  });

  test('a program starts in the folder it was called from', async () => {
    const cwd = mkdtempSync(join(tmpdir(), 'mqbench-lab-cwd-'));
    writeFileSync(join(cwd, 'my.conf'), 'mine');
    const { stdout, code } = await startCli(['lab', 'exec', 'client', '--up', 'delay 1ms', '--', 'cat', 'my.conf'], {
      cwd,
    }).ended;
    expect([stdout, code]).toEqual(['mine', 0]);
    rmSync(cwd, { recursive: true });
  });

  test('a capture that cannot be written is refused at once', async () => {
    const { code, stderr, tookMs } = await runCli(['lab', 'up', '--capture', '/proc/x']);
    expect(code).toBe(2);
    expect(stderr).toContain('cannot write a capture to /proc/x');
    expect(tookMs).toBeLessThan(10_000);
  });

  test.each(['emulator', 'holder'])(
    'a held lab whose %s is killed ends with exit code 4 and leaves its name free',
    async (role) => {
      const name = `dies-${role}-${process.pid}`;
      const held = startCli(['lab', 'up', '--hold', '--name', name, '--backend', 'tun']);
      await held.sees('is up');
      const family = familyOf(held.child.pid as number);
      const entry = role === 'emulator' ? 'dist/lab/emulator/entry.js' : 'unshare';
      const victim = family.filter(({ command }) => command.includes(entry)).at(-1) as { pid: number };
      process.kill(victim.pid, 'SIGKILL');
      const killedAt = performance.now();
      const { code, stderr } = await held.ended;
      expect(performance.now() - killedAt).toBeLessThan(5_000);
      expect(code, stderr).toBe(4);
      const exec = await runCli(['lab', 'exec', 'client', '--name', name, '--', 'true']);
      expect([exec.code, exec.stderr]).toEqual([2, expect.stringContaining(`no lab called "${name}" is up`)]);
    },
    30_000,
  );

  test.each([
    [['lab', 'up', '--up', 'reorder 20%'], /reorder needs delayMicros/],
    [['lab', 'up', '--profile', 'satelite'], /did you mean satellite/],
    [['lab', 'up', '--up', 'loss 140%'], /140%/],
    [['lab', 'event', 'rebindd'], /did you mean rebind/],
    [['lab', 'exec', 'clent', '--', 'true'], /client, nat, server/],
  ])('bad input: %j', async (args, message) => {
    const { code, stderr } = await runCli(args);
    expect(code).toBe(2);
    expect(stderr).toMatch(message);
  });
});

describe('mqbench doctor', () => {
  test('names what it looked at, and every thing that is missing has a fix', async () => {
    const { stdout, code } = await runCli(['doctor', '--json']);
    const findings = JSON.parse(stdout) as { what: string; verdict: string; fix?: string; essential: boolean }[];
    const names = findings.map(({ what }) => what);
    expect(names).toEqual(
      expect.arrayContaining([
        'Node',
        'QUIC',
        'containers',
        'lab programs',
        'namespaces',
        'netem',
        'tun',
        'network lab',
      ]),
    );
    for (const { what, verdict, fix } of findings) if (verdict === 'missing') expect(fix, what).toBeTruthy();
    const bad = findings.some(({ verdict, essential }) => essential && verdict === 'missing');
    expect(code).toBe(bad ? 3 : 0);
    const lab = findings.find(({ what }) => what === 'network lab');
    expect(lab?.verdict).toBe(backends.length > 0 ? 'works' : 'missing');
  });
});

describe('the network scripts', () => {
  test.each(['namespaces.sh', 'nat.sh', 'netem.sh', 'balancer.sh', 'uplink.sh'])('%s explains itself', (name) => {
    const { stdout, status } = spawnSync('sh', [`${scripts}${name}`, '--help'], { encoding: 'utf8' });
    expect(status).toBe(0);
    expect(stdout).toContain(`usage: ${name} `);
    expect(stdout).not.toContain('set -eu');
  });

  test.each([
    [['namespaces.sh', 'up', '--clients', '0'], /1 to 5000/],
    [['namespaces.sh'], /say up or down/],
    [['nat.sh', 'rebind', '--wat'], /unknown option --wat/],
    [['netem.sh', 'apply'], /--up or --down/],
    [['netem.sh', 'apply', '--profile', 'nope'], /no network called nope/],
    [['netem.sh', 'blackout', 'soon'], /number of seconds/],
  ])('%j is refused', ([name, ...args], message) => {
    const { stderr, status } = spawnSync('sh', [`${scripts}${name}`, ...args], { encoding: 'utf8' });
    expect(status).toBe(2);
    expect(stderr).toMatch(message);
  });
});
