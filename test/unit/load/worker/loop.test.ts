import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { nowMicros } from '../../../../src/base/clock.js';
import type { LoadPlan } from '../../../../src/plan/plan.js';
import { atRate, closedLoop, filler } from '../../../helpers/plans.js';
import { VirtualClock } from '../../../helpers/virtual-clock.js';
import { samplesOf, startFleet, VirtualBroker, virtualPlan } from './virtual-fleet.js';

let clock: VirtualClock;
let broker: VirtualBroker;
let fleets: ReturnType<typeof startFleet>[];

beforeEach(() => {
  clock = VirtualClock.start();
  broker = new VirtualBroker();
  fleets = [];
});
afterEach(async () => {
  const stopped = Promise.all(fleets.map(({ loop }) => loop.stop(false)));
  await clock.pass(1_000);
  await stopped;
  clock.stop();
});

type Publish = NonNullable<LoadPlan['publish']>;
const publish: Publish = { topic: 'v/%c', qos: 1, payload: filler(64), pace: atRate(20), inflight: 10 };

/** Connects all clients of so many workers; publishing starts at second 1. @returns the start */
async function publishing(
  over: Partial<Publish>,
  plan: Partial<LoadPlan> = {},
  workers = 1,
  lengthMicros?: number,
): Promise<number> {
  for (let worker = 0; worker < workers; worker++)
    fleets.push(startFleet(broker, virtualPlan({ ...plan, publish: { ...publish, ...over } }), { worker, workers }));
  for (const { loop } of fleets) loop.connect(nowMicros());
  await clock.until(900);
  const start = nowMicros() + 100_000;
  for (const { loop } of fleets) loop.startPublishing(start, lengthMicros);
  await clock.until(1_000);
  return start;
}

const totals = () => fleets.map(({ worker }) => worker.books.recorder.totals());
const sum = (of: 'offered' | 'sent' | 'acknowledged' | 'received'): number =>
  totals().reduce((all, counts) => all + counts[of], 0);
/** When the broker read the publishes, in milliseconds after the start. */
const readAt = (start: number): number[] => broker.publishes.map(({ at }) => Math.round((at - start) / 1000));

