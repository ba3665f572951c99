import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openLab } from '../../src/lab/lab.js';
import { readResult } from '../../src/result/read.js';
import type { Cell } from '../../src/result/types.js';
import { runCli, startCli } from '../helpers/cli.js';
import { measure } from '../helpers/measure.js';
import { tellSkipped } from '../helpers/skipped.js';
import { whyNot } from './conditions.js';

// A broker elsewhere, in a namespace of its own that only this host leads to: what a scenario does to its network
// happens to clients of that broker, through the way out of the lab.

const isRoot = process.getuid?.() === 0;
const why = tellSkipped('the way out of the lab', isRoot ? await whyNot('tun') : 'needs root');
const main = new URL('../../dist/main.js', import.meta.url).pathname;
const folder = mkdtempSync(join(tmpdir(), 'mqbench-uplink-'));
const elsewhere = `mqbt-${process.pid}`;
const device = `mqbt${process.pid}`.slice(0, 15);
/** TEST-NET-3 (RFC 5737): nobody has them. */
const [here, there] = ['203.0.113.1', '203.0.113.2'];
let broker: ChildProcess;

const ip = (...args: string[]): string => execFileSync('ip', args, { encoding: 'utf8' });

beforeAll(async () => {
  if (why !== undefined) return;
  ip('netns', 'add', elsewhere);
  ip('link', 'add', device, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', elsewhere);
  ip('address', 'add', `${here}/30`, 'dev', device);
  ip('link', 'set', device, 'up');
  ip('-n', elsewhere, 'address', 'add', `${there}/30`, 'dev', 'eth0');
  ip('-n', elsewhere, 'link', 'set', 'eth0', 'up');
  ip('-n', elsewhere, 'link', 'set', 'lo', 'up');
  const listeners = [
    '--host',
    there,
    '--tcp',
    '1883',
    '--quic',
    '14567',
    '--tls',
    'off',
    '--ws',
    'off',
    '--wss',
    'off',
  ];
  const args = [
    'netns',
    'exec',
    elsewhere,
    process.execPath,
    main,
    'broker',
    ...listeners,
    '--ca-out',
    join(folder, 'ca.pem'),
  ];
  broker = spawn('ip', args, { stdio: ['ignore', 'pipe', 'inherit'] });
  await new Promise((resolve) => broker.stdout?.once('data', resolve));
});
afterAll(() => {
  broker?.kill('SIGTERM');
  for (const args of [
    ['link', 'delete', device],
    ['netns', 'delete', elsewhere],
  ])
    try {
      ip(...args);
    } catch {
      // it was not made
    }
  rmSync(folder, { recursive: true, force: true });
});

const scenario = (duration: string): string => `
title: A broker elsewhere
arms: [tcp, quic]
brokers:
  - { name: ours, url: { tcp: "mqtt://${there}", quic: "quic://${there}" }, ca: ${join(folder, 'ca.pem')} }
network: { rtt: 40ms, loss: 1% }
lab: { clientAddresses: 4 }
load:
  clients: 8
  connectRate: 100/s
  keepalive: 20s
  subscribe: { topic: "t/%c", qos: 1 }
  publish: { topic: "t/%c", qos: 1, payload: 64, rate: 40/s }
  reconnect: { first: 100ms, max: 500ms }
  deadAfter: 6s
  duration: ${duration}
  drain: 8s
timeline:
  - { at: 1s, do: rebind }
`;

/** What the way out changes on this host. */
const traces = (): string => {
  const forwarding = readdirSync('/proc/sys/net/ipv4/conf').map(
    (name) => `${name} ${readFileSync(`/proc/sys/net/ipv4/conf/${name}/forwarding`, 'utf8').trim()}`,
  );
  const tables = execFileSync('nft', ['list', 'tables'], { encoding: 'utf8' });
  return [...forwarding, tables, ip('route'), ip('-o', 'link').replaceAll(/^\d+: /gm, '')].join('\n');
};

describe.skipIf(why !== undefined)('a broker elsewhere, behind the lab', { timeout: 120_000 }, () => {
  it('is reached through the damaged link, and moves happen to its clients', async () => {
    writeFileSync(join(folder, 'ours.yaml'), scenario('4s'));
    const before = traces();
    const { cells } = await measure(join(folder, 'ours.yaml'));
    const [tcp, quic] = cells as [Cell, Cell];
    for (const { id, status, error, metrics, link, resources } of cells) {
      expect([id, status, error?.message]).toEqual([id, 'finished', undefined]);
      expect(metrics.distributions['connect.connack']?.min, id).toBeGreaterThan(0.98 * 2 * 40_000);
      expect(metrics.values, id).toMatchObject({ 'clients.connected': 8, 'messages.missing': 0 });
      expect(link?.up?.packetsIn, id).toBeGreaterThan(100);
      // What it cost that broker is not known.
      expect(metrics.values['broker.message.cpu'], id).toBeUndefined();
      expect(
        resources.map(({ role }) => role),
        id,
      ).not.toContain('broker');
    }
    const outcome = ({ events }: Cell) => events[0]?.metrics?.values;
    expect(outcome(tcp)).toMatchObject({ 'clients.survived': 0, 'clients.reconnected': 8 });
    expect(outcome(quic)).toMatchObject({ 'clients.survived': 8, 'clients.reconnected': 0 });
    expect(traces()).toBe(before);
  });

  it('leaves nothing on the host when it is killed', async () => {
    writeFileSync(join(folder, 'killed.yaml'), scenario('60s'));
    const before = traces();
    const cli = startCli(['run', 'killed.yaml', '--only', 'tcp'], { cwd: folder });
    await cli.sees('traffic');
    expect(traces()).not.toBe(before);
    cli.child.kill('SIGKILL');
    await expect.poll(traces).toBe(before);
    expect(existsSync(`/proc/${cli.child.pid}/root`)).toBe(false);
  });
});

/** What comes to the client side from this host goes through the link to the broker, and back. */
const wayRules = (there: string, broker: string): string => `table ip path {
  chain in { type nat hook prerouting priority dstnat; ip daddr ${there} dnat to ${broker}; }
  chain out { type nat hook postrouting priority srcnat; masquerade; }
}`;

// It runs on the server side of one lab, whose link is the long way, and its clients are in another. This host is between them.
describe.skipIf(why !== undefined)('a broker elsewhere, at the end of a long way', { timeout: 120_000 }, () => {
  const [here, there] = ['198.51.100.1', '198.51.100.2']; // of TEST-NET-2
  const delayMicros = 15_000;
  const wayDevice = `mqbw${process.pid}`.slice(0, 15);
  let way: Awaited<ReturnType<typeof openLab>> | undefined;
  beforeAll(async () => {
    if (why !== undefined) return;
    way = await openLab({ seed: 1, backend: 'tun', profile: { up: { delayMicros }, down: { delayMicros } } });
    ip('link', 'add', wayDevice, 'type', 'veth', 'peer', 'name', 'host0', 'netns', way.networkOf('client'));
    ip('address', 'add', `${here}/30`, 'dev', wayDevice);
    ip('link', 'set', wayDevice, 'up');
    const setUp = `ip address add ${there}/30 dev host0 && ip link set host0 up && echo 1 > /proc/sys/net/ipv4/ip_forward && nft -f -`;
    const inside = way.spawn('client', 'sh', ['-c', setUp], { stdio: ['pipe', 'ignore', 'inherit'] });
    inside.stdin?.end(wayRules(there, way.serverAddress));
    expect(await once(inside, 'exit')).toEqual([0, null]);
    const off = ['--tls', 'off', '--ws', 'off', '--wss', 'off', '--quic', 'off'];
    const broker = way.spawn(
      'server',
      process.execPath,
      [main, 'broker', '--host', way.serverAddress, '--tcp', '1883', ...off],
      {
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    );
    await once(broker.stdout as NodeJS.ReadableStream, 'data');
  }, 60_000);
  afterAll(() => way?.close());

  it('is told apart from the network of the scenario: the way is measured, and doubted', async () => {
    writeFileSync(
      join(folder, 'far.yaml'),
      `title: A broker far away
arms: [tcp]
brokers: [{ name: far, url: { tcp: "mqtt://${there}" } }]
network: { rtt: 40ms }
load:
  clients: 4
  connectRate: 100/s
  subscribe: { topic: "t/%c", qos: 1 }
  publish: { topic: "t/%c", qos: 1, payload: 64, rate: 20/s }
  duration: 3s
  drain: 2s
`,
    );
    const out = join(folder, 'far');
    const { code, stdout, stderr } = await runCli(['run', join(folder, 'far.yaml'), '--out', out]);
    expect(code, stdout + stderr).toBe(0);
    const { cells } = await readResult(join(out, String(readdirSync(out)[0])));
    const [cell] = cells;
    const { values, distributions } = cell?.metrics ?? { values: {}, distributions: {} };
    for (const name of ['path.before', 'path.rtt', 'path.rtt.p90'] as const) {
      // Nothing is faster than the way; and it is the way that is measured, and not the scenario's 40 ms on top of it.
      expect(values[name], name).toBeGreaterThan(2 * delayMicros);
    }
    expect(values['path.before']).toBeLessThan(2 * delayMicros + 40_000);
    expect(distributions['publish.ack']?.min).toBeGreaterThan(0.98 * (40_000 + 2 * delayMicros));
    expect(cell?.doubts).toContainEqual(
      expect.objectContaining({
        code: 'path-behind',
        message: expect.stringMatching(
          /^the way from this host to the broker adds \d.*where the scenario’s network has 40\.0 ms$/,
        ),
      }),
    );
    expect(stdout).toMatch(/Path to broker median\s+\d/);
  });
});
