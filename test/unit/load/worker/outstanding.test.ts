import { describe, expect, it } from 'vitest';
import { nowMicros } from '../../../../src/base/clock.js';
import { Outstanding } from '../../../../src/load/worker/outstanding.js';
import type { DistributionName } from '../../../../src/metrics/registry.js';
import type { LoadPlan } from '../../../../src/plan/plan.js';
import { atRate, filler } from '../../../helpers/plans.js';
import { startFleet, VirtualScene, virtualPlan } from './virtual-fleet.js';

// What is not finished when measuring stops counts with its age. Time is virtual, so ages can be said beforehand.

const scene = VirtualScene.forEachTest();

/** What no client has finished by now. */
function stillOpen(): Outstanding {
  const outstanding = new Outstanding(scene.fleet.worker.books.recorder, nowMicros());
  for (const client of scene.fleet.worker.clients) client.unfinished(outstanding);
  return outstanding;
}

/** Count, smallest and largest age in milliseconds. */
function left(name: DistributionName) {
  const outstanding = stillOpen();
  const found = scene.fleet.worker.books.recorder.segments(nowMicros(), outstanding).flatMap((segment) => {
    const ages = segment.left?.ages[name];
    return ages === undefined ? [] : [[String(segment.name), ages.count, ages.min / 1000, ages.max / 1000]];
  });
  return found.map((row) => row.map((value) => (typeof value === 'number' ? Math.round(value) : value)));
}

/** Count, smallest and largest in milliseconds, of stages that unfinished operations have come past. */
function passed(name: DistributionName) {
  const outstanding = stillOpen();
  return scene.fleet.worker.books.recorder.segments(nowMicros(), outstanding).flatMap((segment) => {
    const times = segment.left?.passed?.[name];
    return times === undefined
      ? []
      : [[times.count, times.min, times.max].map((n, i) => (i ? Math.round(n / 1000) : n))];
  });
}

function publishes(): number {
  const outstanding = stillOpen();
  const segments = scene.fleet.worker.books.recorder.segments(nowMicros(), outstanding);
  return segments.reduce((sum, { left: rest }) => sum + (rest?.publishes ?? 0), 0);
}

/** One client, up, that is to publish ten times a second from now on. */
async function publishing(over: Partial<LoadPlan> = {}, publish: object = {}): Promise<void> {
  const plan = virtualPlan({ clients: 1, subscribe: undefined, deadAfterMicros: 60e6, ...over });
  scene.fleet = startFleet(scene.broker, {
    ...plan,
    publish: { ...(plan.publish as object), pace: atRate(10), ...publish } as never,
  });
  scene.fleet.loop.connect(nowMicros());
  await scene.clock.until(100);
  scene.fleet.loop.startPublishing(nowMicros());
}

describe('publishes that nobody acknowledged', () => {
  it('are outstanding since they were due, written or waiting for room', async () => {
    await publishing({}, { inflight: 3 });
    scene.broker.silent = true;
    await scene.clock.until(1_050); // due at 100, 200, … 1,000: ten; three are written
    expect(left('publish.ack')).toEqual([['null', 10, 50, 950]]);
    expect(left('publish.ack.raw')).toEqual([['null', 3, 750, 950]]);
    expect(publishes()).toBe(10);
  });

  it('are outstanding in the window they were due in', async () => {
    await publishing();
    scene.fleet.worker.books.recorder.boundary('silent', nowMicros() + 450_000, nowMicros());
    scene.fleet.worker.books.recorder.boundary('later', nowMicros() + 750_000, nowMicros());
    await scene.clock.until(500);
    scene.broker.silent = true;
    await scene.clock.until(1_050);
    expect(left('publish.ack')).toEqual([
      ['null', 1, 550, 550], // due at 500, 50 ms before the window
      ['silent', 3, 250, 450],
      ['later', 2, 50, 150],
    ]);
  });

  it('are outstanding when their client is gone for good', async () => {
    await publishing();
    await scene.clock.until(450);
    scene.broker.cut();
    await scene.clock.until(1_050);
    expect(scene.fleet.worker.clients.map(({ state }) => state)).toEqual(['gone']);
    expect(left('publish.ack')).toEqual([['null', 6, 50, 550]]);
  });

  it('are none when all are answered, or given up because they were refused', async () => {
    await publishing();
    await scene.clock.until(1_040);
    expect(left('publish.ack')).toEqual([]);
    expect(publishes()).toBe(0);
  });

  it('of QoS 0 are those that are not written, and have no latency', async () => {
    await publishing({}, { qos: 0 });
    await scene.clock.until(450);
    scene.broker.cut();
    await scene.clock.until(1_050);
    expect(publishes()).toBe(6);
    expect(left('publish.ack')).toEqual([]);
  });
});

