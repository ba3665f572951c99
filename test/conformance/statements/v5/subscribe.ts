import { expect } from 'vitest';
import { bytes, publishBytes } from '../../bytes.js';
import type { Publish } from '../../raw-client.js';
import type { Scene } from '../../scene.js';
import type { Statement } from '../../statement.js';

const idsOf = ({ properties }: Publish): number[] =>
  [properties?.subscriptionIdentifier ?? []].flat().sort((a, b) => a - b);

/** Which of two retained messages come at a first and at a second SUBSCRIBE with this Retain Handling. */
async function handled(at: Scene, rh: number): Promise<number[]> {
  const [subscriber, publisher] = [await at.client(), await at.client()];
  for (const name of ['a', 'b']) await publisher.publish(at.topic(name), 'kept', { qos: 1, retain: true });
  const counts: number[] = [];
  for (const qos of [0, 1] as const) {
    await subscriber.subscribe(at.topic('+'), { qos, rh });
    counts.push((await at.arrived(subscriber, publisher)).length);
  }
  return counts;
}

/** Options and identifiers of subscriptions, and the codes of their answers. */
export const subscribe5: readonly Statement[] = [
  {
    in5: ['MQTT-3.8.3-3'],
    says: 'No Local keeps what a client publishes from itself, and from no one else',
    test: async (at) => {
      const [one, other] = [await at.client(), await at.client()];
      await one.subscribe(at.topic('a'), { qos: 1, nl: true });
      await other.subscribe(at.topic('a'), { qos: 1 });
      await one.publish(at.topic('a'), 'own', { qos: 1 });
      await other.publish(at.topic('a'), 'foreign', { qos: 1 });
      const told = async (client: typeof one) =>
        (await at.arrived(client, other)).map(({ payload }) => String(payload)).sort();
      expect(await told(one)).toEqual(['foreign']);
      expect(await told(other)).toEqual(['foreign', 'own']);
    },
  },
  {
    in5: ['MQTT-3.8.3-4'],
    says: 'No Local on a shared subscription ends the connection',
    test: async (at) => {
      const client = await at.client();
      const subscriptions = [{ topic: `$share/g/${at.topic('a')}`, qos: 1, nl: true } as const];
      client.send({ cmd: 'subscribe', messageId: 1, subscriptions });
      await client.closedFor(0x82); // mosquitto 2.0 grants it
    },
  },
  {
    in5: ['MQTT-3.3.1-10'],
    says: 'Retain Handling 1: retained messages come with a new subscription and not with one that exists',
    test: async (at) => expect(await handled(at, 1)).toEqual([2, 0]),
  },
  {
    in5: ['MQTT-3.3.1-11'],
    says: 'Retain Handling 2: retained messages do not come',
    test: async (at) => expect(await handled(at, 2)).toEqual([0, 0]),
  },
  {
    in5: ['MQTT-3.3.1-13'],
    says: 'Retain As Published keeps the RETAIN flag of the publisher, set or not',
    test: async (at) => {
      const [subscriber, publisher] = [await at.client(), await at.client()];
      await subscriber.subscribe(at.topic('a'), { qos: 1, rap: true });
      for (const retain of [true, false, true]) await publisher.publish(at.topic('a'), 'x', { qos: 1, retain });
      expect((await at.arrived(subscriber, publisher)).map(({ retain }) => retain)).toEqual([true, false, true]);
    },
  },
  {
    in5: ['MQTT-3.3.4-3', 'MQTT-3.3.4-4', 'MQTT-3.3.4-5'],
    says: 'a message brings the identifiers of the subscriptions that it matches: of all in one copy, or of each in its own',
    test: async (at) => {
      const clientId = at.id();
      const [subscriber, publisher] = [await at.client(at.lasting(clientId)), await at.client()];
      const subscribe = (filter: string, subscriptionIdentifier?: number) =>
        subscriber.subscribe(at.topic(filter), { qos: 1, properties: { subscriptionIdentifier } });
      await subscribe('a', 1);
      await subscribe('+', 268_435_455);
      await subscribe('#');
      await subscribe('b', 7);
      await publisher.publish(at.topic('a'), 'x', { qos: 1 });
      const got = (await at.arrived(subscriber, publisher)).map(idsOf);
      const copies = got.length === 1 ? [[1, 268_435_455]] : [[], [1], [268_435_455]];
      expect(got.sort((a, b) => (a[0] ?? 0) - (b[0] ?? 0))).toEqual(copies);
      await publisher.publish(at.topic('b'), 'kept', { qos: 1, retain: true });
      await subscriber.unsubscribe(at.topic('+'), at.topic('#'), at.topic('b'));
      await at.arrived(subscriber, publisher);
      await subscribe('b', 9);
      expect((await at.arrived(subscriber, publisher)).map(idsOf)).toEqual([[9]]); // the retained one
      await subscribe('a', 3); // the same filter with another identifier
      await subscriber.leave();
      await publisher.publish(at.topic('a'), 'x', { qos: 1 });
      const again = await at.client(at.lasting(clientId));
      expect((await at.arrived(again, publisher)).map(idsOf)).toEqual([[3]]); // as it waited
    },
  },
  {
    in5: ['MQTT-3.3.4-6'],
    says: 'a PUBLISH of a client with a Subscription Identifier ends the connection',
    test: async (at) => {
      const client = await at.client();
      client.send(publishBytes(5, at.topic('a'), { own: [bytes([0x0b, 1])] }));
      await client.closedFor(0x82, 0x81); // mosquitto 2.0 ignores it
    },
  },
  {
    in5: ['MQTT-3.9.3-2'],
    says: 'SUBACK has reason codes from the list, whatever is subscribed to',
    test: async (at) => {
      const client = await at.client();
      const filters = ['$SYS/#', `$share/g/${at.tag}`, `$other/${at.tag}`, at.topic('a')];
      const granted = await client.subscribe(filters.map((topic) => ({ topic, qos: 2 })));
      expect(granted).toHaveLength(filters.length);
      for (const code of granted) {
        expect([0, 1, 2, 0x80, 0x83, 0x87, 0x8f, 0x91, 0x97, 0x9e, 0xa1, 0xa2]).toContain(code);
      }
    },
  },
  {
    in5: ['MQTT-3.11.3-1', 'MQTT-3.11.3-2'],
    says: 'UNSUBACK has a code for each filter, in their order: 0, or 0x11 where there was no subscription',
    test: async (at) => {
      const client = await at.client();
      await client.subscribe(['a', 'c'].map((name) => ({ topic: at.topic(name), qos: 0 })));
      const codes = await client.unsubscribe(...['a', 'b', 'c', 'd'].map((name) => at.topic(name)));
      expect(codes).toEqual([0, 0x11, 0, 0x11]);
    },
  },
];
