import type { Duplex } from 'node:stream';
import { afterEach, describe, expect, it } from 'vitest';
import type { LoadPlan } from '../../src/plan/plan.js';
import type { StreamMap } from '../../src/transport/stream-map.js';
import { atRate, filler } from '../helpers/plans.js';
import { LoadLab, streamsOf } from './load-client.js';
import { pause, until } from './wire.js';

let lab: LoadLab | undefined;
afterEach(async () => {
  await lab?.close();
  lab = undefined;
});

const topics = ['t/0', 't/1', 't/2', 't/3'];
const load = (qos: 0 | 1 | 2, over: Partial<LoadPlan> = {}): Partial<LoadPlan> => ({
  topics: topics.length,
  subscribe: { topic: 't/%t', qos },
  publish: { topic: 't/%t', qos, payload: filler(64), pace: atRate(400), inflight: 100 },
  ...over,
});
const every = (stream: number): Record<string, number[]> =>
  Object.fromEntries(topics.map((topic) => [topic, [stream]]));

/** The data streams that live, by the client that each is for aedes (src/broker/quic/streams.ts). */
function dataStreamsOf(lab: LoadLab): { readonly id: string; readonly stream: Duplex }[] {
  const { aedes } = lab.broker as unknown as { aedes: { clients: Record<string, { conn: { stream: Duplex } }> } };
  return Object.entries(aedes.clients).flatMap(([id, { conn }]) =>
    /:stream-/.test(id) ? [{ id, stream: conn.stream }] : [],
  );
}

describe('the load client over several QUIC streams', () => {
  // Data stream n is QUIC stream 4n in order of first use; SUBSCRIBEs come first.
  it.each<[StreamMap, Record<string, number[]>, Record<string, number[]>]>([
    ['control', every(0), every(0)],
    [
      'per-topic',
      { 't/0': [4], 't/1': [8], 't/2': [12], 't/3': [16] },
      { 't/0': [4], 't/1': [8], 't/2': [12], 't/3': [16] },
    ],
    ['per-qos', every(4), every(4)],
    ['pub-sub', every(4), every(8)],
    [3, { 't/0': [4], 't/1': [8], 't/2': [12], 't/3': [4] }, { 't/0': [4], 't/1': [8], 't/2': [12], 't/3': [4] }],
  ])(
    '%s: QUIC streams as the broker sees them; every message once, in order per topic',
    async (streams, subscribed, published) => {
      lab = await LoadLab.start();
      await lab.connect({ streams }, load(1));
      await lab.publish(200);
      await until(() => (lab as LoadLab).counts.received === (lab as LoadLab).counts.sent);
      await pause(50); // duplicates would come behind
      expect(streamsOf(lab.subscribed)).toEqual(subscribed);
      expect(streamsOf(lab.published)).toEqual(published);
      const { sent, received, acknowledged, duplicate, disordered, resent } = lab.counts;
      expect({ received, acknowledged, duplicate, disordered, resent }).toEqual({
        received: sent,
        acknowledged: sent,
        duplicate: 0,
        disordered: 0,
        resent: 0,
      });
      expect(lab.worker.books.tally.allCounters(lab.worker.clients)['streams.strayAcknowledgements'] ?? 0).toBe(0);
    },
  );

  it('QoS 2 and QoS 0 as well', async () => {
    for (const qos of [2, 0] as const) {
      lab = await LoadLab.start();
      await lab.connect({ streams: 'per-topic' }, load(qos));
      await lab.publish(100);
      await until(() => (lab as LoadLab).counts.received === (lab as LoadLab).counts.sent);
      await pause(50);
      expect(lab.counts).toMatchObject({ duplicate: 0, disordered: 0 });
      await lab.close();
    }
  });

  it('a data stream that is reset comes back with its subscriptions and loses no QoS 1 message', async () => {
    lab = await LoadLab.start();
    await lab.connect({ streams: 'per-topic' }, load(1));
    const running = lab.publish(400);
    for (let kills = 1; kills <= 3; kills++) {
      await pause(150);
      const [victim] = dataStreamsOf(lab);
      victim?.stream.destroy();
      await until(() => lab?.worker.books.tally.allCounters(lab.worker.clients)['streams.died'] === kills);
    }
    await running;
    const { counts, worker, client } = lab;
    expect(client.generation).toBe(1); // the connection lived
    expect(counts.acknowledged).toBe(counts.sent);
    expect(worker.books.tally.allCounters(worker.clients)).toMatchObject({
      'streams.opened': topics.length + 3,
      'streams.died': 3,
    });
    // Every message reached the broker, which tells of it after its PUBACK and its deliveries; each topic has exactly
    // one living subscription again.
    await until(() => new Set(lab?.published.map(({ message }) => message)).size === counts.sent);
    expect(lab.subscribed.length).toBe(topics.length + 3);
    const before = lab.counts.received;
    const sentBefore = lab.counts.sent;
    await lab.publish(sentBefore + 40);
    await until(() => (lab as LoadLab).counts.received - before >= (lab as LoadLab).counts.sent - sentBefore);
  });

  it('a stream that the broker does not read holds up its own topic only', async () => {
    lab = await LoadLab.start({ quic: { streamWindow: 2048, maxStreamWindow: 2048 } });
    const rate = { topic: 't/%t', qos: 0, payload: filler(1024), pace: atRate(800), inflight: 1 } as const;
    await lab.connect({ streams: 'per-topic' }, load(0, { publish: rate }));
    const stalled = dataStreamsOf(lab).find(({ id }) => id.endsWith(':stream-4'))?.stream as Duplex;
    stalled.removeAllListeners('data'); // nobody takes what comes, and flow control closes this stream
    stalled.pause();
    lab.start();
    await until(() => (lab as LoadLab).published.filter(({ topic }) => topic === 't/3').length >= 300);
    const of = (wanted: string): number => (lab as LoadLab).published.filter(({ topic }) => topic === wanted).length;
    expect(of('t/0')).toBe(0);
    expect(Math.min(of('t/1'), of('t/2'))).toBeGreaterThan(280);
    expect(lab.counts).toMatchObject({ disordered: 0, duplicate: 0 });
    expect(lab.client.traffic.waiting).toBe(true); // the stalled topic's messages wait, in their order
  });

  it('does everything again after a reconnect', async () => {
    lab = await LoadLab.start();
    await lab.connect({ streams: 'pub-sub' }, load(1, { reconnect: { firstMicros: 50_000, maxMicros: 100_000 } }));
    const running = lab.publish(300);
    await pause(300);
    lab.connection.abort();
    await running;
    expect(lab.client.generation).toBe(2);
    expect(lab.counts.acknowledged).toBe(lab.counts.sent);
    expect(lab.subscribed.length).toBe(2 * topics.length);
    expect(streamsOf(lab.published)).toEqual(every(8));
  });

  it('says so when the broker grants too few streams', async () => {
    lab = await LoadLab.start({ quic: { maxStreams: 3 } });
    await lab.connect({ streams: 'per-topic' }, load(1));
    expect(lab.worker.books.everUp).toBe(0);
    expect(lab.worker.books.tally.errors.toList()).toEqual([
      expect.objectContaining({ code: 'MQB_QUIC_STREAMS', message: expect.stringContaining('grants no more streams') }),
    ]);
  });
});
