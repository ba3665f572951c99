import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BrokerUnderTest, isIncluded, startBrokerUnderTest } from './broker-under-test.js';
import { bytes, publishBytes, u16 } from './bytes.js';
import type { Publish } from './raw-client.js';
import { pause, Scene } from './scene.js';

const payloads = (messages: readonly Publish[]): string[] => messages.map(({ payload }) => String(payload));

/** What lasts over connections and versions; that each of it holds on one connection is said by the statements (test/conformance). */
describe.runIf(isIncluded)('sessions and messages of MQTT 5', () => {
  let broker: BrokerUnderTest;
  beforeAll(async () => {
    broker = await startBrokerUnderTest();
  });
  afterAll(() => broker?.close());
  const scene = (): Scene => new Scene(broker, 'tcp', 5);

  it.concurrent('a topic that came as an alias is kept under its name', async () => {
    const at = scene();
    const clientId = at.id();
    const away = await at.client(at.lasting(clientId));
    await away.subscribe(at.topic('a'), { qos: 1 });
    await away.leave();
    const publisher = await at.client();
    const alias = bytes([0x23], u16(3));
    for (const [i, topic] of [at.topic('a'), ''].entries()) {
      publisher.send(publishBytes(5, topic, { first: 0x33, id: i + 1, own: [alias], payload: `${i}` }));
      await publisher.next('puback');
    }
    const again = await at.client(at.lasting(clientId));
    const late = await at.client();
    await late.subscribe(at.topic('a'), { qos: 1 });
    const got = [await again.next('publish'), await again.next('publish'), await late.next('publish')];
    expect(got.map(({ topic, payload }) => [topic, String(payload)])).toEqual(
      ['0', '1', '1'].map((payload) => [at.topic('a'), payload]),
    );
    expect(got.map(({ properties }) => properties?.topicAlias)).toEqual([undefined, undefined, undefined]);
    at.end();
  });

  it.concurrent('options and identifier of a subscription last as long as its session', async () => {
    const at = scene();
    const [clientId, publisher] = [at.id(), await at.client()];
    const first = await at.client(at.lasting(clientId));
    const options = { qos: 1, rap: true, rh: 2, nl: true, properties: { subscriptionIdentifier: 5 } } as const;
    await first.subscribe(at.topic('a'), options);
    await first.leave();
    await publisher.publish(at.topic('a'), 'while away', { qos: 1, retain: true });
    const again = await at.client(at.lasting(clientId));
    await publisher.publish(at.topic('a'), 'here', { qos: 1, retain: true });
    await again.publish(at.topic('a'), 'its own', { qos: 1 });
    const got = await at.arrived(again, publisher);
    expect(
      got.map(({ payload, retain, properties }) => [String(payload), retain, properties?.subscriptionIdentifier]),
    ).toEqual([
      ['while away', true, 5],
      ['here', true, 5],
    ]);
    at.end();
  });

  it.concurrent('Retain Handling 1 knows the subscriptions of a session that comes back', async () => {
    const at = scene();
    const [clientId, publisher] = [at.id(), await at.client()];
    await publisher.publish(at.topic('a'), 'kept', { qos: 1, retain: true });
    const counts: number[] = [];
    for (let connection = 0; connection < 2; connection++) {
      const client = await at.client(at.lasting(clientId));
      await client.subscribe(at.topic('a'), { qos: 1, rh: 1 });
      counts.push((await at.arrived(client, publisher)).length);
      await client.leave();
    }
    expect(counts).toEqual([1, 0]);
    at.end();
  });

  it.concurrent('a member of a group is one again when its session goes on, until it unsubscribes', async () => {
    const at = scene();
    const [clientId, publisher] = [at.id(), await at.client()];
    const shared = `$share/g/${at.topic('+')}`;
    await publisher.publish(at.topic('a'), 'kept', { qos: 1, retain: true });
    const first = await at.client(at.lasting(clientId));
    await first.subscribe(shared, { qos: 1, rap: true, properties: { subscriptionIdentifier: 42 } });
    expect(await at.arrived(first, publisher)).toEqual([]); // a group gets no retained messages
    await first.leave();
    const second = await at.client(at.lasting(clientId));
    await publisher.publish(at.topic('a'), 'x', { qos: 1, retain: true });
    const [message] = await at.arrived(second, publisher);
    expect([message?.topic, message?.retain]).toEqual([at.topic('a'), true]);
    expect(message?.properties?.subscriptionIdentifier).toBe(42);
    expect(await second.unsubscribe(shared)).toEqual([0]);
    await second.leave();
    const third = await at.client(at.lasting(clientId));
    await publisher.publish(at.topic('a'), 'x', { qos: 1 });
    expect(await at.arrived(third, publisher)).toEqual([]);
    at.end();
  });

  it.concurrent('clients of MQTT 3.1.1 get messages of MQTT 5 without properties, and the other way round', async () => {
    const [at, old] = [scene(), new Scene(broker, 'tcp', 4)];
    const [five, four] = [await at.client(), await old.client()];
    for (const client of [five, four]) await client.subscribe(at.topic('a'), { qos: 1 });
    const properties = { contentType: 'c', userProperties: { key: 'value' }, messageExpiryInterval: 10 };
    await five.publish(at.topic('a'), 'x', { qos: 1, properties });
    const first = await four.take('publish');
    expect(first.bytes).toEqual(publishBytes(4, at.topic('a'), { first: 0x32, id: first.packet.messageId }));
    await five.next('publish');
    await four.publish(at.topic('a'), 'x', { qos: 1 });
    const second = await five.take('publish');
    expect(second.bytes).toEqual(publishBytes(5, at.topic('a'), { first: 0x32, id: second.packet.messageId }));
    for (const one of [at, old]) one.end();
  });

  it.concurrent('a session that MQTT 3.1.1 began goes on in MQTT 5, and its messages expire for both', async () => {
    const [at, old] = [scene(), new Scene(broker, 'tcp', 4)];
    const clientId = at.id();
    const before = await old.client(old.lasting(clientId));
    await before.subscribe(at.topic('a'), { qos: 1 });
    await before.leave();
    const publisher = await at.client();
    await publisher.publish(at.topic('a'), 'short', { qos: 1, properties: { messageExpiryInterval: 1 } });
    await publisher.publish(at.topic('a'), 'long', { qos: 1 });
    await pause(2100); // seconds are counted whole
    const again = await at.client(at.lasting(clientId));
    expect(payloads(await at.arrived(again, publisher))).toEqual(['long']);
    for (const one of [at, old]) one.end();
  });

  it.concurrent('intervals longer than a timer can run (2^31 ms) do not end at once', async () => {
    const at = scene();
    const [watcher, ids] = [await at.client(), [at.id(), at.id()]];
    await watcher.subscribe(at.topic('will'));
    for (const [i, sessionExpiryInterval] of [5_000_000, 0xffffffff].entries()) {
      const will = { topic: at.topic('will'), payload: 'gone', properties: { willDelayInterval: 5_000_000 } };
      const client = await at.client({ clientId: ids[i], clean: false, will, properties: { sessionExpiryInterval } });
      client.cut();
    }
    await pause(1500);
    expect(await at.arrived(watcher, watcher)).toEqual([]);
    for (const clientId of ids) {
      const again = await at.open();
      expect(await again.connect(clientId, at.lasting(clientId))).toMatchObject({ sessionPresent: true });
    }
    at.end();
  });

  it.concurrent('what waits for acknowledgements of a clean session comes in order, of both QoS', async () => {
    const at = scene();
    const [subscriber, publisher] = [await at.client({ properties: { receiveMaximum: 3 } }), await at.client()];
    await subscriber.subscribe(at.topic('a'), { qos: 2 });
    const count = 60;
    for (let i = 0; i < count; i++) await publisher.publish(at.topic('a'), `${i}`, { qos: i % 2 === 0 ? 1 : 2 });
    const got: Publish[] = [];
    while (got.length < count) got.push(await subscriber.next('publish'));
    expect(payloads(got)).toEqual(Array.from({ length: count }, (_, i) => `${i}`));
    at.end();
  });

  it.concurrent("messages of QoS 2 count against the server's receive maximum over a reconnect, and free it", async () => {
    const at = scene();
    const clientId = at.id();
    const first = await at.client(at.lasting(clientId));
    const message = (messageId: number, dup = false) =>
      ({ cmd: 'publish', topic: at.topic('a'), payload: 'x', qos: 2, messageId, dup, retain: false }) as const;
    const ids = Array.from({ length: 20 }, (_, i) => i + 1); // as many as the broker of the tests takes
    first.send(...ids.map((id) => message(id)));
    for (const _ of ids) await first.next('pubrec');
    first.cut();
    const again = await at.client(at.lasting(clientId));
    again.send(message(1, true)); // the same again, so no further one
    await again.next('pubrec');
    again.send(...ids.map((messageId) => ({ cmd: 'pubrel', messageId }) as const));
    for (const _ of ids) await again.next('pubcomp');
    again.send(message(21));
    expect((await again.next('pubrec')).messageId).toBe(21);
    at.end();
  });
});
