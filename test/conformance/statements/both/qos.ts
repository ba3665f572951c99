import type { Packet } from 'mqtt-packet';
import { expect } from 'vitest';
import type { RawClient } from '../../raw-client.js';
import type { Scene } from '../../scene.js';
import type { Statement } from '../../statement.js';

const message = (topic: string, qos: 1 | 2, messageId: number, payload = 'x', dup = false): Packet => ({
  ...{ cmd: 'publish', topic, qos, messageId, payload, dup, retain: false },
});

/** A subscriber that acknowledges nothing by itself, and a publisher. */
async function pair(at: Scene, qos: 1 | 2): Promise<[RawClient, RawClient]> {
  const [subscriber, publisher] = [await at.client(), await at.client()];
  subscriber.acknowledges = false;
  await subscriber.subscribe(at.topic('#'), { qos });
  return [subscriber, publisher];
}

/** How the server receives and sends messages of QoS 1 and 2, and in which order. */
export const qos: readonly Statement[] = [
  {
    in311: ['MQTT-4.3.2-1'],
    in5: ['MQTT-4.3.2-1', 'MQTT-4.3.2-2'],
    says: 'each message of QoS 1 goes out with an id of its own and without DUP, and is not repeated once acknowledged',
    test: async (at) => {
      const [subscriber, publisher] = await pair(at, 1);
      for (let i = 0; i < 3; i++) await publisher.publish(at.topic('a'), `${i}`, { qos: 1 });
      const got = [
        await subscriber.next('publish'),
        await subscriber.next('publish'),
        await subscriber.next('publish'),
      ];
      expect(new Set(got.map(({ messageId }) => messageId)).size).toBe(3);
      expect(got.map(({ qos, dup }) => [qos, dup])).toEqual(got.map(() => [1, false]));
      for (const { messageId } of got) subscriber.send({ cmd: 'puback', messageId });
      subscriber.acknowledges = true;
      expect(await at.arrived(subscriber, publisher)).toEqual([]);
    },
  },
  {
    in311: ['MQTT-4.3.2-2'],
    in5: ['MQTT-4.3.2-4', 'MQTT-4.3.2-5'],
    says: 'a PUBLISH of QoS 1 gets a PUBACK; another with the same id is another message, DUP or not',
    test: async (at) => {
      const [subscriber, publisher] = await pair(at, 1);
      subscriber.acknowledges = true;
      for (const dup of [false, true]) {
        publisher.send(message(at.topic('a'), 1, 77, `${dup}`, dup));
        expect((await publisher.next('puback')).messageId).toBe(77);
      }
      const got = await at.arrived(subscriber, publisher);
      expect(got.map(({ payload }) => String(payload))).toEqual(['false', 'true']);
    },
  },
  {
    in311: ['MQTT-4.3.3-2'],
    in5: ['MQTT-4.3.3-8', 'MQTT-4.3.3-10', 'MQTT-4.3.3-11', 'MQTT-4.3.3-12'],
    says: 'QoS 2 from a client: PUBREC, no second delivery before PUBREL, PUBCOMP, and then the id is free',
    test: async (at) => {
      const [subscriber, publisher] = await pair(at, 2);
      subscriber.acknowledges = true;
      for (const payload of ['one', 'two']) {
        publisher.send(message(at.topic('a'), 2, 88, payload));
        expect((await publisher.next('pubrec')).messageId).toBe(88);
        publisher.send(message(at.topic('a'), 2, 88, payload, true));
        expect((await publisher.next('pubrec')).messageId).toBe(88);
        publisher.send({ cmd: 'pubrel', messageId: 88 });
        expect((await publisher.next('pubcomp')).messageId).toBe(88);
      }
      const got = await at.arrived(subscriber, publisher);
      expect(got.map(({ payload }) => String(payload))).toEqual(['one', 'two']);
    },
  },
  {
    in5: ['MQTT-4.3.3-1', 'MQTT-4.3.3-2', 'MQTT-4.3.3-4'],
    says: 'QoS 2 to a client: an id of its own and no DUP, PUBREL with that id for PUBREC, and not before',
    test: async (at) => {
      const [subscriber, publisher] = await pair(at, 2);
      for (const payload of ['one', 'two']) await publisher.publish(at.topic('a'), payload, { qos: 2 });
      const [one, two] = [await subscriber.next('publish'), await subscriber.next('publish')];
      expect([one, two].map(({ qos, dup }) => [qos, dup])).toEqual([
        [2, false],
        [2, false],
      ]);
      expect(one.messageId).not.toBe(two.messageId);
      await subscriber.ping();
      expect(subscriber.heard.filter(({ packet }) => packet.cmd === 'pubrel')).toEqual([]);
      subscriber.send({ cmd: 'pubrec', messageId: two.messageId });
      expect((await subscriber.next('pubrel')).messageId).toBe(two.messageId);
    },
  },
  {
    in311: ['MQTT-4.5.0-1'],
    says: 'a message that the server has taken reaches everybody whose subscription matches, also who is away',
    test: async (at) => {
      const clientId = at.id();
      const away = await at.client(at.lasting(clientId));
      await away.subscribe(at.topic('+'), { qos: 1 });
      await away.leave();
      const [here, publisher] = await pair(at, 1);
      await publisher.publish(at.topic('a'), 'x', { qos: 1 });
      await publisher.leave();
      expect((await here.next('publish')).topic).toBe(at.topic('a'));
      const again = await at.client(at.lasting(clientId));
      expect((await again.next('publish')).topic).toBe(at.topic('a'));
    },
  },
  ...answersInOrder(),
  {
    in311: ['MQTT-4.6.0-5', 'MQTT-4.6.0-6'],
    in5: ['MQTT-4.6.0-5', 'MQTT-4.6.0-6'],
    says: 'messages of a client reach a subscriber in the order in which they came, on any topic and QoS',
    test: async (at) => {
      const [subscriber, publisher] = await pair(at, 2);
      subscriber.acknowledges = true;
      const count = 20;
      for (const qos of [1, 2] as const) {
        const all = Array.from({ length: count }, (_, i) => message(at.topic(`${qos}`), qos, i + 1, `${i}`));
        publisher.send(...all);
        for (let i = 1; i <= count; i++) {
          await publisher.next(qos === 1 ? 'puback' : 'pubrec');
          if (qos === 2) publisher.send({ cmd: 'pubrel', messageId: i });
        }
        if (qos === 2) for (let i = 1; i <= count; i++) await publisher.next('pubcomp');
      }
      for (let i = 0; i < count; i++) publisher.send({ ...message(at.topic('0'), 1, 1, `${i}`), qos: 0 } as Packet);
      const got = await at.arrived(subscriber, publisher);
      for (const qos of ['0', '1', '2']) {
        const own = got.filter(({ topic }) => topic === at.topic(qos)).map(({ payload }) => String(payload));
        expect(own).toEqual(Array.from({ length: count }, (_, i) => `${i}`));
      }
    },
  },
];

