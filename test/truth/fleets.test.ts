import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BrokerHandle, startBroker } from '../../src/broker/process.js';
import type { LoadReport } from '../../src/load/contract.js';
import { Coordinator } from '../../src/load/coordinator.js';
import type { LoadPlan } from '../../src/plan/plan.js';
import { atRate, filler } from '../helpers/plans.js';
import { fleetFor } from './plan.js';

let broker: BrokerHandle;
beforeAll(async () => {
  broker = await startBroker({ host: '127.0.0.1', listeners: { tcp: { port: 0 } } });
});
afterAll(() => broker.close());

const fleet = (name: string, over: Partial<LoadPlan>): LoadPlan =>
  fleetFor(broker.ready.addresses.tcp?.port as number, name, { clients: 4, ...over });

const publishing = (topic: string, perSecond: number, qos: 0 | 1 | 2, over: object = {}): Partial<LoadPlan> => ({
  publish: { topic, qos, payload: filler(64), pace: atRate(perSecond, over), inflight: 20 },
});

/** Messages of exactly a second, and everything that came of them. */
async function play(plans: readonly LoadPlan[], during?: (load: Coordinator) => Promise<void>): Promise<LoadReport> {
  const load = await Coordinator.start(plans, { workers: 4 });
  try {
    const clients = plans.reduce((sum, plan) => sum + plan.clients, 0);
    expect(await load.connectAll()).toEqual({ connected: clients, failed: 0 });
    const start = await load.startPublishing(1e6);
    const stopped = load.stopPublishing(start + 1e6);
    await load.window('first', start);
    await load.window('second', start + 500_000);
    await during?.(load);
    await stopped;
    await load.drain(5e6);
    return await load.collect();
  } finally {
    await load.close();
  }
}

const values = (report: LoadReport, name: string) => report.fleets?.[name]?.metrics.values ?? {};

