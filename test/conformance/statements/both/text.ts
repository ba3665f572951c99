import { expect } from 'vitest';
import { bytes, publishBytes, subscribeBytes, unsubscribeBytes } from '../../bytes.js';
import type { Statement } from '../../statement.js';

/** Not UTF-8: a byte that never occurs, a sequence that ends early, half of a surrogate pair (U+D800). */
const illFormed = [[0xff], [0xc3], [0xed, 0xa0, 0x80]];

/** Strings in packets. */
export const text: readonly Statement[] = [
  {
    in311: ['MQTT-1.5.3-1'],
    in5: ['MQTT-1.5.4-1'],
    says: 'text that is not well-formed UTF-8 ends the connection, half a surrogate pair too',
    test: async (at) => {
      for (const wrong of illFormed) {
        const client = await at.client();
        client.send(publishBytes(at.level, bytes(at.topic('a'), wrong)));
        await client.closedFor(0x81, 0x82, 0x90);
      }
    },
  },
  {
    in311: ['MQTT-1.5.3-2', 'MQTT-4.7.3-2'],
    in5: ['MQTT-1.5.4-2', 'MQTT-4.7.3-2'],
    says: 'U+0000 in a topic or a filter ends the connection',
    test: async (at) => {
      const wrong = `${at.tag}/a\0b`;
      for (const packet of [publishBytes, subscribeBytes, unsubscribeBytes]) {
        const client = await at.client();
        client.send(packet(at.level, wrong));
        await client.closedFor(0x81, 0x82, 0x8f, 0x90);
      }
    },
  },
  {
    in311: ['MQTT-1.5.3-3'],
    in5: ['MQTT-1.5.4-3'],
    says: 'U+FEFF stays in a topic wherever it stands',
    test: async (at) => {
      const [subscriber, publisher] = [await at.client(), await at.client()];
      const topics = [`\uFEFF${at.tag}`, `${at.tag}/\uFEFFa`, `${at.tag}/a`];
      for (const topic of topics) await subscriber.subscribe(topic);
      for (const topic of [...topics, at.tag]) await publisher.publish(topic);
      expect((await at.arrived(subscriber, publisher)).map(({ topic }) => topic)).toEqual(topics);
    },
  },
];
