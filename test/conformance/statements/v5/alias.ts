import { expect } from 'vitest';
import { bytes, publishBytes, u16 } from '../../bytes.js';
import type { RawClient } from '../../raw-client.js';
import type { Scene } from '../../scene.js';
import type { Statement } from '../../statement.js';

const alias = (value: number): Buffer => bytes([0x23], u16(value));

/** A client, and the highest alias that the server takes from it. */
async function named(at: Scene): Promise<{ client: RawClient; most: number }> {
  const client = await at.open();
  return { client, most: (await client.connect(at.id())).properties?.topicAliasMaximum ?? 0 };
}

/** Three messages on each of five topics, of a publisher that uses aliases itself where it may, as a subscriber gets them. */
async function fifteen(
  at: Scene,
  topicAliasMaximum?: number,
  clientId = at.id(),
): Promise<{ topic: string; alias?: number }[]> {
  const own = { ...at.lasting(clientId), properties: { sessionExpiryInterval: 60, topicAliasMaximum } };
  const [subscriber, { client, most }] = [await at.client(own), await named(at)];
  await subscriber.subscribe(at.topic('+'), { qos: 1 });
  for (let i = 0; i < 15; i++) {
    const own = most > 0 && i % 5 === 0 ? [alias(1)] : [];
    const topic = own.length > 0 && i > 0 ? '' : at.topic(`${i % 5}`);
    client.send(publishBytes(5, topic, { first: 0x32, id: i + 1, own }));
    await client.next('puback');
  }
  const all: { topic: string; alias?: number }[] = [];
  while (all.length < 15) {
    const { topic, properties } = await subscriber.next('publish');
    all.push({ topic, alias: properties?.topicAlias });
  }
  await subscriber.leave();
  return all;
}

const expected = (at: Scene): string[] => Array.from({ length: 15 }, (_, i) => at.topic(`${i % 5}`));

/** Topic Alias, both ways (3.3.2.3.4). */
export const topicAlias: readonly Statement[] = [
  {
    in5: ['MQTT-3.1.2-26', 'MQTT-3.3.2-11'],
    says: 'aliases of the server are not above what the client takes, and stand for the topic they were given with on this connection',
    test: async (at) => {
      const clientId = at.id();
      for (let connection = 0; connection < 2; connection++) {
        const names = new Map<number, string>();
        const topics = (await fifteen(at, 2, clientId)).map(({ topic, alias }) => {
          if (alias === undefined) return topic;
          expect([1, 2]).toContain(alias);
          if (topic !== '') names.set(alias, topic);
          return names.get(alias);
        });
        expect(topics).toEqual(expected(at));
      }
    },
  },
  {
    in5: ['MQTT-3.1.2-27'],
    says: 'a client that takes no aliases gets none, also not those of the publisher',
    test: async (at) => {
      for (const most of [undefined, 0]) {
        const all = await fifteen(at, most);
        expect(all).toEqual(expected(at).map((topic) => ({ topic, alias: undefined })));
      }
    },
  },
  {
    in5: ['MQTT-3.3.2-8'],
    says: 'alias 0 ends the connection',
    test: async (at) => {
      const { client } = await named(at);
      client.send(publishBytes(5, at.topic('a'), { own: [alias(0)] }));
      await client.closedFor(0x94, 0x82, 0x81);
    },
  },
  {
    in5: ['MQTT-3.3.2-9', 'MQTT-3.2.2-17', 'MQTT-3.2.2-18'],
    says: 'an alias above what the server takes, any where it takes none, ends the connection',
    test: async (at) => {
      const { client, most } = await named(at);
      if (most === 65_535) return; // there is none above
      client.send(publishBytes(5, at.topic('a'), { own: [alias(most + 1)] }));
      await client.closedFor(0x94, 0x82);
    },
  },
  {
    in5: ['MQTT-3.3.2-12'],
    says: 'every alias up to what the server takes can be given, used, and given anew',
    test: async (at) => {
      const [subscriber, { client, most }] = [await at.client(), await named(at)];
      await subscriber.subscribe(at.topic('+'));
      expect(most).toBeGreaterThan(0); // a server may take none: of such a one this cannot be said
      const count = Math.min(most, 20);
      const values = Array.from({ length: count }, (_, i) => most - i);
      for (const value of values) client.send(publishBytes(5, at.topic(`${value}`), { own: [alias(value)] }));
      for (const value of values) client.send(publishBytes(5, '', { own: [alias(value)] }));
      client.send(
        publishBytes(5, at.topic('new'), { own: [alias(most)] }),
        publishBytes(5, '', { own: [alias(most)] }),
      );
      const topics = [...values, ...values].map((value) => at.topic(`${value}`));
      const got = await at.arrived(subscriber, client);
      expect(got.map(({ topic }) => topic)).toEqual([...topics, at.topic('new'), at.topic('new')]);
    },
  },
  {
    in5: ['MQTT-3.3.2-7'],
    says: 'an alias is forgotten with its connection, also where the session goes on',
    test: async (at) => {
      const clientId = at.id();
      const first = await at.client(at.lasting(clientId));
      expect((await named(at)).most).toBeGreaterThan(0);
      first.send(publishBytes(5, at.topic('a'), { own: [alias(1)] }));
      await first.ping();
      await first.leave();
      const again = await at.client(at.lasting(clientId));
      again.send(publishBytes(5, '', { own: [alias(1)] }));
      await again.closedFor(0x94, 0x82);
    },
  },
];
