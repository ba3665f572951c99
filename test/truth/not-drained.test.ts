import { expect, it } from 'vitest';
import { evaluateExpectations } from '../../src/expect/evaluate.js';
import { Coordinator } from '../../src/load/coordinator.js';
import { atRate, filler } from '../helpers/plans.js';
import { cell, result } from '../unit/report/made-up.js';
import { DelayingServer } from './delaying-server.js';
import { planFor, sleep } from './plan.js';

it('a server that never answers one of 66 publishes has no P99: it is at least how long we waited', async () => {
  const server = await DelayingServer.open({ delayMillis: 0, unanswered: 66 });
  const publish = { topic: 'truth/%c', qos: 1 as const, payload: filler(64), pace: atRate(500), inflight: 100 };
  const load = await Coordinator.start(planFor(server.port, { clients: 20, publish }), { workers: 2 });
  try {
    await load.connectAll();
    await load.startPublishing();
    await sleep(2_000);
    await load.stopPublishing();
    const waitedMicros = 1.5e6;
    expect(await load.drain(waitedMicros)).toBe(false);
    const { metrics, windows, doubts } = await load.collect();
    const acks = metrics.distributions['publish.ack'];
    expect(metrics.values['messages.outstanding']).toBe(server.ignored);
    expect(acks?.outstanding).toBe(server.ignored);
    expect(acks?.count).toBe(metrics.values['messages.offered']);
    expect(acks?.p99).toBeGreaterThanOrEqual(waitedMicros);
    expect(acks?.atLeast).toEqual(expect.arrayContaining(['p99', 'p999', 'max']));
    expect(acks?.atLeast).not.toContain('p50');
    const said = doubts.filter(({ code, metric }) => code === 'not-drained' && metric === 'publish.ack');
    expect(said.map(({ message }) => message)).toEqual([
      expect.stringMatching(/^\d+ of [\d,]+ publishes were not finished .* after up to .*P99.* are lower bounds$/),
    ]);

    const measured = result([cell('tcp', 0, { metrics, windows, doubts })]);
    const [below, above] = evaluateExpectations(['publish.ack.p99 < 1s', 'publish.ack.p99 > 1s'], measured);
    expect([below?.outcome, above?.outcome]).toEqual(['missed', 'held']);
    expect(below?.found).toContain('>= ');
    // Not even a limit beyond what was waited for holds.
    expect(evaluateExpectations(['publish.ack.p99 < 60s'], measured)[0]?.outcome).toBe('missed');
  } finally {
    await load.close({ abort: true });
    await server.close();
  }
}, 60_000);
