import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { nowMicros } from '../../src/base/clock.js';
import { type BrokerHandle, startBroker } from '../../src/broker/process.js';
import { Coordinator } from '../../src/load/coordinator.js';
import type { LoadPlan } from '../../src/plan/plan.js';
import { readScenario } from '../../src/scenario/read.js';
import { atRate, filler } from '../helpers/plans.js';
import { fleetFor, sleep } from './plan.js';

let broker: BrokerHandle;
beforeAll(async () => {
  broker = await startBroker({ host: '127.0.0.1', listeners: { tcp: { port: 0 } } });
});
afterAll(() => broker.close());

const fleet = (name: string, over: Partial<LoadPlan>): LoadPlan =>
  fleetFor(broker.ready.addresses.tcp?.port as number, name, over);

/** Waits until so many are connected, as the broker sees it. */
async function connected(count: number): Promise<number> {
  for (let i = 0; i < 100; i++) {
    const { connections } = await broker.stats();
    if (connections.tcp === count) break;
    await sleep(20);
  }
  return (await broker.stats()).connections.tcp ?? 0;
}

describe('a fleet that comes and goes in stages', () => {
  it('is as large as its stages say, leaves with DISCONNECT, and takes no blame; the others go on', async () => {
    const clientStages = [
      { overMicros: 1e6, toClients: 20 },
      { overMicros: 3e6, toClients: 20 },
      { overMicros: 0, toClients: 5 },
      { overMicros: 3e6, toClients: 5 },
      { overMicros: 1e6, toClients: 12 },
    ];
    const publish = { topic: 'a/%i', qos: 1, payload: filler(64), pace: atRate(50), inflight: 10 } as const;
    const load = await Coordinator.start(
      [
        fleet('steady', { clients: 3, publish, subscribe: { topic: 'a/%i', qos: 1 } }),
        fleet('visitors', { clients: 20, clientStages, will: { topic: 'gone', payload: '', qos: 0, retain: false } }),
      ],
      { workers: 3 },
    );
    try {
      expect(await load.connectAll()).toEqual({ connected: 3, failed: 0 });
      const start = await load.startPublishing(11e6);
      const stopped = load.stopPublishing(start + 11e6);
      const left = async (micros: number): Promise<void> => sleep((start + micros - nowMicros()) / 1000);
      await left(1.2e6);
      expect(await connected(23)).toBe(23);
      await left(4.2e6);
      expect(await connected(8)).toBe(8);
      await left(8.2e6);
      expect(await connected(15)).toBe(15);
      await stopped;
      await load.drain(3e6);
      const { metrics, fleets, ledger, errors, counters, doubts } = await load.collect();
      expect(errors).toEqual([]);
      expect(fleets?.visitors?.metrics.values).toMatchObject({ 'clients.asked': 20, 'clients.connected': 20 });
      expect(fleets?.visitors?.metrics.values['rate.connect']).toBeUndefined();
      expect(metrics.values['rate.connect']).toBeUndefined();
      expect(fleets?.visitors?.metrics.distributions['connect.connack']?.count).toBe(20);
      expect(counters['connections.left']).toBe(15);
      expect(ledger).toMatchObject([{ qos: 1, missing: 0, verdict: 'kept' }]);
      expect(doubts.filter(({ code }) => code === 'clients-missing')).toEqual([]);
      // Each connect counts from when it was due: all of them within a second of a quiet machine.
      expect(fleets?.visitors?.metrics.distributions['connect.connack']?.p50).toBeLessThan(1e6);
    } finally {
      await load.close();
    }
  });

  it('is refused where it cannot be, all of it at once', () => {
    const text = `title: t\narms: [tcp]\nnetwork: none\nload: { duration: 5s }\nfleets:
  - { name: a, clients: 9, clientStages: [{ over: 10s, to: 12 }], publish: { topic: a }, subscribe: { topic: a } }\n`;
    const said = (() => {
      try {
        readScenario(text, 'x.yaml');
        return '';
      } catch (error) {
        return (error as Error).message;
      }
    })();
    expect(said).toMatch(/clientStages: reach 12 clients, and clients has 9/);
    expect(said).toMatch(/clientStages: take 10\.0 s, and messages flow for 5\.00 s/);
    expect(said).toMatch(/give publish to a fleet of its own/);
    expect(said).toMatch(/give subscribe to a fleet of its own/);
  });
});
