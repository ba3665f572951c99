import { expect, it } from 'vitest';
import { Coordinator } from '../../src/load/coordinator.js';
import { atRate, filler } from '../helpers/plans.js';
import { DelayingServer } from './delaying-server.js';
import { planFor, sleep } from './plan.js';

it('a server that takes 200/s of 400/s offered reads at most 200/s, also when the rest is done in the end', async () => {
  const server = await DelayingServer.open({ delayMillis: 50 });
  // One message of each of 10 clients under way for 50 ms: never more than 200/s.
  const publish = { topic: 'truth/%c', qos: 1 as const, payload: filler(64), pace: atRate(400), inflight: 1 };
  const load = await Coordinator.start(planFor(server.port, { clients: 10, publish }), { workers: 2 });
  try {
    await load.connectAll();
    await load.startPublishing();
    await sleep(1_000);
    await load.window('second');
    await sleep(1_000);
    await load.stopPublishing();
    expect(await load.drain(10e6)).toBe(true);
    const { metrics, windows, doubts } = await load.collect();
    const { values } = metrics;
    expect(values['messages.acknowledged']).toBe(values['messages.offered']);
    expect(values['rate.offered']).toBeGreaterThan(398);
    for (const rate of [values['rate.achieved'], windows.second?.values['rate.achieved']]) {
      expect(rate).toBeGreaterThan(100); // a busy machine makes it less
      expect(rate).toBeLessThanOrEqual(205);
    }
    const missed = doubts.filter(({ code }) => code === 'rate-missed');
    expect(missed.map(({ message }) => message)).toEqual([
      expect.stringContaining('were acknowledged only after publishing had ended; until then it was'),
    ]);
  } finally {
    await load.close();
    await server.close();
  }
}, 60_000);
