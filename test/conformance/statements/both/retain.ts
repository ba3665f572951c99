import { expect } from 'vitest';
import type { Publish } from '../../raw-client.js';
import type { Scene } from '../../scene.js';
import type { Statement } from '../../statement.js';

/** Publishes retained messages, each [topic, payload, QoS]. */
async function retain(at: Scene, ...messages: [string, string, 0 | 1 | 2][]): Promise<void> {
  const publisher = await at.client();
  for (const [topic, payload, qos] of messages)
    await publisher.publish(at.topic(topic), payload, { qos, retain: true });
  await publisher.ping();
}

/** What a new subscriber gets at once, in the order of topics: [topic, payload, QoS, RETAIN]. */
async function newcomer(at: Scene, filter: string): Promise<[string, string, number, boolean][]> {
  const client = await at.client();
  await client.subscribe(at.topic(filter), { qos: 2 });
  return tell(at, await at.arrived(client, client)).sort();
}

const tell = (at: Scene, messages: readonly Publish[]): [string, string, number, boolean][] =>
  messages.map(({ topic, payload, qos, retain }) => [topic.slice(at.tag.length + 1), String(payload), qos, retain]);

/** Retained messages. */
export const retained: readonly Statement[] = [
  {
    in311: ['MQTT-3.3.1-5'],
    in5: ['MQTT-3.3.1-5'],
    says: 'a retained message is kept with its QoS for later subscribers, and replaces the one before',
    test: async (at) => {
      await retain(at, ['a', 'old', 1], ['a', 'new', 2]);
      expect(await newcomer(at, 'a')).toEqual([['a', 'new', 2, true]]);
    },
  },
  {
    in311: ['MQTT-3.3.1-6'],
    in5: ['MQTT-3.3.1-9'],
    says: 'a new subscription gets the retained message of every topic that it matches',
    test: async (at) => {
      await retain(at, ['a/1', 'one', 1], ['a/2', 'two', 0], ['b/1', 'three', 1]);
      expect(await newcomer(at, 'a/+')).toEqual([
        ['a/1', 'one', 1, true],
        ['a/2', 'two', 0, true],
      ]);
    },
  },
  {
    in311: ['MQTT-3.3.1-7'],
    says: 'a retained message of QoS 0 discards the one before',
    test: async (at) => {
      await retain(at, ['a', 'old', 1], ['a', 'new', 0]);
      // The new one need not be kept.
      expect([[], [['a', 'new', 0, true]]]).toContainEqual(await newcomer(at, 'a'));
    },
  },
  {
    in311: ['MQTT-3.3.1-8'],
    says: 'what is sent because of a new subscription has RETAIN',
    test: async (at) => {
      await retain(at, ['a', 'x', 0], ['b', 'x', 1], ['c', 'x', 2]);
      expect((await newcomer(at, '+')).map(([, , , retain]) => retain)).toEqual([true, true, true]);
    },
  },
  {
    in311: ['MQTT-3.3.1-9'],
    in5: ['MQTT-3.3.1-12'],
    says: 'what is sent because of an established subscription has no RETAIN',
    test: async (at) => {
      const client = await at.client();
      await client.subscribe(at.topic('a'), { qos: 1 });
      await retain(at, ['a', 'x', 1]);
      expect(tell(at, await at.arrived(client, client))).toEqual([['a', 'x', 1, false]]);
    },
  },
  {
    in311: ['MQTT-3.3.1-10'],
    in5: ['MQTT-3.3.1-6'],
    says: 'a retained message without payload is delivered as usual and removes the one that is kept',
    test: async (at) => {
      const client = await at.client();
      await retain(at, ['a', 'x', 1]);
      await client.subscribe(at.topic('a'), { qos: 1 });
      expect(tell(at, await at.arrived(client, client))).toEqual([['a', 'x', 1, true]]);
      await retain(at, ['a', '', 1]);
      expect(tell(at, await at.arrived(client, client))).toEqual([['a', '', 1, false]]);
      expect(await newcomer(at, 'a')).toEqual([]);
    },
  },
  {
    in311: ['MQTT-3.3.1-11'],
    in5: ['MQTT-3.3.1-7'],
    says: 'a message without payload is never kept',
    test: async (at) => {
      await retain(at, ['a', '', 1], ['b', '', 0]);
      expect(await newcomer(at, '#')).toEqual([]);
    },
  },
  {
    in311: ['MQTT-3.3.1-12'],
    in5: ['MQTT-3.3.1-8'],
    says: 'a message without RETAIN is not kept and leaves the one that is',
    test: async (at) => {
      await retain(at, ['a', 'kept', 1]);
      const publisher = await at.client();
      await publisher.publish(at.topic('a'), 'passing', { qos: 1 });
      await publisher.publish(at.topic('a'), '', { qos: 1 });
      await publisher.publish(at.topic('b'), 'passing', { qos: 1 });
      expect(await newcomer(at, '#')).toEqual([['a', 'kept', 1, true]]);
    },
  },
];
