import { describe, expect, it } from 'vitest';
import { nowMicros } from '../../../../src/base/clock.js';
import { missingDeliveries, overtakenByTopic } from '../../../../src/load/worker/deliveries.js';
import { Outstanding } from '../../../../src/load/worker/outstanding.js';
import { booksOf, workerReport } from '../../../../src/load/worker/report.js';
import { Histogram } from '../../../../src/metrics/histogram.js';
import type { LoadPlan } from '../../../../src/plan/plan.js';
import { samplesOf, startFleet, VirtualScene, virtualPlan } from './virtual-fleet.js';

const scene = VirtualScene.forEachTest();

/** Two clients, up, that publish ten times a second each to themselves from now on. */
async function publishing(over: Partial<LoadPlan> = {}): Promise<void> {
  scene.fleet = startFleet(scene.broker, virtualPlan({ clients: 2, ...over }));
  scene.fleet.loop.connect(nowMicros());
  await scene.clock.until(500);
  scene.fleet.loop.startPublishing(nowMicros());
}

/** What is missing, and the count, youngest and oldest of the deliveries that are still expected, in milliseconds. */
function books() {
  const { worker } = scene.fleet;
  const outstanding = new Outstanding(worker.books.recorder, nowMicros());
  const missing = missingDeliveries(worker, [booksOf(worker)], outstanding);
  const ages = worker.books.recorder
    .segments(nowMicros(), outstanding)
    .flatMap(({ left }) => left?.ages['delivery.e2e'] ?? [])
    .map(({ count, min, max }) => [count, Math.round(min / 1000), Math.round(max / 1000)]);
  return { missing, ages };
}

describe('the books of deliveries', () => {
  it('miss nothing when everything came', async () => {
    await publishing();
    await scene.clock.until(1_480);
    expect(books()).toEqual({ missing: [0], ages: [] });
  });

  it('miss what a subscriber did not get, since it was due', async () => {
    await publishing();
    await scene.clock.until(980);
    scene.broker.copies = 0;
    await scene.clock.until(1_080); // due at 1,000 and 1,050
    scene.broker.copies = 1;
    await scene.clock.until(1_480);
    expect(books()).toEqual({ missing: [2], ages: [[2, 430, 480]] });
  });

  it('leave out what comes with RETAIN: neither received, nor a duplicate, nor a latency', async () => {
    scene.broker.retained = true;
    await publishing();
    await scene.clock.until(1_480);
    scene.broker.retained = false;
    const { worker } = scene.fleet;
    expect(worker.books.tally.allCounters(worker.clients)['messages.retained']).toBe(20);
    expect(worker.books.recorder.totals()).toMatchObject({ sent: 20, received: 0, duplicate: 0 });
    expect(samplesOf(worker, 'delivery.e2e')).toEqual([]);
  });

  it('tell what a later message has overtaken from what may still come', async () => {
    await publishing();
    await scene.clock.until(980);
    scene.broker.copies = 0;
    await scene.clock.until(1_080); // due at 1,000 and 1,050
    scene.broker.copies = 1;
    await scene.clock.until(1_380);
    scene.broker.copies = 0;
    await scene.clock.until(1_480); // due at 1,400 and 1,450
    expect(books().missing).toEqual([4]);
    expect(overtakenByTopic(scene.fleet.worker)).toEqual([2]);
  });

  it('count what is due to clients that are not connected', async () => {
    await publishing();
    await scene.clock.until(980);
    scene.broker.away = true;
    scene.broker.cut();
    await scene.clock.until(1_480);
    expect(scene.fleet.worker.clients.reduce((sum, { traffic }) => sum + traffic.dueAway, 0)).toBe(10);
  });

  it('are not balanced by what another message brought too often', async () => {
    await publishing();
    await scene.clock.until(980);
    scene.broker.copies = 0;
    await scene.clock.until(1_080);
    scene.broker.copies = 3;
    await scene.clock.until(1_480);
    expect(books().missing).toEqual([2]);
    expect(scene.fleet.worker.books.recorder.totals()).toMatchObject({ sent: 20, received: 18, duplicate: 16 });
  });

  it('expect nothing more where QoS 0 promises nothing, and miss it all the same', async () => {
    scene.broker.copies = 0;
    await publishing({ subscribe: { topic: 'v/%c', qos: 0 } });
    await scene.clock.until(1_480);
    expect(books()).toEqual({ missing: [20], ages: [] });
  });

  it('cannot tell who of a group was to get a message', async () => {
    await publishing({ subscribe: { topic: '$share/group/v/%c', qos: 1 } });
    expect(books().missing).toBeUndefined();
  });
});

describe('the longest silence of a client', () => {
  const silences = () => {
    const { worker } = scene.fleet;
    const none = new Histogram().toData();
    const { gaps, openGaps, segments } = workerReport(
      worker,
      { loopDelay: scene.fleet.loop.watch.loopDelay, busyShare: scene.fleet.loop.watch.busyShare },
      { books: [booksOf(worker)] },
      { use: {} as never, boundaryLateMicros: 0, addresses: [] },
    );
    const of = ({ count, max } = none) => (count === 0 ? [] : [count, Math.round(max / 1000)]);
    const last = segments.filter(({ name }) => name === 'last').at(-1); // of its parts the one that tells
    const window = of(last?.histograms['delivery.gap']);
    return { gaps: of(gaps), open: of(openGaps), window, windowOpen: of(last?.left?.ages['delivery.gap']) };
  };
  const until1500 = async (): Promise<void> => {
    await publishing();
    scene.fleet.worker.books.recorder.boundary('last', nowMicros() + 200_000, nowMicros());
    scene.fleet.loop.stopPublishing(nowMicros() + 1_000_000);
    await scene.clock.until(980);
  };

  it('is at least as long as until publishing ended, when no message has ended it and one is missing', async () => {
    await until1500();
    scene.broker.copies = 0;
    await scene.clock.until(2_500);
    // The last messages were due at 900 and 950, and came 30 ms later.
    expect(silences()).toEqual({ gaps: [], open: [2, 570], window: [], windowOpen: [2, 570] });
  });

  it('is known when a message has ended it, however late, and when nothing is missing', async () => {
    await until1500();
    await scene.clock.until(2_500);
    expect(silences()).toMatchObject({ gaps: [2, 100], open: [], windowOpen: [] });
  });
});

describe('filters of one client that overlap', () => {
  const overlapping = { subscribe: { topic: 'v/%c', qos: 1 as const, further: ['v/#'] } };

  it('bring one copy or one for each, as the broker likes', async () => {
    // Here the broker knows of v/<client> only, and sends as many copies as the test says.
    for (const copies of [1, 2]) {
      scene.broker.copies = copies;
      if (copies === 1) await publishing({ ...overlapping, clients: 1 });
      await scene.clock.pass(500);
    }
    await scene.clock.pass(90);
    const { received, duplicate, sent } = scene.fleet.worker.books.recorder.totals();
    expect(books().missing).toEqual([0]);
    expect([received, duplicate]).toEqual([sent, 0]);
    expect(
      scene.fleet.worker.books.tally.allCounters(scene.fleet.worker.clients)['messages.overlapping'],
    ).toBeGreaterThan(5);
  });

  it('bring no more than one for each: the rest are duplicates', async () => {
    scene.broker.copies = 4;
    await publishing({ ...overlapping, clients: 1 });
    await scene.clock.pass(980);
    const { received, duplicate } = scene.fleet.worker.books.recorder.totals();
    expect(duplicate).toBe(2 * received);
  });
});
