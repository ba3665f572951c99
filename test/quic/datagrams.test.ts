import type { Aedes } from 'aedes';
import { generate } from 'mqtt-packet';
import { afterEach, describe, expect, it } from 'vitest';
import { isDatagramPublish } from '../../src/mqtt/session/datagram-publish.js';
import type { LoadPlan } from '../../src/plan/plan.js';
import { atRate, filler } from '../helpers/plans.js';
import { LoadLab } from './load-client.js';
import { pause, until } from './wire.js';

let lab: LoadLab | undefined;
afterEach(async () => {
  await lab?.close();
  lab = undefined;
});

const load = (
  publish: Partial<NonNullable<LoadPlan['publish']>> = {},
  subscribe: LoadPlan['subscribe'] = { topic: 'd/#', qos: 0 },
): Partial<LoadPlan> => ({
  topics: 2,
  subscribe,
  publish: { topic: 'd/%t', qos: 0, payload: filler(200), pace: atRate(400), inflight: 10, ...publish },
});
const enabled = { quic: { datagrams: true } };

describe('QoS 0 in QUIC datagrams', () => {
  it('goes both ways, each message once', async () => {
    lab = await LoadLab.start(enabled);
    await lab.connect({ datagrams: true }, load());
    await lab.publish(200);
    await until(() => (lab as LoadLab).counts.received === (lab as LoadLab).counts.sent); // loopback loses none
    await pause(50);
    const { sent, received, duplicate } = lab.counts;
    expect({ received, duplicate }).toEqual({ received: sent, duplicate: 0 });
    expect(lab.broker.counters()).toMatchObject({ 'mqtt.datagramsReceived': sent, 'mqtt.datagramsDelivered': sent });
    expect(lab.worker.books.tally.allCounters(lab.worker.clients)).toMatchObject({
      'datagrams.sent': sent,
      'datagrams.received': sent,
      'datagrams.dropped': 0,
    });
  });

  it('QoS 1 stays on streams, as does what QoS 0 brings that is too long for a datagram', async () => {
    lab = await LoadLab.start(enabled);
    await lab.connect({ datagrams: true }, load({ qos: 1 }));
    await lab.publish(100);
    await until(() => (lab as LoadLab).counts.received === (lab as LoadLab).counts.sent);
    expect(lab.broker.counters()).toMatchObject({ 'mqtt.datagramsReceived': 0, 'mqtt.datagramsDelivered': 0 });
    await lab.close();
    lab = await LoadLab.start(enabled);
    await lab.connect({ datagrams: true }, load());
    const { aedes } = lab.broker as unknown as { aedes: Aedes };
    const long = {
      cmd: 'publish',
      topic: 'd/0',
      payload: Buffer.alloc(3000),
      qos: 0,
      dup: false,
      retain: false,
    } as const;
    aedes.publish(long, () => {});
    await until(() => lab?.worker.books.tally.counts.foreign === 1);
    expect(lab.broker.counters()).toMatchObject({ 'mqtt.datagramsDelivered': 0 });
  });

  it('beside several streams: SUBSCRIBE and QoS 1 go by the mapping', async () => {
    lab = await LoadLab.start(enabled);
    await lab.connect({ datagrams: true, streams: 'pub-sub' }, load());
    await lab.publish(100);
    await until(() => (lab as LoadLab).counts.received === (lab as LoadLab).counts.sent);
    expect(lab.broker.counters()).toMatchObject({ 'mqtt.datagramsReceived': lab.counts.sent });
    expect(lab.subscribed.filter(({ topic }) => topic === 'd/#').map(({ stream }) => stream)).toEqual([4]);
  });

  it('is off by default: a broker with datagrams serves a client without them on its stream', async () => {
    lab = await LoadLab.start(enabled);
    await lab.connect({}, load());
    await lab.publish(50);
    await until(() => (lab as LoadLab).counts.received === (lab as LoadLab).counts.sent);
    expect(lab.broker.counters()).toMatchObject({ 'mqtt.datagramsReceived': 0, 'mqtt.datagramsDelivered': 0 });
  });

  it('is refused when the broker takes none', async () => {
    lab = await LoadLab.start();
    await lab.connect({ datagrams: true }, load());
    expect(lab.worker.books.everUp).toBe(0);
    expect(lab.worker.books.tally.errors.toList()).toEqual([
      expect.objectContaining({ code: 'MQB_QUIC_DATAGRAM', message: expect.stringContaining('the peer takes none') }),
    ]);
  });

  it('is refused when the message does not fit', async () => {
    lab = await LoadLab.start(enabled);
    await lab.connect({ datagrams: true }, load({ payload: filler(1400) }));
    lab.start();
    await until(() => (lab as LoadLab).worker.books.tally.counts.disconnects > 0);
    expect(lab.worker.books.tally.errors.toList()).toEqual([
      expect.objectContaining({ code: 'MQB_QUIC_DATAGRAM', message: expect.stringMatching(/at most \d+ fit/) }),
    ]);
    expect(lab.broker.counters()).toMatchObject({ 'mqtt.datagramsReceived': 0 });
  });

  it('anything but one whole PUBLISH of QoS 0 is dropped and counted; the connection lives', async () => {
    lab = await LoadLab.start(enabled);
    await lab.connect({ datagrams: true }, load());
    const publish = (qos: 0 | 1, topic = 'd/0'): Buffer =>
      generate({ cmd: 'publish', topic, payload: 'x', qos, messageId: 1, dup: false, retain: false });
    const bad = [
      publish(1),
      publish(0).subarray(0, 4),
      Buffer.concat([publish(0), publish(0)]),
      publish(0, 'd/+'),
      Buffer.of(0x30, 4, 0, 9, 0x61, 0x61), // a topic longer than the packet
      generate({ cmd: 'pingreq' }),
      generate({ cmd: 'disconnect' }),
      Buffer.of(0x30, 0xff, 0xff, 0xff, 0xff, 0xff),
      Buffer.of(0x30),
    ];
    for (const bytes of bad) {
      lab.connection.datagrams?.send(bytes);
      await pause(5);
    }
    await until(() => lab?.broker.counters()['mqtt.datagramsRefused'] === bad.length);
    await lab.publish(20);
    await until(() => (lab as LoadLab).counts.received === (lab as LoadLab).counts.sent);
    expect(lab.client.generation).toBe(1);
  });
});

describe('what the client takes for a PUBLISH in a datagram', () => {
  const publish = generate({ cmd: 'publish', topic: 'a/b', payload: 'x', qos: 0, dup: false, retain: true });

  it('is exactly one of QoS 0', () => {
    expect(isDatagramPublish(publish)).toBe(true);
    for (let length = 0; length < publish.length; length++) {
      expect(isDatagramPublish(publish.subarray(0, length))).toBe(false);
    }
    expect(isDatagramPublish(Buffer.concat([publish, publish]))).toBe(false);
    const qos1 = generate({
      cmd: 'publish',
      topic: 'a',
      payload: 'x',
      qos: 1,
      messageId: 1,
      dup: false,
      retain: false,
    });
    expect(isDatagramPublish(qos1)).toBe(false);
    expect(isDatagramPublish(Buffer.of(0x30, 0xff, 0xff, 0xff, 0xff, 0xff))).toBe(false);
    expect(isDatagramPublish(Buffer.of(0x30, 2, 0, 9))).toBe(false); // a topic longer than the packet
  });
});
