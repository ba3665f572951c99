import { expect } from 'vitest';
import { bytes, publishBytes, subscribeBytes } from '../../bytes.js';
import type { Scene } from '../../scene.js';
import type { Statement } from '../../statement.js';

/** Which of these topics reach a subscriber of the filter. */
async function matched(at: Scene, filter: string, topics: readonly string[]): Promise<string[]> {
  const [subscriber, publisher] = [await at.client(), await at.client()];
  await subscriber.subscribe(filter, { qos: 1 });
  for (const topic of topics) await publisher.publish(topic, 'x', { qos: 1 });
  return (await at.arrived(subscriber, publisher)).map(({ topic }) => topic);
}

/** Filters that end the connection, or are refused in SUBACK (MQTT 5: 0x8f). */
async function refused(at: Scene, filters: readonly string[]): Promise<void> {
  for (const filter of filters) {
    const client = await at.client();
    client.send(subscribeBytes(at.level, filter), Buffer.from([0xc0, 0]));
    const answer = await Promise.race([client.next('suback').catch(() => undefined), client.closed()]);
    if (answer) expect(answer.granted).toEqual([expect.toSatisfy((code: number) => code >= 0x80)]);
    else await client.closedFor(0x81, 0x82, 0x8f);
  }
}

/** Topic names and filters. */
export const topics: readonly Statement[] = [
  {
    in311: ['MQTT-4.7.1-2'],
    in5: ['MQTT-4.7.1-1'],
    says: '# stands alone on the last level of a filter, and matches the level above and all below',
    test: async (at) => {
      const all = ['', '/a', '/a/b', '/a/b/c', 'x/a'].map((rest) => at.tag + rest);
      expect(await matched(at, `${at.tag}/#`, all)).toEqual(all.slice(0, 4));
      await refused(at, [`${at.tag}#`, `${at.tag}/#/a`, `${at.tag}/a#`]);
    },
  },
  {
    in311: ['MQTT-4.7.1-3'],
    in5: ['MQTT-4.7.1-2'],
    says: '+ has a level of its own anywhere in a filter, and matches one level, also an empty one',
    test: async (at) => {
      const all = ['a/b', 'a/', '/b', 'a', 'a/b/c'].map((rest) => `${at.tag}/${rest}`);
      expect(await matched(at, `${at.tag}/+/+`, all)).toEqual(all.slice(0, 3));
      expect(await matched(at, `+/${at.tag}`, [`/${at.tag}`, `a/${at.tag}`, at.tag])).toEqual([
        `/${at.tag}`,
        `a/${at.tag}`,
      ]);
      await refused(at, [`${at.tag}+`, `${at.tag}/a+/b`, `${at.tag}/+a`]);
    },
  },
  {
    in311: ['MQTT-4.7.2-1'],
    in5: ['MQTT-4.7.2-1'],
    says: 'a filter that begins with a wildcard matches no topic that begins with $',
    test: async (at) => {
      const topics = [`$x/${at.tag}`, `y/${at.tag}`];
      expect(await matched(at, `+/${at.tag}`, topics)).toEqual(topics.slice(1));
      expect(await matched(at, '#', topics)).toEqual(topics.slice(1));
      const watcher = await at.client();
      await watcher.subscribe('+/broker/#');
      await watcher.subscribe('#');
      await watcher.ping();
      expect(watcher.messages((topic) => topic.startsWith('$'))).toEqual([]);
    },
  },
  {
    in311: ['MQTT-4.7.3-1'],
    in5: ['MQTT-4.7.3-1'],
    says: 'an empty topic and an empty filter end the connection; one character is enough',
    test: async (at) => {
      for (const packet of [publishBytes(at.level, ''), subscribeBytes(at.level, '')]) {
        const client = await at.client();
        client.send(packet);
        await client.closedFor(0x81, 0x82, 0x8f, 0x90);
      }
      const client = await at.client();
      expect(await client.subscribe('/')).toEqual([0]);
      await client.publish('/', at.tag);
      expect((await client.next('publish')).topic).toBe('/');
    },
  },
  {
    in311: ['MQTT-4.7.3-3'],
    in5: ['MQTT-4.7.3-3'],
    says: 'a topic of 65,535 bytes is carried: a longer one cannot be written',
    test: async (at) => {
      const topic = `${at.tag}/`.padEnd(65_535, 'x');
      const [subscriber, publisher] = [await at.client(), await at.client()];
      await subscriber.subscribe(at.topic('+'));
      publisher.send(publishBytes(at.level, topic));
      expect((await subscriber.next('publish')).topic).toBe(topic);
    },
  },
  {
    in311: ['MQTT-4.7.3-4'],
    in5: ['MQTT-4.7.3-4'],
    says: 'topics and filters are compared as they are: case, empty levels, composed characters, unknown ones',
    test: async (at) => {
      const same = ['a', 'A', '/a', 'a/', 'a//', 'é', 'e\u0301', '\u{10fffd}', ' a', '%61'].map((name) =>
        at.topic(name),
      );
      for (const filter of same) expect(await matched(at, filter, same)).toEqual([filter]);
    },
  },
];

/** What holds for every packet. */
export const faults: readonly Statement[] = [
  {
    in311: ['MQTT-4.8.0-1'],
    says: 'whoever breaks the protocol is cut off, and no one else',
    test: async (at) => {
      const bystander = await at.client();
      const wrong = [
        Buffer.from([0x00, 0x00]),
        Buffer.from([0x30, 0xff, 0xff, 0xff, 0xff, 0x7f]),
        Buffer.from([0x20, 2, 0, 0]),
        bytes([0x90, 3], [0, 1, 0]), // mosquitto 2.0 takes SUBACK and PINGRESP from anybody: its bridges are sent them
        bytes([0xd0, 0]),
      ];
      for (const packet of wrong) {
        const client = await at.client();
        client.send(packet);
        await client.closedFor(0x81, 0x82);
      }
      await bystander.ping();
    },
  },
];