describe('a cell of several fleets', () => {
  it('counts what each publishes and what each gets, whichever fleet published it', async () => {
    const report = await play([
      fleet('sensors', { clients: 10, ...publishing('s/%i', 200, 1) }),
      fleet('commands', { clients: 2, ...publishing('c/%i', 50, 0) }),
      fleet('dashboards', { clients: 3, subscribe: { topic: 's/#', qos: 1 } }),
      fleet('devices', { clients: 2, subscribe: { topic: 'c/%i', qos: 1 } }),
      fleet('auditors', { clients: 2, subscribe: { topic: '#', qos: 0 } }),
    ]);
    // Each of three dashboards gets the 200 messages of the sensors, each device those of the commander of its number,
    // each auditor everything.
    expect(values(report, 'sensors')).toMatchObject({
      ...{ 'messages.offered': 200, 'messages.sent': 200, 'messages.acknowledged': 200, 'messages.received': 0 },
      ...{ 'clients.asked': 10, 'clients.connected': 10 },
    });
    expect(values(report, 'commands')).toMatchObject({ 'messages.offered': 50, 'messages.sent': 50 });
    expect(values(report, 'dashboards')).toMatchObject({
      ...{ 'messages.offered': 0, 'messages.received': 600, 'messages.missing': 0, 'messages.duplicate': 0 },
      'rate.received': expect.closeTo(600, 6),
    });
    expect(values(report, 'devices')).toMatchObject({ 'messages.received': 50, 'messages.missing': 0 });
    expect(values(report, 'auditors')).toMatchObject({ 'messages.received': 500, 'messages.missing': 0 });
    expect(values(report, 'dashboards')).not.toHaveProperty('rate.offered');
    expect(report.metrics.values).toMatchObject({
      ...{ 'clients.asked': 19, 'clients.connected': 19 },
      ...{ 'messages.offered': 250, 'messages.acknowledged': 200, 'messages.received': 1150, 'messages.missing': 0 },
      ...{ 'rate.offered': 250, 'rate.received': 1150 },
    });
    expect(report.ledger).toMatchObject([
      { qos: 0, offered: 50, sent: 50, received: 150, missing: 0, verdict: 'nothing-promised' },
      { qos: 1, offered: 200, sent: 200, acknowledged: 200, received: 1000, missing: 0, verdict: 'kept' },
    ]);
    expect(report.errors).toEqual([]);
  });

  it('has distributions of all clients, and of each fleet its own; counts of fleets and windows add up', async () => {
    const report = await play([
      fleet('slow', { clients: 3, ...publishing('a/%i', 60, 1), subscribe: { topic: 'b/%i', qos: 1 } }),
      fleet('fast', { clients: 5, ...publishing('b/%i', 300, 2), subscribe: { topic: 'a/%i', qos: 2 } }),
    ]);
    const [slow, fast] = [report.fleets?.slow, report.fleets?.fast];
    const count = (
      set: LoadReport['metrics'] | undefined,
      metric: 'publish.ack' | 'delivery.e2e' | 'connect.connack',
    ) => set?.distributions[metric]?.count;
    expect([count(slow?.metrics, 'publish.ack'), count(fast?.metrics, 'publish.ack')]).toEqual([60, 300]);
    expect(count(report.metrics, 'publish.ack')).toBe(360);
    // Clients 0, 1 and 2 of the slow hear 180 of the 300; of the fast those that have the numbers of the slow hear all 60.
    expect([count(slow?.metrics, 'delivery.e2e'), count(fast?.metrics, 'delivery.e2e')]).toEqual([180, 60]);
    expect(count(report.metrics, 'connect.connack')).toBe(8);
    const sets = [[report.metrics, slow?.metrics, fast?.metrics]];
    for (const window of ['first', 'second'])
      sets.push([report.windows[window], slow?.windows[window], fast?.windows[window]] as (typeof sets)[number]);
    for (const [whole, ...parts] of sets) {
      for (const name of ['messages.offered', 'messages.sent', 'messages.received', 'rate.offered'] as const) {
        const sum = parts.reduce((total, part) => total + (part?.values[name] ?? Number.NaN), 0);
        expect(whole?.values[name], name).toBeCloseTo(sum, 6);
      }
    }
    expect(report.windows.first?.values['messages.offered']).toBe(180);
    expect(slow?.windows.first?.values['messages.offered']).toBe(30);
    expect(report.ledger).toMatchObject([
      { qos: 1, offered: 60, received: 60, missing: 0, verdict: 'kept' },
      { qos: 2, offered: 300, received: 180, missing: 0, verdict: 'kept' },
    ]);
  });

  it('has several topics, rows of a feeder and shared subscriptions of each fleet by themselves', async () => {
    const feed = ['north', 'south', 'east'].map((site) => ({ id: `pump-${site}`, topic: `site/${site}/%t` }));
    const report = await play([
      fleet('pumps', { clients: 3, feed, topics: 2, ...publishing('unused', 120, 1) }),
      fleet('valves', { clients: 2, topics: 3, ...publishing('valve/%i/%t', 60, 1) }),
      fleet('workers', { clients: 4, subscribe: { topic: '$share/w/site/#', qos: 1 }, mqttVersion: 4 }),
      fleet('south', { clients: 1, subscribe: { topic: 'site/south/+', qos: 1, further: ['valve/1/2'] } }),
    ]);
    expect(values(report, 'pumps')).toMatchObject({ 'messages.offered': 120, 'clients.connected': 3 });
    // 40 of each pump; 30 of each valve, 10 on each of its topics.
    expect(values(report, 'south')).toMatchObject({ 'messages.received': 50, 'messages.missing': 0 });
    const { received, missing } = {
      received: values(report, 'workers')['messages.received'] ?? Number.NaN,
      missing: values(report, 'workers')['messages.missing'] ?? Number.NaN,
    };
    expect(received + missing).toBe(120); // one of the four gets each, where the broker knows shared subscriptions
    expect(report.metrics.values['messages.missing']).toBe(missing);
  });

  it('has a row of the ledger for each QoS over topics with a pace of their own and fleets with one', async () => {
    const topic = (name: string, qos: 0 | 1, intervalMicros: number) =>
      ({ topic: name, qos, intervalMicros, payload: filler(64) }) as const;
    const topics = [topic('a/%i', 0, 100_000), topic('b/%i', 1, 200_000)];
    const pace = { kind: 'per-topic', topics, perSecond: 75 } as const;
    const report = await play([
      fleet('meters', {
        clients: 5,
        topics: 2,
        publish: { topic: 'a, b', qos: 0, payload: filler(64), pace, inflight: 9 },
      }),
      fleet('alarms', { clients: 2, ...publishing('c/%i', 50, 1) }),
      fleet('all', { clients: 2, subscribe: { topic: '#', qos: 1 } }),
    ]);
    expect(values(report, 'meters')).toMatchObject({ 'messages.offered': 75, 'messages.acknowledged': 25 });
    expect(values(report, 'all')).toMatchObject({ 'messages.received': 250, 'messages.missing': 0 });
    expect(report.ledger).toMatchObject([
      { qos: 0, offered: 50, sent: 50, acknowledged: 0, received: 100, missing: 0 },
      { qos: 1, offered: 75, sent: 75, acknowledged: 75, received: 150, missing: 0, verdict: 'kept' },
    ]);
  });

  it('has requests of one fleet answered by another, to who asked', async () => {
    const five = { mqttVersion: 5 } as const;
    const ask = { request: true, properties: { responseTopic: 'answers/%c' } };
    const asking = (clients: number, perSecond: number) => ({
      ...{ clients, ...five },
      publish: { topic: 'ask/%i', qos: 1 as const, payload: filler(64), pace: atRate(perSecond), inflight: 20, ...ask },
    });
    const report = await play([
      fleet('quiet', { clients: 2 }),
      fleet('phones', asking(3, 60)),
      fleet('cars', asking(2, 20)),
      fleet('service', { clients: 1, ...five, subscribe: { topic: 'ask/#', qos: 1, respond: { bytes: 32 } } }),
    ]);
    const asked = (name: string) => [
      report.fleets?.[name]?.metrics.distributions['request.rtt']?.count,
      values(report, name)['requests.unanswered'],
    ];
    expect([asked('phones'), asked('cars')]).toEqual([
      [60, 0],
      [20, 0],
    ]);
    expect(values(report, 'service')).toMatchObject({ 'messages.received': 80, 'messages.missing': 0 });
    expect(report.metrics.distributions['request.rtt']?.count).toBe(80);
    expect(report.metrics.values['requests.unanswered']).toBe(0);
  });

  it('misses what a subscriber did not get, in its fleet only, and waits for it as long as it may', async () => {
    const report = await play(
      [
        fleet('sensors', { clients: 4, ...publishing('s/%i', 100, 1) }),
        fleet('steady', { clients: 1, subscribe: { topic: 's/#', qos: 1 } }),
        fleet('cut', {
          clients: 1,
          subscribe: { topic: 's/#', qos: 1 },
          reconnect: { firstMicros: 400_000, maxMicros: 400_000 },
        }),
      ],
      async (load) => {
        await load.mark('cut');
        const beganMicros = await load.cut({ politely: false, fleets: ['cut'], event: 'cut' });
        await load.happened('cut', { acts: [{ beganMicros, endedMicros: beganMicros }], pathMicros: 0 });
      },
    );
    expect(values(report, 'steady')).toMatchObject({ 'messages.received': 100, 'messages.missing': 0 });
    const { 'messages.received': received = 0, 'messages.missing': missing = 0 } = values(report, 'cut');
    expect(received + missing).toBe(100);
    expect(report.metrics.values['messages.missing']).toBe(missing);
    expect(report.fleets?.cut?.events.cut?.values).toMatchObject({ 'clients.reconnected': 1, 'clients.survived': 0 });
    expect(report.fleets?.steady?.events.cut?.values).toMatchObject({
      'clients.reconnected': 0,
      'clients.survived': 1,
    });
    expect(report.events.cut?.values).toMatchObject({ 'clients.reconnected': 1 });
  });
});
