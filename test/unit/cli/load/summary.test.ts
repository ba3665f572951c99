import { describe, expect, it } from 'vitest';
import { summaryText } from '../../../../src/cli/load/summary.js';
import type { LoadPlan, PublishPlan } from '../../../../src/plan/plan.js';
import type { Cell, Distribution, ExpectationOutcome, Result } from '../../../../src/result/types.js';
import { atRate, closedLoop, filler } from '../../../helpers/plans.js';

const plan = {
  clients: 100,
  connectRate: 50,
  subscribe: { topic: 't', qos: 1 },
  publish: { topic: 't', qos: 1, payload: filler(64), pace: atRate(200), inflight: 1 },
} as LoadPlan;

const ack: Distribution = {
  count: 1200,
  min: 900,
  mean: 1300,
  p50: 1200,
  p90: 2100,
  p95: 2500,
  p99: 9_900,
  p999: 120_000,
  max: 1_500_000,
  histogram: '',
};

const cell = {
  id: 'tcp',
  arm: 'tcp',
  network: { name: 'direct', profile: {}, rttMicros: 0 },
  repeat: 1,
  status: 'finished',
  metrics: {
    distributions: { 'publish.ack': ack },
    values: {
      'clients.connected': 98,
      'clients.failed': 2,
      'rate.connect': 49.6,
      'rate.offered': 200,
      'rate.achieved': 197.5,
      'messages.received': 1190,
      'rate.received': 198.4,
    },
  },
  windows: {},
  events: [],
  ledger: [
    {
      qos: 1,
      offered: 1200,
      sent: 1200,
      resent: 3,
      acknowledged: 1200,
      received: 1190,
      duplicate: 2,
      disordered: 1,
      missing: 10,
      verdict: 'broken',
    },
  ],
  errors: [
    {
      code: 'MQB_REFUSED',
      message: 'connect to mqtt://h:1: refused by the host: nobody listens on that port',
      count: 2,
    },
  ],
  counters: { 'publishes.late': 4, 'messages.foreign': 7 },
  resources: [{ role: 'load', processes: 1, cpuUserMicros: 2e6, cpuSystemMicros: 1e6, peakRssBytes: 90e6 }],
  durationMicros: 10e6,
  doubts: [
    { code: 'few-samples', metric: 'connect.connack', message: 'x', advice: 'take more clients' },
    { code: 'few-samples', metric: 'connect.suback', message: 'y', advice: 'take more clients' },
    { code: 'clients-missing', message: '98 of 100 clients connected' },
  ],
} as unknown as Cell;

function summary(of: Cell, by = plan, expectations: readonly ExpectationOutcome[] = []): string {
  return summaryText(by, { cells: [of], expectations, doubts: [], provenance: { workers: 1 } } as unknown as Result);
}

