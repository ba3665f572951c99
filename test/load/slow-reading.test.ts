import { afterEach, describe, expect, it } from 'vitest';
import { type BrokerHandle, startBroker } from '../../src/broker/process.js';
import type { LoadPlan } from '../../src/plan/plan.js';
import { readScenario } from '../../src/scenario/read.js';
import { planMeant } from '../helpers/plan-meant.js';
import { atRate, filler } from '../helpers/plans.js';
import { playLoad } from '../helpers/play-load.js';

/** One publisher, one subscriber. */
const plan = (over: Partial<LoadPlan> = {}): Partial<LoadPlan> => ({
  clients: 2,
  publishers: 1,
  keepaliveSeconds: 1,
  deadAfterMicros: 1e6,
  subscribe: { topic: 'truth/slow', qos: 1, reads: { perSecond: 50 } },
  publish: { topic: 'truth/slow', qos: 1, payload: filler(64), pace: atRate(500), inflight: 20, limit: 1_000 },
  ...over,
});

describe('a subscriber that reads slowly on purpose', () => {
  let broker: BrokerHandle;
  afterEach(() => broker?.close());

  async function start(pressure?: object): Promise<BrokerHandle> {
    broker = await startBroker({ listeners: { tcp: { port: 0 }, quic: { port: 0 } }, pressure });
    return broker;
  }
  const portOf = (transport: 'tcp' | 'quic'): number => broker.ready.addresses[transport]?.port as number;

  it('takes as many messages a second as it is told to, keeps its connection, and is doubted', async () => {
    await start();
    const began = performance.now();
    const { ledger, counters, doubts, metrics } = await playLoad(portOf('tcp'), plan(), { drainMillis: 2_000 });
    const seconds = (performance.now() - began) / 1000;
    const received = ledger[0]?.received ?? 0;
    expect(received).toBeGreaterThan(100); // 2 s of publishing and 2 of waiting, at 50/s
    expect(received).toBeLessThan(50 * seconds + 5);
    expect(ledger).toMatchObject([{ acknowledged: 1_000, verdict: 'not-settled' }]);
    expect(counters['connections.lost']).toBe(0); // although its keepalive and its patience are a second
    const spoiled = doubts.filter(({ code }) => code === 'slow-readers').map(({ metric }) => metric);
    expect(spoiled).toEqual(['delivery.e2e', 'delivery.gap']);
    expect(metrics.distributions['publish.ack']?.p95).toBeLessThan(
      metrics.distributions['delivery.e2e']?.p50 as number,
    );
  });

  // 40 MB go to a reader that has stopped: more than the sockets on the way hold, far more than may be owed.
  it.each(['tcp', 'quic'] as const)(
    'holds the broker up by flow control when it stops: %s',
    { timeout: 90_000 },
    async (transport) => {
      await start({ owedBytes: 2_000_000 });
      const large = plan({
        target: {
          transport,
          hosts: [{ host: '127.0.0.1', port: portOf(transport) }],
          tls: { verify: false },
        },
        subscribe: { topic: 'truth/slow', qos: 0, reads: { perSecond: 0, afterMicros: 100_000 } },
        publish: {
          topic: 'truth/slow',
          qos: 1,
          payload: filler(20_000),
          pace: atRate(400),
          inflight: 20,
          limit: 2_000,
        },
        deadAfterMicros: 30e6,
      });
      let held = 0;
      const during = async (): Promise<void> => {
        await expect
          .poll(
            async () => {
              held = (await broker.stats()).publishersHeld;
              return held;
            },
            { timeout: 30_000, interval: 20 },
          )
          .toBeGreaterThan(0);
      };
      const { ledger, doubts } = await playLoad(portOf(transport), large, { during, millis: 10, drainMillis: 200 });
      expect(held).toBe(1);
      expect(ledger[0]?.received).toBeLessThan(1_000);
      expect(doubts.map(({ code }) => code)).toContain('slow-readers');
    },
  );

  it('is asked for alike in a file and on the command line', async () => {
    const file = (load: string, arm = 'tcp') =>
      readScenario(`title: t\narms: [${arm}]\nnetwork: none\nload: { duration: 1s, ${load} }\n`, 'x.yaml').load
        .subscribe;
    const publish = 'publish: { topic: t, rate: 5/s }';
    expect(file(`subscribe: { topic: t, reads: 10/s, readsAfter: 5s }, ${publish}`)?.reads).toEqual(
      (await planMeant('sub -t t --reads 10 --reads-after 5')).subscribe?.reads,
    );
    expect(file(`subscribers: { clients: 2, topic: t, reads: none }, ${publish}`)?.reads).toEqual({ perSecond: 0 });
    expect((await planMeant('pubsub --reads none')).subscribe?.reads).toEqual({ perSecond: 0 });
    expect(() => file('subscribe: { topic: t, readsAfter: 5s }')).toThrow(
      /subscribe\.readsAfter: says when.*give reads/,
    );
    expect(() => file('subscribe: { topic: t, reads: some }')).toThrow(/subscribe\.reads: .*not a rate/);
    expect(() =>
      file(`subscribe: { topic: t, qos: 0, reads: 5/s }, ${publish}`, '{ transport: quic, datagrams: true }'),
    ).toThrow(/arms\[0\]\.datagrams: reads of the load works by flow control/);
    await expect(planMeant('sub -t t --reads-after 5')).rejects.toThrow(/--reads-after says when.*--reads/);
    await expect(planMeant('sub -t t --quic --streams per-topic --reads 5')).rejects.toThrow(
      /--reads holds up the one stream/,
    );
  });
});
