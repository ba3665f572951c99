import { describe, expect, it } from 'vitest';
import type { Result } from '../../src/result/types.js';
import type { ScenarioOverrides } from '../../src/scenario/read.js';
import { find, hasMosquitto } from '../broker/mosquitto.js';
import { hasRabbitmq } from '../broker/rabbitmq.js';
import { measure } from '../helpers/measure.js';
import { tellSkipped } from '../helpers/skipped.js';
import { availableBackends } from './conditions.js';

// The brokers of Debian where a scenario has its own: in the lab, behind its link and its NAT.

const backends = await availableBackends();
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

/** An expectation about a median may be missed on a busy machine; anything else that goes wrong is no result. */
async function run(scenario: string, changes: ScenarioOverrides): Promise<Result> {
  const result = await measure(scenario, { quick: true, ...changes });
  expect(['finished', 'unsupported']).toEqual(expect.arrayContaining(result.cells.map(({ status }) => status)));
  return result;
}

describe.skipIf(backends.length === 0 || why !== undefined)(
  'brokers of others in the lab',
  { timeout: 300_000 },
  () => {
    it('brokers: four of them keep the promise of QoS 1 on a lossy link', async () => {
      const result = await run('brokers', {});
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

    it('nat-rebind: what a move does to clients of mosquitto; its QUIC is not possible here', async () => {
      const result = await run('nat-rebind', { brokers: ['mosquitto'] });
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

    it('nat-rebind: behind the gateway clients of mosquitto go on over QUIC', async () => {
      const result = await run('nat-rebind', {
        brokers: ['mosquitto'],
        only: 'forward',
        set: ['arms=[{transport: quic, terminator: gateway}]'],
      });
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

    it('nginx ends TLS in front of mosquitto', async () => {
      const result = await run('brokers', {
        brokers: ['mosquitto'],
        set: ['arms=[{transport: tls, terminator: nginx}]'],
      });
      const [cell] = result.cells;
      expect([cell?.status, cell?.error?.message]).toEqual(['finished', undefined]);
      expect(cell?.metrics.values).toMatchObject({ 'clients.connected': 40, 'messages.missing': 0 });
      expect(cell?.resources.map(({ role }) => role)).toEqual(expect.arrayContaining(['broker', 'nginx']));
    });
  },
);
