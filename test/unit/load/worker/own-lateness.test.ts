import { beforeEach, describe, expect, it } from 'vitest';
import { nowMicros } from '../../../../src/base/clock.js';
import { Histogram } from '../../../../src/metrics/histogram.js';
import type { DistributionName } from '../../../../src/metrics/registry.js';
import type { LoadPlan } from '../../../../src/plan/plan.js';
import { atRate, filler } from '../../../helpers/plans.js';
import { startFleet, VirtualScene, virtualPlan } from './virtual-fleet.js';

// A generator whose work takes a known time: what it says of its own lateness must be that.

const scene = VirtualScene.forEachTest();
/** Time that work has taken, microseconds, beside that of the timers. */
let worked: number;

beforeEach(() => {
  worked = 0;
});

/** @param microsPerMessage what it takes to write a message of the plan */
function start(over: Partial<LoadPlan>, microsPerMessage = 0): void {
  const hook = (): string => {
    worked += microsPerMessage;
    return 'x';
  };
  const plan = virtualPlan({ subscribe: undefined, ...over });
  scene.fleet = startFleet(scene.broker, plan, { worker: 0, workers: 1 }, { clock: () => nowMicros() + worked, hook });
}

function samples(name: DistributionName): Histogram {
  const histogram = new Histogram();
  for (const { histograms } of scene.fleet.worker.books.recorder.segments(nowMicros())) {
    const data = histograms[name];
    if (data !== undefined) histogram.addData(data);
  }
  return histogram;
}

async function publishFor(millis: number): Promise<void> {
  scene.fleet.loop.connect(nowMicros());
  await scene.clock.until(1_000);
  scene.broker.silent = true; // thousands of acknowledgements would only take time
  scene.fleet.loop.startPublishing(nowMicros() + worked);
  await scene.clock.pass(millis);
}

const hook = { kind: 'hook', file: 'x', timeoutMicros: 10e6 } as const;

/** 5,000 messages due at once. */
const burst = (qos: 0 | 1): Partial<LoadPlan> => ({
  connectRate: 1_000,
  publish: {
    topic: 'v/%c',
    payload: hook,
    qos,
    pace: atRate(5_000, { shape: { kind: 'burst', size: 5_000 } }),
    inflight: 5_000,
  },
});

describe('how late publishes were written', () => {
  it.each([
    [1, 0],
    [50, 0],
    [50, 1],
    [500, 1],
  ] as const)(
    'is as long as a burst takes to write, for its last message: %i clients, QoS %i',
    async (clients, qos) => {
      start({ clients, ...burst(qos) }, 20);
      await publishFor(700);
      const late = samples('publish.late');
      expect(late.count).toBe(5_000);
      expect(late.max).toBeGreaterThan(99_000);
      expect(late.max).toBeLessThan(101_500); // 5,000 times 20 µs, and the grain of the timer
      expect(late.percentile(50)).toBeGreaterThan(49_000);
      expect(late.percentile(50)).toBeLessThan(51_500);
      expect(scene.fleet.worker.books.tally.counts.lateSends).toBeGreaterThan(4_500); // all that were later than 5 ms
    },
  );

  it('is told of messages that are prepared as well, where each client writes little', async () => {
    const publish = {
      topic: 'v/%c',
      qos: 0,
      payload: filler(64),
      pace: atRate(500, { shape: { kind: 'burst', size: 500 } }),
      inflight: 1,
    } as const;
    start({ clients: 500, connectRate: 1_000, publish });
    for (const { session } of scene.fleet.worker.clients) {
      const flush = session.flush.bind(session);
      session.flush = () => {
        worked += 100;
        flush();
      };
    }
    await publishFor(700);
    const late = samples('publish.late');
    expect(late.count).toBe(500);
    expect(late.max).toBeGreaterThan(49_000);
    expect(late.max).toBeLessThan(51_500);
  });

  it('is not in the latency from writing: that of the last one written is what the broker took', async () => {
    const publish = {
      topic: 'v/%c',
      payload: hook,
      qos: 1,
      pace: atRate(50, { shape: { kind: 'burst', size: 50 } }),
      inflight: 1,
      limit: 50,
    } as const;
    start({ clients: 50, connectRate: 1_000, publish }, 2_000);
    scene.fleet.loop.connect(nowMicros());
    await scene.clock.until(1_000);
    scene.fleet.loop.startPublishing(nowMicros() + worked);
    await scene.clock.pass(500);
    // Written one after the other for 100 ms, acknowledged 30 ms after that, all of them due together.
    const within = (name: DistributionName, low: number, high: number): void => {
      const { count, min, max } = samples(name);
      expect([name, count, Math.round(min / 2_000) * 2, Math.round(max / 2_000) * 2]).toEqual([name, 50, low, high]);
    };
    within('publish.late', 2, 100);
    within('publish.ack.raw', 30, 128);
    within('publish.ack', 130, 130);
  });

  it('is next to nothing when writing takes no time', async () => {
    start({ clients: 50, ...burst(1) });
    await publishFor(700);
    expect(samples('publish.late').max).toBeLessThan(1_100);
  });
});

describe('how late connects were begun', () => {
  /** Clients at 1,000 a second, when each dial takes so long. */
  async function dialling(microsPerDial: number): Promise<Histogram> {
    const dial = scene.broker.dial.bind(scene.broker);
    scene.broker.dial = () => {
      worked += microsPerDial;
      return dial();
    };
    start({ clients: 100, connectRate: 1_000, publish: undefined });
    scene.fleet.loop.connect(nowMicros());
    await scene.clock.until(2_000);
    expect(scene.fleet.worker.books.everUp).toBe(100);
    return samples('connect.late');
  }

  it('grows from dial to dial when each takes 5 ms and one is due every millisecond', async () => {
    const late = await dialling(5_000);
    expect(late.count).toBe(100);
    expect(late.min).toBeLessThan(1_100);
    expect(Math.abs(late.max - 99 * 4_000)).toBeLessThan(3_000); // the grain of the timer
    // As much is in the latency from the due time, and nothing of it in the raw one.
    expect(samples('connect.connack').max).toBeGreaterThan(99 * 4_000);
  });

  it('is next to nothing when dials take no time', async () => {
    expect((await dialling(0)).max).toBeLessThan(1_100);
  });
});