describe('connects that are not finished', () => {
  it('are outstanding since they were due, each stage as far as it has come', async () => {
    scene.broker.times.connack = 60_000;
    scene.fleet = startFleet(scene.broker, virtualPlan({ clients: 2, dialTimeoutMicros: 60e6 }));
    scene.fleet.loop.connect(nowMicros());
    await scene.clock.until(500);
    expect(left('connect.transport')).toEqual([]);
    expect(passed('connect.transport')).toEqual([[2, 10, 10]]);
    expect(left('connect.connack')).toEqual([['null', 2, 400, 500]]);
    expect(left('connect.suback')).toEqual([['null', 2, 400, 500]]);
  });

  it('of clients that were refused are passed as far as they had come', async () => {
    scene.broker.refuseSubscriptions = true;
    scene.fleet = startFleet(scene.broker, virtualPlan({ clients: 1 }));
    scene.fleet.loop.connect(nowMicros());
    await scene.clock.until(500);
    expect(scene.fleet.worker.clients.map(({ state }) => state)).toEqual(['gone']);
    const stages = ['connect.transport', 'connect.connack', 'connect.connack.raw', 'connect.suback'] as const;
    expect(stages.map((stage) => [passed(stage), left(stage)])).toEqual([
      [[[1, 10, 10]], []],
      [[[1, 30, 30]], []],
      [[[1, 30, 30]], []],
      [[], [['null', 1, 35, 35]]],
    ]);
  });

  it('of clients that wait for their next try have come past nothing', async () => {
    scene.broker.refuseSubscriptions = true;
    scene.fleet = startFleet(scene.broker, {
      ...virtualPlan({ clients: 1 }),
      reconnect: { firstMicros: 10e6, maxMicros: 10e6 },
    });
    scene.fleet.loop.connect(nowMicros());
    await scene.clock.until(500);
    expect(scene.fleet.worker.clients.map(({ state }) => state)).toEqual(['waiting']);
    expect([passed('connect.transport'), left('connect.transport')]).toEqual([[], [['null', 1, 500, 500]]]);
  });

  it('of clients that gave up took at least until then', async () => {
    scene.broker.away = true;
    scene.fleet = startFleet(scene.broker, virtualPlan({ clients: 1 }));
    scene.fleet.loop.connect(nowMicros());
    await scene.clock.until(500);
    expect(left('connect.connack')).toEqual([['null', 1, 10, 10]]);
  });
});

