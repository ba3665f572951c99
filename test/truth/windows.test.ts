import { expect, it } from 'vitest';
import { Coordinator } from '../../src/load/coordinator.js';
import { atRate, closedLoop, filler } from '../helpers/plans.js';
import { DelayingServer } from './delaying-server.js';
import { planFor, sleep } from './plan.js';

it('what was due while the server stood still counts in that window, and came through in the next', async () => {
  const server = await DelayingServer.open({ delayMillis: 0 });
  const publish = { topic: 'truth/%c', qos: 1 as const, payload: filler(64), pace: atRate(200), inflight: 20 };
  const load = await Coordinator.start(planFor(server.port, { clients: 20, publish }), { workers: 2 });
  try {
    await load.connectAll();
    await load.startPublishing();
    await load.window('calm');
    await sleep(1_000);
    const stalled = load.window('stalled');
    server.stall(1_000); // from up to 40 ms before the window until 40 ms before its end
    await stalled;
    await sleep(1_000);
    await load.window('after');
    await sleep(1_000);
    await load.stopPublishing();
    await load.drain(5e6);
    const { windows, doubts } = await load.collect();
    const late = (name: string): number => windows[name]?.distributions['publish.ack']?.p50 ?? Number.NaN;
    expect(late('stalled')).toBeGreaterThan(300_000);
    expect(late('calm')).toBeLessThan(late('stalled') / 5);
    expect(late('after')).toBeLessThan(late('stalled') / 5);
    for (const window of Object.values(windows)) {
      expect(window.values['messages.acknowledged']).toBe(window.values['messages.offered']);
      expect(window.values['messages.sent']).toBe(window.values['messages.offered']);
    }
    expect(doubts.filter(({ code }) => code === 'rate-missed')).toEqual([]);
  } finally {
    await load.close();
    await server.close();
  }
}, 60_000);

it('windows that are told ahead hold everything, from the first message on', async () => {
  const server = await DelayingServer.open({ delayMillis: 0 });
  const publish = { topic: 'truth/%c', qos: 1 as const, payload: filler(64), pace: atRate(200), inflight: 20 };
  const load = await Coordinator.start(planFor(server.port, { clients: 20, publish }), { workers: 2 });
  try {
    await load.connectAll();
    const start = await load.startPublishing(1e6);
    expect(Number.isInteger(start)).toBe(true); // as in stamps: else one more or less is due in a window than arrives in it
    const stopped = load.stopPublishing(start + 1e6);
    await load.window('first', start);
    await load.window('second', start + 500_000);
    await stopped;
    await load.drain(5e6);
    const { windows, metrics } = await load.collect();
    expect(metrics.values['messages.offered']).toBe(200);
    expect(windows.first?.values['messages.offered']).toBe(100);
    expect(windows.second?.values['messages.offered']).toBe(100);
  } finally {
    await load.close();
    await server.close();
  }
}, 60_000);

it('a closed loop reads no more than its clients can have under way, also when the rest is answered in the end', async () => {
  const server = await DelayingServer.open({ delayMillis: 500 });
  const publish = { topic: 'truth/%c', qos: 1 as const, payload: filler(64), pace: closedLoop, inflight: 10 };
  const load = await Coordinator.start(planFor(server.port, { clients: 10, publish, connectRate: 100 }), {
    workers: 2,
  });
  try {
    await load.connectAll();
    await load.startPublishing();
    await sleep(1_250);
    await load.stopPublishing();
    await load.drain(5e6);
    const { values } = (await load.collect()).metrics;
    // 100 under way for half a second: 200/s; after 1.25 s two rounds are back.
    expect(values['rate.achieved']).toBeLessThanOrEqual(200);
    expect(values['rate.achieved']).toBeGreaterThan(75);
    expect(values['messages.acknowledged']).toBe(values['messages.offered']);
  } finally {
    await load.close();
    await server.close();
  }
}, 60_000);

it('a closed loop with a limit reads what the server took for it, not how fast it was written', async () => {
  const server = await DelayingServer.open({ delayMillis: 500 });
  // All 1,000 are under way at once, and come back half a second later: 2,000/s, not the 20,000/s of writing in 50 ms.
  const publish = {
    topic: 'truth/%c',
    qos: 1 as const,
    payload: filler(64),
    pace: closedLoop,
    inflight: 10,
    limit: 1_000,
  };
  const load = await Coordinator.start(planFor(server.port, { clients: 100, publish, connectRate: 500 }), {
    workers: 2,
  });
  try {
    await load.connectAll();
    await load.startPublishing();
    await sleep(300);
    await load.stopPublishing((await load.lastSentMicros()) + 1);
    await load.drain(5e6);
    const { metrics, doubts } = await load.collect();
    expect(metrics.values['messages.acknowledged']).toBe(1_000);
    expect(metrics.values['rate.achieved']).toBeLessThanOrEqual(2_000);
    expect(metrics.values['rate.achieved']).toBeGreaterThan(500); // a busy machine makes it less
    expect(doubts.filter(({ code }) => code === 'closed-loop').map(({ metric }) => metric)).toEqual(['publish.ack']);
  } finally {
    await load.close();
    await server.close();
  }
}, 60_000);
