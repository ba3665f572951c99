import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LoadReport } from '../../src/load/contract.js';
import { Coordinator } from '../../src/load/coordinator.js';
import { decodeHistogram } from '../../src/metrics/hdr-codec.js';
import { highestOf } from '../../src/metrics/histogram.js';
import type { Distribution } from '../../src/result/types.js';
import { atRate, filler } from '../helpers/plans.js';
import { DelayingServer } from './delaying-server.js';
import { planFor, sleep } from './plan.js';

// 200/s for 3 s with a server that falls silent for 1 s: a third of the messages is due during the silence, and
// they wait 0.5 s on average. A tool that sends the next message only after the last answer, and counts from
// there, would show one slow answer per client.
const stallMillis = 1_000;

/** Samples above a limit. */
function above(distribution: Distribution | undefined, micros: number): number {
  let count = 0;
  decodeHistogram((distribution as Distribution).histogram).forEach((index, n) => {
    if (highestOf(index) > micros) count += n;
  });
  return count;
}

describe('a server that stalls for a second', () => {
  let server: DelayingServer;
  let report: LoadReport;

  beforeAll(async () => {
    server = await DelayingServer.open({ delayMillis: 0 });
    const publish = { topic: 'truth/%c', qos: 1 as const, payload: filler(64), pace: atRate(200), inflight: 1 };
    const load = await Coordinator.start(planFor(server.port, { clients: 10, publish }), { workers: 2 });
    await load.connectAll();
    await load.startPublishing();
    await sleep(1_000);
    server.stall(stallMillis);
    await sleep(2_000);
    await load.stopPublishing();
    await load.drain(5e6);
    report = await load.collect();
    await load.close();
  });
  afterAll(() => server.close());

  it('shows the silence in the latency of every message that was due in it', () => {
    const { distributions } = report.metrics;
    expect(distributions['publish.ack']?.max).toBeGreaterThanOrEqual(0.97 * stallMillis * 1000);
    // Those due in the first half of the silence waited half of it or longer: 100 of 600, to within a tenth.
    expect(above(distributions['publish.ack'], (stallMillis * 1000) / 2)).toBeGreaterThanOrEqual(90);
  });

  it('keeps the raw figure beside it, in which one message per client saw the silence', () => {
    expect(above(report.metrics.distributions['publish.ack.raw'], (stallMillis * 1000) / 2)).toBeLessThanOrEqual(10);
  });

  it('offers at the same rate whether answers come or not', () => {
    const { values } = report.metrics;
    expect(values['rate.offered']).toBeGreaterThan(199);
    expect(values['rate.offered']).toBeLessThan(201);
    expect(values['messages.sent']).toBe(values['messages.offered']);
  });
});