describe('the loop that drives a load', () => {
  it('dials late after a stall of its own process, and CONNACK counts from when the client was due', async () => {
    fleets.push(startFleet(broker, virtualPlan({ publish: undefined, connectRate: 10 })));
    const [{ loop, worker }] = fleets as [ReturnType<typeof startFleet>];
    loop.connect(nowMicros()); // due at 0, 100, 200 and 300 ms
    await clock.until(50);
    clock.stall(400);
    await clock.until(1_000);
    expect(samplesOf(worker, 'connect.connack.raw')).toHaveLength(4);
    expect(Math.max(...samplesOf(worker, 'connect.connack.raw'))).toBeLessThanOrEqual(30);
    for (const [i, least] of [30, 150, 250, 350].entries())
      expect(samplesOf(worker, 'connect.connack')[i]).toBeGreaterThanOrEqual(least);
  });

  it('writes each message at its time, clients by turns, and measures what the broker took', async () => {
    const start = await publishing({});
    await clock.until(1_490);
    expect(readAt(start)).toEqual([0, 50, 100, 150, 200, 250, 300, 350, 400, 450]);
    const [{ worker }] = fleets as [ReturnType<typeof startFleet>];
    expect(broker.publishes.map(({ clientId }) => clientId)).toEqual(
      Array.from({ length: 10 }, (_, i) => worker.clients[i % 4]?.name.id),
    );
    await clock.until(1_500 - 1);
    expect(samplesOf(worker, 'publish.ack')).toEqual(Array(10).fill(30));
    expect(samplesOf(worker, 'delivery.e2e')).toEqual(Array(10).fill(30));
    expect(samplesOf(worker, 'publish.late')).toEqual(Array(10).fill(0));
  });

  it.each([0, 1] as const)(
    'asks a hook once for each message of QoS %i, also of topics that take turns',
    async (qos) => {
      let asked = 0;
      const hook = (): string => `message ${++asked}`;
      const payload = { kind: 'hook', file: 'x', timeoutMicros: 10e6 } as const;
      const plan = virtualPlan({
        clients: 1,
        topics: 2,
        subscribe: undefined,
        publish: { ...publish, topic: 'v/%c/%t', qos, payload },
      });
      fleets.push(startFleet(broker, plan, { worker: 0, workers: 1 }, { hook }));
      const [{ loop }] = fleets as [ReturnType<typeof startFleet>];
      loop.connect(nowMicros());
      await clock.until(900);
      loop.startPublishing(nowMicros() + 100_000);
      await clock.until(1_990);
      expect([asked, broker.publishes.length]).toEqual([20, 20]);
    },
  );

  it('offers exactly rate times length, though its end was said at the beginning', async () => {
    const start = await publishing({ pace: atRate(37) }, {}, 3);
    for (const { loop } of fleets) loop.stopPublishing(start + 2_000_000);
    await clock.until(5_000);
    expect(['offered', 'sent', 'acknowledged', 'received'].map((of) => sum(of as 'sent'))).toEqual([74, 74, 74, 74]);
    expect(Math.max(...readAt(start))).toBeLessThan(2_000);
    // Three workers keep one schedule.
    // Three workers keep one schedule: whole milliseconds, as there is no finer timer here, and never early.
    const due = Array.from({ length: 74 }, (_, k) => Math.ceil((k * 1000) / 37));
    expect(readAt(start).sort((one, other) => one - other)).toEqual(due);
  });

  it('offers nothing that is due after a length known from the start, however late the order to stop comes', async () => {
    const start = await publishing({ pace: atRate(37) }, {}, 3, 2_000_000);
    await clock.until(4_000);
    for (const { loop } of fleets) loop.stopPublishing(start + 2_000_000);
    await clock.until(5_000);
    expect(['offered', 'sent', 'acknowledged', 'received'].map((of) => sum(of as 'sent'))).toEqual([74, 74, 74, 74]);
  });

  it('follows the stages of a rate over all workers: up, hold, step', async () => {
    const stages = [
      { overMicros: 1e6, toPerSecond: 40 },
      { overMicros: 1e6, toPerSecond: 40 },
      { overMicros: 0, toPerSecond: 8 },
      { overMicros: 1e6, toPerSecond: 8 },
    ];
    const start = await publishing({ pace: atRate(40, { shape: { kind: 'stages', stages } }) }, {}, 3, 3e6);
    await clock.until(6_000);
    const at = readAt(start);
    const between = (from: number, to: number): number => at.filter((time) => time >= from && time < to).length;
    expect([between(0, 500), between(500, 1000), between(1000, 2000), between(2000, 3000), at.length]).toEqual([
      5, 15, 40, 8, 68,
    ]);
    expect(sum('acknowledged')).toBe(68);
  });

  it('ends after its limit, whatever the shape', async () => {
    const start = await publishing({ pace: atRate(30, { shape: { kind: 'burst', size: 10 } }), limit: 25 }, {}, 2);
    await clock.until(5_000);
    expect(sum('offered')).toBe(25);
    const at = readAt(start);
    expect([0, 333, 667].map((due) => at.filter((time) => Math.abs(time - due) <= 1).length)).toEqual([10, 10, 5]);
  });

  it('counts from when a message was due: a broker that takes two at a time makes the others wait, and they say so', async () => {
    // One client, ten at once, two under way for 30 ms each: they are acknowledged after 30, 30, 60, 60, … ms.
    await publishing(
      { pace: atRate(10, { shape: { kind: 'burst', size: 10 } }), inflight: 2, limit: 10 },
      { clients: 1, subscribe: undefined },
    );
    await clock.until(1_400);
    const [{ worker }] = fleets as [ReturnType<typeof startFleet>];
    expect(samplesOf(worker, 'publish.ack')).toEqual([30, 30, 60, 60, 90, 90, 120, 120, 150, 150]);
    expect(samplesOf(worker, 'publish.ack.raw')).toEqual(Array(10).fill(30));
  });

  it('lets what is due while a client is away wait for it, and its wait counts', async () => {
    const reconnect = { firstMicros: 400_000, maxMicros: 400_000 };
    await publishing({ pace: atRate(10), limit: 10 }, { clients: 1, reconnect });
    await clock.until(1_150); // two are acknowledged
    broker.cut();
    await clock.until(4_000);
    const [{ worker }] = fleets as [ReturnType<typeof startFleet>];
    expect([sum('offered'), sum('sent'), sum('acknowledged'), sum('received')]).toEqual([10, 10, 10, 10]);
    const latencies = samplesOf(worker, 'publish.ack');
    const [back] = samplesOf(worker, 'reconnect.suback') as [number];
    // The one due at 200 ms, 50 ms after the cut, waited until the client was subscribed again, and for its answer.
    expect(latencies.at(-1)).toBeGreaterThanOrEqual(back - 50 + 30 - 1);
    expect(latencies.at(-1)).toBeLessThanOrEqual(back - 50 + 30 + 1);
    expect(samplesOf(worker, 'publish.ack.raw')).toEqual(Array(10).fill(30));
  });

  it('is late after a stall of its own process, and every message says by how much', async () => {
    await publishing({ pace: atRate(10) }, { clients: 1, subscribe: undefined });
    await clock.until(1_050);
    clock.stall(345); // due at 100, 200 and 300 ms, written at 395
    await clock.until(1_400);
    const [{ worker }] = fleets as [ReturnType<typeof startFleet>];
    expect(samplesOf(worker, 'publish.late').slice(-3)).toEqual([95, 195, 295].map((late) => expect.closeTo(late, -1)));
    expect(worker.books.tally.counts.lateSends).toBe(3);
    // Their latency holds it, too; a raw one begins at the writing and does not.
    for (const [i, ack] of samplesOf(worker, 'publish.ack').slice(-3).entries())
      expect(ack).toBeGreaterThanOrEqual(94 + 100 * i);
    expect(Math.max(...samplesOf(worker, 'publish.ack.raw'))).toBeLessThanOrEqual(30);
  });

  it('keeps a closed loop full and no fuller, and starts nothing before its time', async () => {
    const start = await publishing({ pace: closedLoop, inflight: 3 }, { clients: 2, subscribe: undefined });
    await clock.until(1_095);
    // Six under way for 30 ms each: four rounds begun by then.
    expect(readAt(start).every((at) => at >= 0)).toBe(true);
    expect(sum('sent')).toBe(24);
    expect(sum('acknowledged')).toBe(18);
  });

  it('cuts clients at their rate, and each is due back when it was cut', async () => {
    await publishing({ pace: atRate(1) }, { reconnect: { firstMicros: 100_000, maxMicros: 100_000 } });
    const [{ loop, worker }] = fleets as [ReturnType<typeof startFleet>];
    loop.cut({ atMicros: nowMicros() + 50_000, perSecond: 20, politely: false }); // at 50, 100, 150 and 200 ms
    const connected: number[] = [];
    for (const millis of [1_049, 1_051, 1_101, 1_151, 1_201, 1_251]) {
      await clock.until(millis);
      connected.push(worker.standing().connected);
    }
    // Back 35 ms after the cut: dial, CONNACK, SUBACK. So one at a time is away.
    expect(connected).toEqual([4, 3, 3, 3, 3, 4]);
    expect(samplesOf(worker, 'reconnect.suback')).toHaveLength(4);
    // And up to a millisecond until the loop turned to it.
    for (const back of samplesOf(worker, 'reconnect.suback')) expect([35, 36]).toContain(back);
  });
});