/** Rules for clients that 4.6.0-6 of MQTT 3.1.1 lays on the server too. */
function answersInOrder(): Statement[] {
  const ids = [31, 5, 18, 2];
  return [
    {
      in311: ['MQTT-4.6.0-2'],
      says: 'PUBACK come in the order of their PUBLISH',
      test: async (at) => {
        const publisher = await at.client();
        publisher.send(...ids.map((id) => message(at.topic('a'), 1, id)));
        for (const id of ids) expect((await publisher.next('puback')).messageId).toBe(id);
      },
    },
    {
      in311: ['MQTT-4.6.0-3'],
      says: 'PUBREC come in the order of their PUBLISH',
      test: async (at) => {
        const [subscriber, publisher] = [await at.client(), await at.client()];
        // Every other one has a subscriber, whose socket must take it first.
        await subscriber.subscribe(at.topic('a'), { qos: 2 });
        publisher.send(...ids.map((id, i) => message(at.topic(i % 2 === 0 ? 'a' : 'b'), 2, id)));
        for (const id of ids) expect((await publisher.next('pubrec')).messageId).toBe(id);
      },
    },
    {
      in311: ['MQTT-4.6.0-4'],
      says: 'PUBREL come in the order of their PUBREC',
      test: async (at) => {
        const [subscriber, publisher] = await pair(at, 2);
        for (let i = 0; i < 4; i++) await publisher.publish(at.topic('a'), 'x', { qos: 2 });
        const own: (number | undefined)[] = [];
        while (own.length < 4) own.push((await subscriber.next('publish')).messageId);
        own.reverse();
        subscriber.send(...own.map((messageId) => ({ cmd: 'pubrec', messageId }) as const));
        for (const id of own) expect((await subscriber.next('pubrel')).messageId).toBe(id);
      },
    },
  ];
}
