import { describe, expect, it } from 'vitest';
import { nowMicros } from '../../../../src/base/clock.js';
import type { DistributionName } from '../../../../src/metrics/registry.js';
import type { LoadPlan } from '../../../../src/plan/plan.js';
import { atRate, filler } from '../../../helpers/plans.js';
import { samplesOf, startFleet, VirtualScene, virtualPlan } from '../worker/virtual-fleet.js';

// Time is virtual, so everything happens at a time that can be said beforehand, to the millisecond.

const scene = VirtualScene.forEachTest();

const start = (over: Partial<LoadPlan> = {}): void => {
  scene.fleet = startFleet(scene.broker, virtualPlan(over));
};
const connect = (): void => scene.fleet.loop.connect(nowMicros());
const states = (): string[] => scene.fleet.worker.clients.map(({ state }) => state);

const samples = (name: DistributionName): number[] => samplesOf(scene.fleet.worker, name);

describe('a virtual client', () => {
  it('is idle until its turn, and passes each stage when the path and the broker let it', async () => {
    start({ publish: undefined });
    connect(); // client i is due at 100 i ms
    const seen: string[] = [];
    for (const millis of [0, 9, 11, 29, 31, 34, 36, 99]) {
      await scene.clock.until(millis);
      seen.push(`${millis}: ${states()[0]}`);
    }
    expect(seen).toEqual([
      '0: dialling',
      '9: dialling',
      '11: greeting',
      '29: greeting',
      '31: subscribing',
      '34: subscribing',
      '36: up',
      '99: up',
    ]);
    expect(states()).toEqual(['up', 'idle', 'idle', 'idle']);
    await scene.clock.until(400);
    expect(states()).toEqual(['up', 'up', 'up', 'up']);
    expect(samples('connect.transport')).toEqual([10, 10, 10, 10]);
    expect(samples('connect.connack')).toEqual([30, 30, 30, 30]);
    expect(samples('connect.suback')).toEqual([35, 35, 35, 35]);
  });

  it('that nobody lets in waits and tries again, and gives up after its tries', async () => {
    scene.broker.away = true;
    start({ clients: 1, reconnect: { firstMicros: 100_000, maxMicros: 200_000, connectTries: 2 } });
    connect();
    await scene.clock.until(20);
    expect(states()).toEqual(['waiting']);
    await scene.clock.until(125); // after 50 to 100 ms, half of it drawn
    expect(states()).toEqual(['waiting']);
    await scene.clock.until(1_000);
    expect(states()).toEqual(['gone']);
    expect(scene.fleet.worker.books.tally.counts.failedAttempts).toBe(3);
    expect(scene.fleet.worker.standing().gone).toBe(1);
  });

  it.each([
    ['fixed', 500, 505], // dialled again after 100 ms, refused after 10: 545 tries a minute
    ['decorrelated', 10, 60], // each wait is drawn from the one before it, so they grow
  ] as const)('waits as its policy says: %s', async (policy, least, most) => {
    scene.broker.away = true;
    start({ clients: 1, reconnect: { policy, firstMicros: 109_000, maxMicros: 60e6 } });
    connect();
    await scene.clock.until(60_000);
    const { failedAttempts } = scene.fleet.worker.books.tally.counts;
    expect(failedAttempts).toBeGreaterThanOrEqual(least);
    expect(failedAttempts).toBeLessThanOrEqual(most);
  });

  it('that is refused in CONNACK has failed, with the words of the return code', async () => {
    scene.broker.returnCode = 5;
    start({ clients: 1 });
    connect();
    await scene.clock.until(100);
    expect(states()).toEqual(['gone']);
    expect(scene.fleet.worker.books.tally.errors.toList()).toMatchObject([
      { count: 1, message: expect.stringMatching(/not authori[sz]ed/i) },
    ]);
    expect(scene.broker.connections).toBe(0);
  });

  it.each([
    ['CONNACK', 'connack', 'greeting'],
    ['SUBACK', 'suback', 'subscribing'],
  ] as const)('that gets no %s gives the connection up after the dial timeout', async (packet, stage, state) => {
    scene.broker.times[stage] = 60_000;
    start({ clients: 1, dialTimeoutMicros: 2e6 });
    connect();
    await scene.clock.until(1_950);
    expect(states()).toEqual([state]);
    await scene.clock.until(2_150); // it is looked at every 100 ms
    expect(states()).toEqual(['gone']);
    expect(scene.fleet.worker.books.tally.errors.toList()[0]?.message).toContain(packet);
  });

  it('whose connection is cut is back after its wait and a whole connect, counted from the cut', async () => {
    start({ clients: 1, reconnect: { firstMicros: 200_000, maxMicros: 200_000 }, publish: undefined });
    connect();
    await scene.clock.until(500);
    scene.broker.cut();
    await scene.clock.pass(1);
    expect(states()).toEqual(['waiting']);
    await scene.clock.until(1_000);
    expect(states()).toEqual(['up']);
    expect(samples('reconnect.noticed')).toEqual([]); // when the peer cut it is not known, so neither is this
    const [back] = samples('reconnect.connack') as [number];
    expect(back).toBeGreaterThanOrEqual(100 + 30); // half of the wait is drawn
    expect(back).toBeLessThanOrEqual(200 + 31);
    // From when the retry was due; a timer is up to a millisecond late.
    expect([30, 31]).toContain(samples('reconnect.retry')[0]);
    expect(samples('reconnect.transport')).toEqual([back - 20]);
    expect(samples('reconnect.suback')).toEqual([back + 5]);
  });

  it('without a policy to reconnect is gone after a cut', async () => {
    start({ clients: 1, publish: undefined });
    connect();
    await scene.clock.until(500);
    scene.broker.cut();
    await scene.clock.pass(1);
    expect(states()).toEqual(['gone']);
  });

  it('that hears nothing although an answer is due gives up, and counts from the last byte', async () => {
    start({
      clients: 1,
      subscribe: undefined,
      publish: { topic: 't', qos: 1, payload: filler(64), pace: atRate(10), inflight: 100 },
      reconnect: { firstMicros: 100_000, maxMicros: 100_000 },
    });
    connect();
    await scene.clock.until(100);
    scene.fleet.loop.startPublishing(nowMicros()); // due at 100, 200, …; acknowledged 30 ms later
    await scene.clock.until(540);
    scene.broker.silent = true; // heard last at 530; owed from 600 on
    await scene.clock.until(1_590);
    expect(states()).toEqual(['up']);
    await scene.clock.until(1_710); // silent for longer than a second, looked at every 100 ms
    expect(states()).not.toEqual(['up']);
    const [noticed] = samples('reconnect.noticed') as [number];
    expect(noticed).toBeGreaterThanOrEqual(1_070);
    expect(noticed).toBeLessThanOrEqual(1_180);
  });

  it('that was stopped is closed, and nothing of it goes on', async () => {
    start({ reconnect: { firstMicros: 100_000, maxMicros: 100_000 } });
    connect();
    await scene.clock.until(500);
    const stopped = scene.fleet.loop.stop(true);
    await scene.clock.pass(1_000);
    await stopped;
    expect(states()).toEqual(['closed', 'closed', 'closed', 'closed']);
    expect(scene.broker.connections).toBe(0);
    await scene.clock.pass(5_000);
    expect(scene.broker.connections).toBe(0);
  });
});
