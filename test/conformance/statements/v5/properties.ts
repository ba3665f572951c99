import { expect } from 'vitest';
import { bytes, field, publishBytes, userProperty } from '../../bytes.js';
import type { Statement } from '../../statement.js';

/** Identifiers of properties of PUBLISH (2.2.2.2). */
const id = { payloadFormat: 0x01, contentType: 0x03, responseTopic: 0x08, correlationData: 0x09 } as const;

const malformed = [0x81, 0x82, 0x90] as const;

/** Publishes properties, and asserts that these are in what subscribers get: at once, after they were away, retained. */
function reaches(own: readonly Buffer[], expected: readonly Buffer[]): Statement['test'] {
  return async (at) => {
    const clientId = at.id();
    const [subscriber, publisher, away] = [await at.client(), await at.client(), await at.client(at.lasting(clientId))];
    await subscriber.subscribe(at.topic('a'), { qos: 1 });
    await away.subscribe(at.topic('a'), { qos: 1 });
    await away.leave();
    publisher.send(publishBytes(5, at.topic('a'), { first: 0x33, id: 1, own }));
    await publisher.next('puback');
    const late = await at.client();
    await late.subscribe(at.topic('a'), { qos: 1 });
    const again = await at.client(at.lasting(clientId));
    for (const client of [subscriber, late, again]) {
      const { bytes: sent } = await client.take('publish');
      for (const part of expected) expect(sent.includes(part)).toBe(true);
    }
  };
}

/** A property that subscribers get as it was published. */
const unaltered = (ids: readonly string[], says: string, own: readonly Buffer[]): Statement => ({
  in5: ids,
  says: `${says} reaches subscribers as it was published`,
  test: reaches(own, own),
});

/** User properties with keys that repeat, by their keys. */
const keyed = (keys: readonly string[]): Buffer[] => keys.map((key) => userProperty(key[0] as string, key));
const inOrder = keyed(['b0', 'a0', 'b1', 'c0', 'a1']);

/** A property that ends the connection. */
function refused(ids: readonly string[], says: string, all: readonly Buffer[]): Statement {
  return {
    in5: ids,
    says: `${says} ends the connection`,
    test: async (at) => {
      for (const own of all) {
        const client = await at.client();
        client.send(publishBytes(5, at.topic('a'), { own: [own] }));
        await client.closedFor(...malformed);
      }
    },
  };
}

const notUtf8 = [0x61, 0xff];

/** Properties of messages. */
export const messageProperties: readonly Statement[] = [
  {
    in5: ['MQTT-1.5.5-1'],
    says: 'lengths are written in the fewest bytes',
    test: async (at) => {
      const [subscriber, publisher] = [await at.client(), await at.client()];
      await subscriber.subscribe(at.tag);
      for (const length of [127, 128, 16_383, 16_384]) {
        const payload = 'x'.repeat(length - 3 - at.tag.length);
        await publisher.publish(at.tag, payload, { qos: 1 });
        expect((await subscriber.take('publish')).bytes).toEqual(publishBytes(5, at.tag, { payload }));
      }
    },
  },
  {
    in5: ['MQTT-2.2.2-1'],
    says: 'where there are no properties, their length is 0',
    test: async (at) => {
      const [subscriber, publisher] = [await at.client(), await at.client()];
      await subscriber.subscribe(at.tag, { qos: 1 });
      const suback = subscriber.heard.find(({ packet }) => packet.cmd === 'suback');
      await publisher.publish(at.tag, 'x', { qos: 1 });
      const { packet, bytes: sent } = await subscriber.take('publish');
      expect(sent).toEqual(publishBytes(5, at.tag, { first: 0x32, id: packet.messageId }));
      await subscriber.unsubscribe(at.tag);
      const unsuback = subscriber.heard.find(({ packet }) => packet.cmd === 'unsuback');
      for (const answer of [suback, unsuback]) {
        const { packet, bytes: all } = answer as NonNullable<typeof answer>;
        if (!('properties' in packet) || packet.properties === undefined) expect(all[4]).toBe(0);
      }
    },
  },
  refused(['MQTT-1.5.7-1'], 'a user property whose key or value is not UTF-8', [
    userProperty(notUtf8, 'value'),
    userProperty('key', notUtf8),
    userProperty('ke\0y', 'value'),
  ]),
  refused(['MQTT-3.3.2-13'], 'a Response Topic that is not UTF-8', [bytes([id.responseTopic], field(notUtf8))]),
  refused(
    ['MQTT-3.3.2-14'],
    'a Response Topic with a wildcard', // mosquitto 2.0 passes it on
    ['a/#', '+/a'].map((topic) => bytes([id.responseTopic], field(topic))),
  ),
  refused(['MQTT-3.3.2-19'], 'a Content Type that is not UTF-8', [bytes([id.contentType], field(notUtf8))]),
  unaltered(['MQTT-3.3.2-4'], 'the Payload Format Indicator', [bytes([id.payloadFormat, 1])]),
  unaltered(['MQTT-3.3.2-15'], 'the Response Topic', [bytes([id.responseTopic], field('answers/ä/1'))]),
  unaltered(['MQTT-3.3.2-16'], 'the Correlation Data', [bytes([id.correlationData], field([0, 255, 1, 2, 128]))]),
  unaltered(['MQTT-3.3.2-20'], 'the Content Type', [bytes([id.contentType], field('text/plain; ä'))]),
  unaltered(['MQTT-3.3.2-17'], 'every user property, also of a key that repeats,', inOrder),
  {
    in5: ['MQTT-3.3.2-18'],
    says: 'user properties reach subscribers in their order',
    test: reaches(inOrder, [bytes(...inOrder)]),
  },
];
