import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { nowMicros } from '../../src/base/clock.js';
import type { LoadReport } from '../../src/load/contract.js';
import { Coordinator } from '../../src/load/coordinator.js';
import type { LoadPlan } from '../../src/plan/plan.js';
import { atRate, filler } from '../helpers/plans.js';
import { DelayingServer } from './delaying-server.js';
import { planFor, sleep } from './plan.js';

const clients = 20;
const publish = { topic: 'truth/%c', qos: 1 as const, payload: filler(64), pace: atRate(200), inflight: 50 };

describe('clients that come back', () => {
  let server: DelayingServer;
  let load: Coordinator | undefined;

  beforeEach(async () => {
    server = await DelayingServer.open({ delayMillis: 5 });
  });
  afterEach(async () => {
    await load?.close();
    await server.close();
  });

  /** Publishes for a second, lets something happen, publishes on, and waits for what is outstanding. */
  async function around(over: Partial<LoadPlan>, event: () => Promise<void> | void): Promise<LoadReport> {
    const reconnect = { firstMicros: 50_000, maxMicros: 100_000 };
    load = await Coordinator.start(planFor(server.port, { clients, publish, reconnect, ...over }), { workers: 2 });
    await load.connectAll();
    await load.startPublishing();
    await sleep(1_000);
    await load.mark('event');
    const beganMicros = nowMicros();
    await event();
    await load.happened('event', { acts: [{ beganMicros, endedMicros: beganMicros }], pathMicros: 5_000 });
    await sleep(2_500);
    await load.stopPublishing();
    expect(await load.drain(10e6)).toBe(true);
    return load.collect();
  }

  it('after a server that was away for 700 ms need 700 ms and at most one wait more, and lose nothing', async () => {
    const { metrics, counters, ledger } = await around({}, () => server.vanish(700));
    const { distributions, values } = metrics;
    expect(distributions['reconnect.noticed']?.count).toBe(clients);
    expect(distributions['reconnect.noticed']?.p50).toBeLessThan(100_000);
    const back = distributions['reconnect.connack'];
    expect(back?.count).toBe(clients);
    expect(back?.min).toBeGreaterThanOrEqual(690_000);
    // The last failed try was just before it came back: one wait of at most 100 ms, the handshake, and 5 ms.
    expect(back?.p50).toBeLessThan(900_000);
    expect(distributions['reconnect.transport']?.p50).toBeLessThanOrEqual(back?.p50 as number);
    expect(distributions['reconnect.message']?.p50).toBeGreaterThanOrEqual(back?.p50 as number);
    expect(distributions['reconnect.drained']?.p50).toBeGreaterThanOrEqual(
      distributions['reconnect.message']?.p50 as number,
    );
    expect(counters['connections.lost']).toBe(clients);
    expect(values['messages.sent']).toBe(values['messages.offered']);
    expect(values['messages.acknowledged']).toBe(values['messages.offered']);
    expect(ledger[0]?.acknowledged).toBe(ledger[0]?.offered);
    // 140 messages were due while it was away; each waited until it was back.
    expect(distributions['publish.ack']?.max).toBeGreaterThanOrEqual(690_000);
  });

  it('from a path that fell silent are counted from the silence, not from when they gave up', async () => {
    const { metrics } = await around({ deadAfterMicros: 800_000 }, () => server.goSilent());
    const { distributions, values } = metrics;
    // Given up 0.8 s after the oldest unanswered publish; looked at every 0.1 s.
    expect(distributions['reconnect.noticed']?.min).toBeGreaterThanOrEqual(790_000);
    expect(distributions['reconnect.noticed']?.p50).toBeLessThan(1_300_000);
    expect(distributions['reconnect.connack']?.min).toBeGreaterThanOrEqual(800_000);
    expect(distributions['reconnect.retry']?.p50).toBeLessThan(200_000);
    expect([values['clients.survived'], values['clients.reconnected'], values['clients.lost']]).toEqual([
      0,
      clients,
      0,
    ]);
    expect(values['messages.acknowledged']).toBe(values['messages.offered']);
  });

  it('survive an event that did nothing to them', async () => {
    load = await Coordinator.start(planFor(server.port, { clients, publish }), { workers: 2 });
    await load.connectAll();
    await load.startPublishing();
    await sleep(500);
    await load.mark('nothing');
    const now = nowMicros();
    await load.happened('nothing', { acts: [{ beganMicros: now, endedMicros: now }], pathMicros: 5_000 });
    await sleep(700);
    await load.stopPublishing();
    await load.drain(5e6);
    const { values } = (await load.collect()).metrics;
    expect([values['clients.survived'], values['clients.reconnected'], values['clients.lost']]).toEqual([
      clients,
      0,
      0,
    ]);
    expect(values['messages.resent']).toBe(0);
  });
});
