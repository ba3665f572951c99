import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, it } from 'vitest';
import { readResult } from '../../src/result/read.js';
import type { Result } from '../../src/result/types.js';
import { find, hasMosquitto } from '../broker/mosquitto.js';
import { hasRabbitmq } from '../broker/rabbitmq.js';
import { runCli } from '../helpers/cli.js';
import { tellSkipped } from '../helpers/skipped.js';
import { availableBackends } from './conditions.js';

// The brokers of Debian where a scenario has its own: in the lab, behind its link and its NAT.

const backends = await availableBackends();
const folder = mkdtempSync(join(tmpdir(), 'mqbench-brokers-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const hasNats = find('nats-server') !== undefined;
const missing = [
  ...(hasMosquitto ? [] : ['mosquitto']),
  ...(hasRabbitmq ? [] : ['rabbitmq-server']),
  ...(hasNats ? [] : ['nats-server']),
];
const why = tellSkipped(
  'brokers in the lab',
  missing.length === 0 ? undefined : `not installed: ${missing.join(', ')} (apt-get install ${missing.join(' ')})`,
);

async function run(args: readonly string[]): Promise<{ result: Result; code: number | null; text: string }> {
  const out = mkdtempSync(join(folder, 'out-'));
  const { code, stdout, stderr } = await runCli(['run', ...args, '--out', out]);
  return { result: await readResult(join(out, String(readdirSync(out)[0]))), code, text: stdout + stderr };
}

describe.skipIf(backends.length === 0 || why !== undefined)(
  'brokers of others in the lab',
  { timeout: 300_000 },
  () => {
    it('brokers: four of them keep the promise of QoS 1 on a lossy link', async ({ expect }) => {
      const { result, code, text } = await run(['brokers', '--quick']);
      expect([0, 10], text).toContain(code);
      expect(result.cells.map(({ id, status, error }) => [id, status, error?.message])).toEqual(
        ['included', 'mosquitto', 'rabbitmq', 'nats-server'].map((name) => [
          `${name}-tcp@lossy`,
          'finished',
          undefined,
        ]),
      );
      let cpuMicros = 0;
      for (const { id, metrics, resources, link } of result.cells) {
        expect(metrics.values, id).toMatchObject({ 'clients.connected': 40, 'messages.missing': 0 });
        expect(metrics.distributions['connect.connack']?.min, id).toBeGreaterThan(0.98 * 2 * 10_000);
        const billed = resources.find(({ role }) => role === 'broker');
        expect(billed?.peakRssBytes, id).toBeGreaterThan(0);
        cpuMicros += (billed?.cpuUserMicros ?? 0) + (billed?.cpuSystemMicros ?? 0);
        expect(link?.up?.packetsLost, id).toBeGreaterThan(0);
      }
      // The kernel counts in ticks of 10 ms, which the frugal ones of these brokers need not reach in so short a load.
      expect(cpuMicros).toBeGreaterThan(100_000);
    });

    it('nat-rebind: what a move does to clients of mosquitto; its QUIC is not possible here', async ({ expect }) => {
      const { result, code, text } = await run(['nat-rebind', '--quick', '--brokers', 'mosquitto']);
      expect([0, 10], text).toContain(code);
      const tcp = result.cells.filter(({ arm }) => arm === 'tcp');
      expect(tcp.length).toBeGreaterThan(0);
      for (const { id, status, events } of tcp) {
        expect([id, status]).toEqual([id, 'finished']);
        const rebind = events.find(({ name }) => name === 'rebind');
        expect(rebind?.metrics?.values, id).toMatchObject({ 'clients.survived': 0, 'clients.reconnected': 50 });
      }
      for (const { status, error } of result.cells.filter(({ arm }) => arm === 'quic'))
        expect([status, error?.message]).toEqual([
          'unsupported',
          'the broker mosquitto does not offer quic, but tcp, tls, ws, wss',
        ]);
    });

    it('nat-rebind: behind the gateway clients of mosquitto go on over QUIC', async ({ expect }) => {
      const { result, code, text } = await run([
        ...['nat-rebind', '--quick', '--brokers', 'mosquitto', '--only', 'forward'],
        ...['--set', 'arms=[{transport: quic, terminator: gateway}]'],
      ]);
      expect([0, 10], text).toContain(code);
      const [cell] = result.cells;
      expect([cell?.id, cell?.status, cell?.error?.message]).toEqual([
        'quic-gateway@30ms+nat-forward',
        'finished',
        undefined,
      ]);
      for (const name of ['rebind', 'return']) {
        const event = cell?.events.find((one) => one.name === name);
        expect(event?.metrics?.values, name).toMatchObject({ 'clients.survived': 50, 'clients.reconnected': 0 });
      }
      expect(cell?.metrics.values['messages.missing']).toBe(0);
      expect(cell?.resources.map(({ role }) => role)).toEqual(expect.arrayContaining(['broker', 'gateway']));
    });

    it('nginx ends TLS in front of mosquitto', async ({ expect }) => {
      const { result, code, text } = await run([
        ...['brokers', '--quick', '--brokers', 'mosquitto'],
        ...['--set', 'arms=[{transport: tls, terminator: nginx}]'],
      ]);
      expect([0, 10], text).toContain(code);
      const [cell] = result.cells;
      expect([cell?.status, cell?.error?.message]).toEqual(['finished', undefined]);
      expect(cell?.metrics.values).toMatchObject({ 'clients.connected': 40, 'messages.missing': 0 });
      expect(cell?.resources.map(({ role }) => role)).toEqual(expect.arrayContaining(['broker', 'nginx']));
    });
  },
);