describe('reconnects that are not finished', () => {
  it('are outstanding since the cut, and the way that their try has come is known', async () => {
    await publishing({ reconnect: { firstMicros: 100_000, maxMicros: 100_000 } });
    await scene.clock.until(450);
    scene.broker.times.connack = 60_000;
    scene.broker.cut();
    await scene.clock.until(1_050);
    scene.fleet.worker.events.settle();
    expect(left('reconnect.connack')).toEqual([['null', 1, 600, 600]]);
    expect(left('reconnect.transport')).toEqual([]);
    const [transport] = passed('reconnect.transport') as [number, number, number][];
    expect(transport?.[1]).toBeGreaterThanOrEqual(60); // the wait of 50 to 100 ms, half of it drawn, and 10 ms
    expect(transport?.[1]).toBeLessThanOrEqual(110);
    const [retry] = left('reconnect.retry') as [string, number, number, number][];
    expect(retry?.[2]).toBeGreaterThanOrEqual(500);
    expect(retry?.[2]).toBeLessThanOrEqual(550);
  });

  it('have come past each stage that their try has, in the whole and of the event that cut them', async () => {
    await publishing({
      reconnect: { firstMicros: 100_000, maxMicros: 100_000 },
      subscribe: { topic: 'v/%c', qos: 1 },
    });
    await scene.clock.until(450);
    const { events } = scene.fleet.worker;
    events.mark('cut');
    scene.broker.times.suback = 60_000;
    scene.broker.cut();
    events.happened('cut', { pathMicros: 0, acts: [{ beganMicros: nowMicros(), endedMicros: nowMicros() }] });
    await scene.clock.until(1_050);
    stillOpen(); // tells the event, too
    const [cut] = events.report();
    const stages = ['transport', 'connack', 'retry', 'suback'] as const;
    const found = stages.map((name) => {
      const metric = `reconnect.${name}` as const;
      const ofEvent = [cut?.histograms[metric]?.count ?? 0, cut?.left[metric]?.count ?? 0];
      return { name, passed: passed(metric).length, left: left(metric).length, ofEvent };
    });
    expect(found).toEqual([
      { name: 'transport', passed: 1, left: 0, ofEvent: [1, 0] },
      { name: 'connack', passed: 1, left: 0, ofEvent: [1, 0] },
      { name: 'retry', passed: 1, left: 0, ofEvent: [1, 0] },
      { name: 'suback', passed: 0, left: 1, ofEvent: [0, 1] },
    ]);
  });

  it.each([
    ['without a plan to come back', undefined],
    ['with no try', { firstMicros: 100_000, maxMicros: 100_000, tries: 0 }],
  ])('are none %s', async (_, reconnect) => {
    await publishing(reconnect === undefined ? {} : { reconnect });
    await scene.clock.until(450);
    scene.broker.cut();
    await scene.clock.until(1_050);
    scene.fleet.worker.events.settle();
    expect(scene.fleet.worker.clients.map(({ state }) => state)).toEqual(['gone']);
    const stages = ['transport', 'connack', 'retry', 'message', 'drained'] as const;
    expect(stages.flatMap((stage) => left(`reconnect.${stage}`))).toEqual([]);
  });

  it('took at least until their client gave up', async () => {
    await publishing({ reconnect: { firstMicros: 100_000, maxMicros: 100_000, tries: 1 } });
    await scene.clock.until(450);
    scene.broker.away = true;
    scene.broker.cut();
    await scene.clock.until(3_050);
    scene.fleet.worker.events.settle();
    expect(scene.fleet.worker.clients.map(({ state }) => state)).toEqual(['gone']);
    const [connack] = left('reconnect.connack') as [string, number, number, number][];
    expect(connack?.[2]).toBeGreaterThanOrEqual(60);
    expect(connack?.[2]).toBeLessThanOrEqual(110);
  });
});

describe('the stages of a connect', () => {
  it('are those of the try that came through, so that they are of as many connects and add up', async () => {
    scene.fleet = startFleet(scene.broker, {
      ...virtualPlan({ clients: 3, dialTimeoutMicros: 500_000 }),
      reconnect: { firstMicros: 100_000, maxMicros: 100_000 },
    });
    scene.broker.silent = true; // the transport gets ready, and nothing comes over it
    scene.fleet.loop.connect(nowMicros());
    await scene.clock.until(600);
    scene.broker.silent = false;
    await scene.clock.until(3_000);
    const stages = ['connect.transport', 'connect.connack', 'connect.suback'] as const;
    const found = stages.map((name) => {
      const data = scene.fleet.worker.books.recorder
        .segments(nowMicros())
        .flatMap(({ histograms }) => histograms[name] ?? []);
      return { count: data[0]?.count ?? 0, mean: (data[0]?.sum ?? 0) / (data[0]?.count ?? 1) / 1000 };
    });
    expect(found.map(({ count }) => count)).toEqual([3, 3, 3]);
    const [transport, connack, suback] = found.map(({ mean }) => mean) as [number, number, number];
    expect(connack - transport).toBeCloseTo(20, 0);
    expect(suback - connack).toBeCloseTo(5, 0);
    expect(scene.fleet.worker.books.tally.counts.failedAttempts).toBeGreaterThan(0);
  });
});

describe('topics of different QoS', () => {
  it('are done each by its own: QoS 0 when written, QoS 1 when acknowledged', async () => {
    const topic = { topic: 'v/%t', intervalMicros: 100_000, payload: filler(64) };
    const each = [
      { ...topic, qos: 0 as const },
      { ...topic, qos: 1 as const },
    ];
    await publishing({ topics: 2 }, { pace: { kind: 'per-topic', topics: each, perSecond: 20 } });
    const done = (): number =>
      scene.fleet.worker.books.recorder.segments(nowMicros()).reduce((sum, { completed }) => sum + completed.done, 0);
    scene.broker.silent = true;
    await scene.clock.until(1_050);
    expect(done()).toBe(10); // of QoS 0; none of the ten of QoS 1
    expect(publishes()).toBe(10);
  });
});
