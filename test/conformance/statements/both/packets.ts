import { expect } from 'vitest';
import { frame, publishBytes, subscribeBytes, u16, unsubscribeBytes } from '../../bytes.js';
import type { RawClient } from '../../raw-client.js';
import type { Statement } from '../../statement.js';

/** First bytes of all that a server sends in a conversation with every kind of packet. */
const ownFlags: Record<string, number> = {
  connack: 0x20,
  puback: 0x40,
  pubrec: 0x50,
  pubrel: 0x62,
  pubcomp: 0x70,
  suback: 0x90,
  unsuback: 0xb0,
  pingresp: 0xd0,
};

/** Fixed headers and packet ids. */
export const packets: readonly Statement[] = [
  {
    in311: ['MQTT-2.2.2-1'],
    says: 'reserved flags of what the server sends are as the table has them',
    test: async (at) => {
      const client = await conversation(await at.client(), at.topic('a'));
      expect(firstBytes(client)).toEqual(ownFlags);
    },
  },
  {
    in311: ['MQTT-2.2.2-2'],
    in5: ['MQTT-2.1.3-1'],
    says: 'reserved flags with another value end the connection; the server sends them right',
    test: async (at) => {
      const talker = await conversation(await at.client(), at.topic('a'));
      expect(firstBytes(talker)).toEqual(ownFlags);
      const wrong = [
        frame(0x41, u16(1)),
        frame(0x58, u16(1)),
        frame(0x72, u16(1)),
        subscribeBytes(at.level, at.tag, { first: 0x83 }),
        unsubscribeBytes(at.level, at.tag, { first: 0xa3 }),
        frame(0xc4), // mosquitto 2.0 takes it for a PINGREQ
        frame(0xe1),
      ];
      for (const packet of wrong) {
        const client = await at.client();
        client.send(packet);
        await client.closedFor(0x81, 0x82);
      }
    },
  },
  {
    in311: ['MQTT-2.3.1-1'],
    in5: ['MQTT-2.2.1-3'],
    says: 'packet id 0 in SUBSCRIBE, UNSUBSCRIBE and PUBLISH above QoS 0 ends the connection',
    test: async (at) => {
      const wrong = [
        subscribeBytes(at.level, at.tag, { id: 0 }),
        unsubscribeBytes(at.level, at.tag, { id: 0 }),
        publishBytes(at.level, at.tag, { first: 0x32, id: 0 }),
        publishBytes(at.level, at.tag, { first: 0x34, id: 0 }),
      ];
      for (const packet of wrong) {
        const client = await at.client();
        client.send(packet);
        await client.closedFor(0x81, 0x82);
      }
    },
  },
  {
    in311: ['MQTT-2.3.1-4'],
    in5: ['MQTT-2.2.1-4'],
    says: 'the server gives every message of QoS 1 and 2 an id that is not 0 and that no unacknowledged one has',
    test: async (at) => {
      const [subscriber, publisher] = [await at.client(), await at.client()];
      subscriber.acknowledges = false;
      await subscriber.subscribe(at.topic('#'), { qos: 2 });
      const ids: (number | undefined)[] = [];
      for (const qos of [1, 2, 1, 2, 1] as const) {
        await publisher.publish(at.topic('a'), 'x', { qos });
        ids.push((await subscriber.next('publish')).messageId);
      }
      expect(ids).not.toContain(0);
      expect(ids).not.toContain(undefined);
      expect(new Set(ids).size).toBe(5);
    },
  },
  {
    in311: ['MQTT-2.3.1-5'],
    in5: ['MQTT-2.2.1-2'],
    says: 'a PUBLISH of QoS 0 has no packet id',
    test: async (at) => {
      const [subscriber, publisher] = [await at.client(), await at.client()];
      await subscriber.subscribe(at.tag);
      await publisher.publish(at.tag, 'payload', { qos: 1 });
      const { bytes } = await subscriber.take('publish');
      expect(bytes).toEqual(publishBytes(at.level, at.tag, { payload: 'payload' }));
    },
  },
  {
    in311: ['MQTT-2.3.1-6'],
    in5: ['MQTT-2.2.1-5'],
    says: 'PUBACK, PUBREC, PUBREL and PUBCOMP have the id of their PUBLISH',
    test: async (at) => {
      const client = await at.client();
      client.acknowledges = false;
      await client.subscribe(at.tag, { qos: 2 });
      const message = { cmd: 'publish', topic: at.tag, payload: 'x', dup: false, retain: false } as const;
      client.send({ ...message, qos: 1, messageId: 1234 }, { ...message, qos: 2, messageId: 65535 });
      expect((await client.next('puback')).messageId).toBe(1234);
      expect((await client.next('pubrec')).messageId).toBe(65535);
      client.send({ cmd: 'pubrel', messageId: 65535 });
      expect((await client.next('pubcomp')).messageId).toBe(65535);
      const [first, second] = [await client.next('publish'), await client.next('publish')];
      const own = [first, second].find(({ qos }) => qos === 2)?.messageId as number;
      client.send({ cmd: 'pubrec', messageId: own });
      expect((await client.next('pubrel')).messageId).toBe(own);
    },
  },
  {
    in311: ['MQTT-2.3.1-7', 'MQTT-3.8.4-2'],
    in5: ['MQTT-2.2.1-6', 'MQTT-3.8.4-2'],
    says: 'SUBACK and UNSUBACK have the id of their SUBSCRIBE and UNSUBSCRIBE',
    test: async (at) => {
      const client = await at.client();
      client.send(subscribeBytes(at.level, at.tag, { id: 40_000 }), unsubscribeBytes(at.level, at.tag, { id: 7 }));
      expect((await client.next('suback')).messageId).toBe(40_000);
      expect((await client.next('unsuback')).messageId).toBe(7);
    },
  },
];

/** Has the client told every kind of packet that a server sends. */
async function conversation(client: RawClient, topic: string): Promise<RawClient> {
  await client.subscribe(topic, { qos: 2 });
  await client.publish(topic, 'x', { qos: 1 });
  await client.publish(topic, 'x', { qos: 2 });
  await client.next('pubrel');
  await client.unsubscribe(topic);
  await client.ping();
  return client;
}

function firstBytes({ heard }: RawClient): Record<string, number> {
  const all = heard.filter(({ packet }) => packet.cmd !== 'publish');
  return Object.fromEntries(all.map(({ packet, bytes }) => [packet.cmd, bytes[0] as number]));
}
