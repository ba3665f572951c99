import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, it } from 'vitest';
import type { Cell, Result } from '../../src/result/types.js';
import { mosquittoPath } from '../broker/mosquitto.js';
import { slowMosquitto } from '../broker/slow-mosquitto.js';
import { type CliOutcome, runCli, startCli } from '../helpers/cli.js';
import { buildImage, containersMissing, ownContainers, removeImage } from '../helpers/containers.js';
import { labMissing } from '../helpers/lab-available.js';
import { tellSkipped } from '../helpers/skipped.js';

const image = `localhost/mqbench-test/mosquitto:${process.pid}`;
const slowImage = `localhost/mqbench-test/slow:${process.pid}`;
const noContainers = tellSkipped('brokers in containers', containersMissing(image, mosquittoPath));

const all = mkdtempSync(join(tmpdir(), 'mqbench-broker-images-'));
const built = noContainers ? [] : [image];
afterAll(() => {
  for (const one of built) removeImage(one);
  rmSync(all, { recursive: true, force: true });
});

const scenario = (brokers: object, network = 'none', load = ''): string => `
title: Brokers in containers
arms: [tcp]
brokers: ${JSON.stringify(brokers)}
network: ${network}
load:
  clients: 5
  connectRate: 100/s
  subscribe: { topic: "t/%c", qos: 1 }
  publish: { topic: "t/%c", qos: 1, payload: 64, rate: 50/s }
  duration: 400ms
  drain: 1s
${load}`;

async function run(text: string, flags: readonly string[] = []): Promise<CliOutcome & { result: Result; out: string }> {
  const folder = mkdtempSync(join(all, 'case-'));
  writeFileSync(join(folder, 'x.yaml'), text);
  const outcome = await runCli(['run', 'x.yaml', '--out', 'out', ...flags], { cwd: folder });
  const [name = ''] = readdirSync(join(folder, 'out'));
  const out = join(folder, 'out', name);
  return { ...outcome, result: JSON.parse(readFileSync(join(out, 'result.json'), 'utf8')) as Result, out };
}

const brokerOf = ({ resources }: Cell) => {
  const used = resources.find(({ role }) => role === 'broker');
  if (used === undefined) throw new Error('nothing of the broker is known');
  return { ...used, cpuMicros: used.cpuUserMicros + used.cpuSystemMicros };
};
const imageId = (): string =>
  execFileSync('podman', ['image', 'inspect', '--format', '{{.Id}}', image]).toString().trim();

describe.skipIf(noContainers)('mqbench run against a broker in a container', { timeout: 120_000 }, () => {
  it('bills it as the same broker without one, and keeps what it is made of', async ({ expect }) => {
    const brokers = [{ name: 'boxed', preset: 'mosquitto', image }, 'mosquitto'];
    const busy = '  publish: { topic: "t/%c", qos: 0, payload: 64, rate: 4000/s }\n  duration: 2s\n';
    const text = scenario(brokers).replace(/ {2}publish:.*\n {2}duration:.*\n/, busy);
    const { result, code, stdout, stderr } = await run(text);
    expect(code, stdout + stderr).toBe(0);
    const [boxed, plain] = result.cells.map(brokerOf);
    // Two threads of nothing else: what a runtime adds is its filter of system calls.
    expect(boxed?.processes).toBe(plain?.processes);
    // Ticks of 10 ms: fewer than these would say nothing of a half.
    expect(plain?.cpuMicros).toBeGreaterThanOrEqual(40_000);
    expect((boxed?.cpuMicros ?? 0) / (plain?.cpuMicros ?? 1)).toBeGreaterThan(0.5);
    expect((boxed?.cpuMicros ?? 0) / (plain?.cpuMicros ?? 1)).toBeLessThan(2);
    expect((boxed?.peakRssBytes ?? 0) / (plain?.peakRssBytes ?? 1)).toBeGreaterThan(0.5);
    expect((boxed?.peakRssBytes ?? 0) / (plain?.peakRssBytes ?? 1)).toBeLessThan(2);
    for (const { phases, metrics } of result.cells) {
      expect(metrics.values).toMatchObject({ 'messages.missing': 0, 'clients.connected': 5 });
      // Its processes are the run's own, and not those of somebody else on this machine.
      const traffic = phases?.find(({ name }) => name === 'traffic');
      const roles = traffic?.resources.reduce((sum, one) => sum + one.cpuUserMicros + one.cpuSystemMicros, 0) ?? 0;
      expect(traffic?.machine?.ownMicros).toBeGreaterThanOrEqual(0.95 * roles);
    }
    expect(result.provenance.images).toEqual({
      boxed: { name: image, id: `sha256:${imageId()}`, runtime: expect.stringMatching(/^podman \d/) },
    });
    expect(ownContainers()).toEqual([]);
  });

  it.skipIf(labMissing() ?? (process.getuid?.() === 0 ? undefined : 'not root'))(
    'puts it behind the damaged link of a lab',
    async ({ expect }) => {
      const { result, code, stdout, stderr } = await run(scenario([{ preset: 'mosquitto', image }], '{ rtt: 30ms }'));
      expect(code, stdout + stderr).toBe(0);
      const [cell] = result.cells;
      expect(cell?.metrics.values).toMatchObject({ 'messages.missing': 0, 'clients.connected': 5 });
      expect(cell?.metrics.distributions['publish.ack']?.p50).toBeGreaterThan(30_000);
    },
  );

  it('says why one cannot be had, or ended, with what it printed; others go on', async ({ expect }) => {
    const missing = 'localhost:1/mqbench-test/none:1';
    const { result, code, out } = await run(
      scenario([
        { name: 'none', image: missing, listens: { tcp: 'free' } },
        { name: 'broken', image, command: '-c {dir}/no-such-file', listens: { tcp: 'free' } },
        { name: 'entry', image, command: '-p {port.tcp}', listens: { tcp: 'free' } },
      ]),
    );
    expect(code).toBe(4);
    const [none, broken, entry] = result.cells;
    expect(none?.error).toMatchObject({
      code: 'MQB_IMAGE',
      message: expect.stringContaining(`podman has no image ${missing}, and could not pull ${missing}: `),
      hint: expect.stringContaining(`podman pull ${missing}, or build it: podman build -t ${missing} .`),
    });
    expect(broken?.error?.code).toBe('MQB_BROKER_START');
    expect(broken?.error?.message).toMatch(
      /^the broker broken ended before it listened on port \d+ \(exit code \d+\); the last lines of its log:\n[\s\S]*no-such-file/,
    );
    expect(entry?.status).toBe('finished');
    expect(readFileSync(join(out, 'broker-entry-tcp@loopback.log'), 'utf8')).toMatch(/running[\s\S]*terminating/);
  });

  it('leaves no container behind when it is killed, and removes what others had to leave', async ({ expect }) => {
    const folder = mkdtempSync(join(all, 'case-'));
    writeFileSync(join(folder, 'x.yaml'), scenario([{ preset: 'mosquitto', image }]).replace('400ms', '30s'));
    const cli = startCli(['run', 'x.yaml'], { cwd: folder });
    await cli.sees('traffic');
    const mine = () => ownContainers().filter((line) => line.includes(`-${cli.child.pid}-`));
    const [running = ''] = mine();
    expect(running).not.toBe('');
    cli.child.kill('SIGKILL');
    await expect.poll(mine, { timeout: 10_000 }).toEqual([]);
    // Somebody killed who watched over it as well.
    const [, owner = ''] = /io\.mqbench\.owner:(\S+?)\]?$/.exec(running) ?? [];
    const leave = (label: string): string =>
      execFileSync('podman', ['create', '--label', `io.mqbench.owner=${label}`, image, '-h'], {
        encoding: 'utf8',
      }).trim();
    const [left, elsewhere] = [leave(owner), leave(`another-machine-1-${cli.child.pid}-1`)];
    try {
      const { code } = await startCli(['run', 'x.yaml', '--set', 'load.duration=100ms'], { cwd: folder }).ended;
      expect(code).toBe(0);
      const ids = ownContainers().map((line) => line.split(' ')[0] as string);
      expect(ids.filter((id) => left.startsWith(id))).toEqual([]);
      expect(ids.filter((id) => elsewhere.startsWith(id))).toHaveLength(1);
    } finally {
      execFileSync('podman', ['rm', '-f', elsewhere]);
    }
  });
});

