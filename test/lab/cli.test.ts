import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, test } from 'vitest';
import { type CliOutcome, startCli } from '../helpers/cli.js';
import { availableBackends } from './conditions.js';

const backends = await availableBackends();
/** In processes of their own, which is what these commands are about: they join what another one holds. */
const runCli = (args: readonly string[]): Promise<CliOutcome> => startCli(args).ended;
const scripts = new URL('../../scripts/network/', import.meta.url).pathname;

describe.runIf(backends.length > 0)('mqbench lab', () => {
  test('a held lab answers status, exec and event from other processes, and ends with Ctrl-C', async () => {
    const name = `test-${process.pid}`;
    const held = startCli(['lab', 'up', '--hold', '--name', name, '--profile', '3g', '--clients', '2']);
    await held.sees('is up');
    const status = JSON.parse((await runCli(['lab', 'status', '--name', name, '--json'])).stdout)[0];
    expect(status.link.down).toMatch(/delay 150000us rate 1600000bit/);
    expect(status.outer).toEqual(['10.71.1.1 198.19.0.1:1024-32999', '10.71.1.2 198.19.0.2:1024-32999']);

    const inside = await runCli(['lab', 'exec', 'client', '--name', name, '--', 'ip', '-brief', 'address']);
    expect(inside.stdout).toContain('10.71.1.2/16');
    expect((await runCli(['lab', 'exec', 'server', '--name', name, '--', 'sh', '-c', 'exit 7'])).code).toBe(7);

    const rebind = await runCli(['lab', 'event', 'rebind', '--name', name]);
    expect(rebind.stdout).toMatch(/outerAfter\s+198.19.0.3:1024-32999, 198.19.0.4/);
    const shown = await runCli(['lab', 'status', '--name', name]);
    expect(shown.stdout).toContain('10.71.1.1 → 198.19.0.3');

    held.child.kill('SIGINT');
    expect((await held.ended).code).toBe(0);
    const gone = await runCli(['lab', 'status', '--name', name]);
    expect(gone.code).toBe(2);
    expect(gone.stderr).toContain(`no lab called "${name}" is up`);
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

  test('exec without a lab makes one for the program alone', async () => {
    const options = ['--name', `none-${process.pid}`, '--mtu', '1280', '--up', 'delay 1ms loss 1%'];
    const { stdout, code } = await runCli(['lab', 'exec', 'client', ...options, '--', 'cat', '/sys/class/net/lo/mtu']);
    expect([stdout, code]).toEqual([expect.stringMatching(/^\d+\n$/), 0]);
  });

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
      expect.arrayContaining(['Node', 'QUIC', 'lab programs', 'namespaces', 'netem', 'tun', 'network lab']),
    );
    for (const { what, verdict, fix } of findings) if (verdict === 'missing') expect(fix, what).toBeTruthy();
    const bad = findings.some(({ verdict, essential }) => essential && verdict === 'missing');
    expect(code).toBe(bad ? 3 : 0);
    const lab = findings.find(({ what }) => what === 'network lab');
    expect(lab?.verdict).toBe(backends.length > 0 ? 'works' : 'missing');
  });
});

describe('the network scripts', () => {
  test.each(['namespaces.sh', 'nat.sh', 'netem.sh', 'balancer.sh'])('%s explains itself', (name) => {
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