describe('the summary of a load', () => {
  it('says everything once, in words', () => {
    const expectations = [{ text: 'publish.ack.p95 < 2ms', outcome: 'missed' as const, found: 'tcp: 2.50 ms' }];
    expect(summary(cell, plan, expectations)).toMatchInlineSnapshot(`
      "Clients    98 of 100 connected, asked 50/s, achieved 49.6/s
                 2 failed tries
      Messages   asked 200/s, achieved 198/s acknowledged
      Received   1,190, 198/s
                 7 without a stamp of mqbench: counted, not measured
      Latency                  P50      P90      P95      P99      P99.9     max  samples
        PUBLISH to PUBACK  1.20 ms  2.10 ms  2.50 ms  9.90 ms  120 ms ?2  1.50 s    1,200
      Ledger     QoS 1: 1,200 offered, 1,200 sent, 3 again, 1,200 acknowledged, 1,190 received, 2 duplicate, 1 out of order, 10 missing: PROMISE BROKEN
      Errors     2 × connect to mqtt://h:1: refused by the host: nobody listens on that port (MQB_REFUSED)
      Generator  1 process, 0.30 cores, 90.0 MB, event loop P99 - late, 4 late sends
      Doubt ?1   98 of 100 clients connected
      Doubt ?2   publish.ack: 1,200 samples: fewer than 2 lie beyond the P99.9
                 → take more clients, a longer run or repeats
      Failed     the promise of QoS 1 was broken: 10 missing
      Expected   MISSED  publish.ack.p95 < 2ms: tcp: 2.50 ms"
    `);
  });

  it('tells what was not finished, and calls the rate of mixed QoS what it is', () => {
    const { metrics } = cell;
    const left = {
      ...cell,
      metrics: { ...metrics, values: { ...metrics.values, 'messages.outstanding': 12 } },
    } as Cell;
    const line = (over: LoadPlan): string | undefined =>
      summary(left, over)
        .split('\n')
        .find((text) => text.startsWith('Messages'));
    expect(line(plan)).toBe('Messages   asked 200/s, achieved 198/s acknowledged, 12 outstanding at the end');
    const pace = { kind: 'per-topic', perSecond: 200, topics: [{ qos: 0 }, { qos: 1 }] };
    const mixed = { ...plan, publish: { ...plan.publish, qos: 0, pace } } as unknown as LoadPlan;
    expect(line(mixed)).toBe(
      'Messages   asked 200/s, achieved 198/s written (QoS 0) or acknowledged, 12 outstanding at the end',
    );
  });

  it('says of a closed loop that it is one', () => {
    const publish: PublishPlan = { ...(plan.publish as PublishPlan), pace: closedLoop };
    const text = summary(cell, { ...plan, publish });
    expect(text).toMatchInlineSnapshot(`
      "Clients    98 of 100 connected, asked 50/s, achieved 49.6/s
                 2 failed tries
      Messages   closed loop, achieved 198/s acknowledged
      Received   1,190, 198/s
                 7 without a stamp of mqbench: counted, not measured
      Latency                  P50      P90      P95      P99      P99.9     max  samples
        PUBLISH to PUBACK  1.20 ms  2.10 ms  2.50 ms  9.90 ms  120 ms ?2  1.50 s    1,200
      Ledger     QoS 1: 1,200 offered, 1,200 sent, 3 again, 1,200 acknowledged, 1,190 received, 2 duplicate, 1 out of order, 10 missing: PROMISE BROKEN
      Errors     2 × connect to mqtt://h:1: refused by the host: nobody listens on that port (MQB_REFUSED)
      Generator  1 process, 0.30 cores, 90.0 MB, event loop P99 - late, 4 late sends
      Doubt ?1   98 of 100 clients connected
      Doubt ?2   publish.ack: 1,200 samples: fewer than 2 lie beyond the P99.9
                 → take more clients, a longer run or repeats
      Failed     the promise of QoS 1 was broken: 10 missing"
    `);
  });

  it('says of whom SUBACK is where others do not subscribe', () => {
    const of = (count: number): Distribution => ({ ...ack, count });
    const labels = (subscribers: number): string[] => {
      const distributions = { 'connect.connack': of(100), 'connect.suback': of(subscribers) };
      const metrics = { ...cell.metrics, distributions };
      const text = summary({ ...cell, metrics });
      return text.split('\n').filter((line) => /CONNACK|SUBACK/.test(line));
    };
    expect(labels(60).map((line) => line.slice(0, 20))).toEqual(['  CONNACK           ', '  Subscriber SUBACK ']);
    expect(labels(100)[1]).toMatch(/^ {2}SUBACK {3}1\.20 ms/);
  });

  it('says what came retained, apart from what was received', () => {
    const counters = { ...cell.counters, 'messages.retained': 20 };
    const text = summary({ ...cell, counters });
    expect(text).toMatchInlineSnapshot(`
      "Clients    98 of 100 connected, asked 50/s, achieved 49.6/s
                 2 failed tries
      Messages   asked 200/s, achieved 198/s acknowledged
      Received   1,190, 198/s
                 7 without a stamp of mqbench: counted, not measured
                 20 retained from before the subscription: counted apart, no latency
      Latency                  P50      P90      P95      P99      P99.9     max  samples
        PUBLISH to PUBACK  1.20 ms  2.10 ms  2.50 ms  9.90 ms  120 ms ?2  1.50 s    1,200
      Ledger     QoS 1: 1,200 offered, 1,200 sent, 3 again, 1,200 acknowledged, 1,190 received, 2 duplicate, 1 out of order, 10 missing: PROMISE BROKEN
      Errors     2 × connect to mqtt://h:1: refused by the host: nobody listens on that port (MQB_REFUSED)
      Generator  1 process, 0.30 cores, 90.0 MB, event loop P99 - late, 4 late sends
      Doubt ?1   98 of 100 clients connected
      Doubt ?2   publish.ack: 1,200 samples: fewer than 2 lie beyond the P99.9
                 → take more clients, a longer run or repeats
      Failed     the promise of QoS 1 was broken: 10 missing"
    `);
  });

  it('of sub has a ledger of what it heard of other publishers', () => {
    const { publish: _, ...sub } = plan;
    const values = { 'messages.received': 610, 'messages.duplicate': 7, 'messages.disordered': 5 };
    const heard = { ...cell, ledger: [], metrics: { distributions: {}, values }, counters: { 'messages.gaps': 10 } };
    const text = summary(heard as unknown as Cell, sub);
    expect(text).toMatchInlineSnapshot(`
      "Clients    0 of 100 connected
      Received   610
      Ledger     610 received, 7 duplicate, 5 out of order, 10 missing between the first and the last of each publisher
      Errors     2 × connect to mqtt://h:1: refused by the host: nobody listens on that port (MQB_REFUSED)
      Generator  1 process, 0.30 cores, 90.0 MB, event loop P99 - late, 0 late sends
      Doubt ?1   98 of 100 clients connected"
    `);
  });
});