describe.skipIf(noContainers)('mqbench ab with images', { timeout: 180_000 }, () => {
  const small = ['--', 'pubsub', '--pubs', '3', '--subs', '3', '--rate', '100', '-q', '1', '--duration', '300ms'];
  const judged = ['--metric', 'publish.ack.p50', '--margin', '100%'];
  const ab = (...sides: string[]) =>
    runCli(['ab', ...sides, ...judged, ...small], { cwd: mkdtempSync(join(all, 'case-')) });

  it('finds nothing where both sides are the same image', async ({ expect }) => {
    const sides = ['--broker-base', `mosquitto=image:${image}`, '--broker-head', `image:${image} -p {port.tcp}`];
    const { code, stdout, stderr } = await ab(...sides, '--rounds', '1');
    expect(code, stdout + stderr).toBe(0);
    expect(stderr).toContain(`round 1 of 1, base: mosquitto=image:${image} (sha256:${imageId().slice(0, 12)})`);
    expect(stdout.replaceAll(/\s+/g, ' ')).toContain('1 number');
  });

  it('finds an image whose broker became slower', async ({ expect }) => {
    const script = join(all, 'slow.mjs');
    writeFileSync(script, slowMosquitto('/usr/sbin/mosquitto'));
    const programs = { '/usr/sbin/mosquitto': mosquittoPath as string, '/node': process.execPath, '/slow.mjs': script };
    buildImage(slowImage, programs, ['ENTRYPOINT ["/node", "/slow.mjs"]']);
    built.push(slowImage);
    const sides = [
      '--broker-base',
      `mosquitto=image:${image}`,
      '--broker-head',
      `image:${slowImage} {port.tcp} {free.inner}`,
    ];
    const { code, stdout, stderr } = await ab(...sides, '--rounds', '4');
    expect(code, stdout + stderr).toBe(11);
    expect(stdout).toContain('Regression: 1 of 1 numbers is worse.');
  });
});

describe('mqbench ab with an image that cannot be run', () => {
  it('says before the first round that nothing here runs containers', async ({ expect }) => {
    const empty = mkdtempSync(join(all, 'path-'));
    const sides = ['--broker-base', 'image:my/broker:1', '--broker-head', 'image:my/broker:2'];
    const cli = startCli(['ab', ...sides, '--', 'pubsub'], { cwd: empty, env: { PATH: empty } });
    const { code, stderr } = await cli.ended;
    expect(code).toBe(3);
    expect(stderr).toContain('the image my/broker:1 cannot be run: neither podman nor docker is installed');
    expect(readdirSync(empty)).toEqual([]);
  });
});
