import { expect } from 'vitest';
import type { Publish, RawClient } from '../../raw-client.js';
import { pause, type Scene } from '../../scene.js';
import type { Statement } from '../../statement.js';

/** A subscriber that takes two messages at a time and acknowledges none, and five messages for it. */
async function slow(at: Scene, qos: 1 | 2): Promise<[RawClient, RawClient]> {
  const [subscriber, publisher] = [await at.client({ properties: { receiveMaximum: 2 } }), await at.client()];
  subscriber.acknowledges = false;
  await subscriber.subscribe(at.topic('a'), { qos });
  for (let i = 0; i < 5; i++) await publisher.publish(at.topic('a'), `${i}`, { qos });
  return [subscriber, publisher];
}

/** What has come when nothing comes any more: a message of QoS 0 passes, since it needs no room. */
async function come(at: Scene, subscriber: RawClient, publisher: RawClient): Promise<Publish[]> {
  const got = await at.arrived(subscriber, publisher, 0);
  await pause(20);
  await subscriber.ping();
  return [...got, ...subscriber.messages((topic) => topic.startsWith(at.tag))];
}

const payloads = (messages: readonly Publish[]): string[] => messages.map(({ payload }) => String(payload));

/** Receive Maximum, both ways (3.3.4, 4.9). */
export const flow: readonly Statement[] = [
  {
    in5: ['MQTT-3.3.4-9', 'MQTT-4.9.0-2'],
    says: 'no more messages of QoS 1 and 2 are under way than the Receive Maximum of the client; each acknowledgement lets one follow',
    test: async (at) => {
      for (const qos of [1, 2] as const) {
        const [subscriber, publisher] = await slow(at, qos);
        const first = await come(at, subscriber, publisher);
        expect(payloads(first)).toEqual(['0', '1']);
        const [{ messageId }] = first as [Publish];
        if (qos === 2) {
          subscriber.send({ cmd: 'pubrec', messageId });
          await subscriber.next('pubrel');
          expect(await come(at, subscriber, publisher)).toEqual([]); // PUBCOMP frees it
        }
        subscriber.send({ cmd: qos === 1 ? 'puback' : 'pubcomp', messageId });
        // mosquitto 2.0.11 sends two at this moment, and has three under way.
        expect(payloads(await come(at, subscriber, publisher))).toEqual(['2']);
        await subscriber.leave();
      }
    },
  },
  {
    in5: ['MQTT-4.9.0-1'],
    says: 'with a Receive Maximum of 1, messages come one by one, and all, also those of a session that comes back',
    test: async (at) => {
      const clientId = at.id();
      const [before, publisher] = [await at.client(at.lasting(clientId)), await at.client()];
      before.acknowledges = false;
      await before.subscribe(at.topic('a'), { qos: 2 });
      for (const qos of [1, 2] as const) await publisher.publish(at.topic('a'), `${qos}`, { qos });
      await before.next('publish');
      await before.next('publish');
      before.cut();
      const own = { ...at.lasting(clientId), properties: { sessionExpiryInterval: 60, receiveMaximum: 1 } };
      const subscriber = await at.open();
      subscriber.acknowledges = false;
      await subscriber.connect(clientId, own); // mosquitto 2.0.11 sends both again at once
      await publisher.publish(at.topic('a'), '1', { qos: 1 });
      for (const qos of [1, 2, 1]) {
        const { messageId, payload } = await subscriber.next('publish');
        expect(String(payload)).toBe(`${qos}`);
        await subscriber.ping();
        expect(subscriber.messages(() => true)).toEqual([]);
        if (qos === 2) {
          subscriber.send({ cmd: 'pubrec', messageId });
          await subscriber.next('pubrel');
        }
        subscriber.send({ cmd: qos === 1 ? 'puback' : 'pubcomp', messageId });
      }
    },
  },
  {
    in5: ['MQTT-3.3.4-10', 'MQTT-4.9.0-3'],
    says: 'a client that has as many messages as it takes is answered as ever',
    test: async (at) => {
      const [subscriber] = await slow(at, 1);
      await subscriber.next('publish');
      await subscriber.next('publish');
      await subscriber.ping();
      expect(await subscriber.subscribe(at.topic('b'))).toEqual([0]);
      await subscriber.unsubscribe(at.topic('b'));
      await subscriber.publish(at.topic('c'), 'x', { qos: 1 });
      await subscriber.publish(at.topic('c'), 'x', { qos: 2 });
    },
  },
  {
    in5: ['MQTT-3.3.4-7'],
    says: "more messages than the server's Receive Maximum end the connection with 0x93; as many are taken",
    test: async (at) => {
      const client = await at.open();
      // 65,535 where the server names none: more cannot be sent, as there are no more packet ids.
      const most = (await client.connect(at.id())).properties?.receiveMaximum ?? 65_535;
      const message = at.message('a', 2);
      const count = Math.min(most, 2000);
      client.send(...Array.from({ length: count }, (_, i) => ({ ...message, messageId: i + 1 })));
      for (let i = 0; i < count; i++) await client.next('pubrec');
      if (most > count) return;
      client.send({ ...message, messageId: count + 1 });
      await client.closedFor(0x93);
    },
  },
  {
    in5: ['MQTT-4.4.0-2'],
    says: 'a message that is answered with a code of 0x80 or more is done with: no PUBREL, no second try, room for the next',
    test: async (at) => {
      const clientId = at.id();
      const lasting = { ...at.lasting(clientId), properties: { sessionExpiryInterval: 60, receiveMaximum: 1 } };
      const [subscriber, publisher] = [await at.client(lasting), await at.client()];
      subscriber.acknowledges = false;
      await subscriber.subscribe(at.topic('a'), { qos: 2 });
      for (const qos of [1, 2] as const) {
        await publisher.publish(at.topic('a'), `${qos}`, { qos });
        const { messageId } = await subscriber.next('publish');
        subscriber.send({ cmd: qos === 1 ? 'puback' : 'pubrec', messageId, reasonCode: 0x83 });
        await subscriber.ping();
      }
      expect(subscriber.heard.filter(({ packet }) => packet.cmd === 'pubrel')).toEqual([]);
      subscriber.cut();
      const again = await at.client(lasting);
      expect(await at.arrived(again, publisher)).toEqual([]);
    },
  },
];
