import { expect } from 'vitest';
import { frame, subscribeBytes, u16 } from '../../bytes.js';
import type { RawClient } from '../../raw-client.js';
import type { Scene } from '../../scene.js';
import type { Statement } from '../../statement.js';

/** Room for every packet that must be sent, and for no sentence beside it. */
const smallest = 24;

type Answer = 'connack' | 'puback' | 'pubrec' | 'pubrel' | 'pubcomp' | 'suback' | 'unsuback' | 'disconnect';

/** Calls for an answer that a server has something to say about: an unknown id, a topic of its own, a shared filter. */
const provoke: Record<Answer, (client: RawClient, at: Scene) => void> = {
  connack: () => {},
  puback: (client, at) => client.send(refused(at, 1)),
  pubrec: (client, at) => client.send(refused(at, 2)),
  pubrel: (client) => client.send(frame(0x50, u16(999))),
  pubcomp: (client) => client.send(frame(0x62, u16(999))),
  suback: (client, at) => client.send(subscribeBytes(5, `$share/g/${at.topic('a')}`)),
  unsuback: (client, at) => client.send({ cmd: 'unsubscribe', messageId: 1, unsubscriptions: [at.topic('never')] }),
  disconnect: (client) => client.send(Buffer.from([0x20, 3, 0, 0, 0])),
};

const refused = (at: Scene, qos: 1 | 2) =>
  ({ cmd: 'publish', topic: `$SYS/${at.tag}`, payload: 'x', qos, messageId: 8, dup: false, retain: false }) as const;

/** Reason String and User Property are left out where they would exceed the client's Maximum Packet Size. */
function within(answer: Answer, ids: readonly string[]): Statement {
  return {
    in5: ids,
    says: `${answer.toUpperCase()} brings no text that makes it larger than the client's Maximum Packet Size`,
    test: async (at) => {
      const client = await at.client({ properties: { maximumPacketSize: smallest } });
      provoke[answer](client, at);
      // A server may also close without DISCONNECT.
      if (answer === 'disconnect') await client.closed();
      else if (answer !== 'connack') await client.next(answer);
      for (const { bytes } of client.heard) expect(bytes.length).toBeLessThanOrEqual(smallest);
    },
  };
}

/** One that is too large does not stop those that wait behind it for an acknowledgement; mosquitto 2.0 lets them wait for ever. */
async function passesBy(at: Scene): Promise<void> {
  for (const own of [{}, at.lasting(at.id())]) {
    const properties = { ...own.properties, maximumPacketSize: 200, receiveMaximum: 1 };
    const [client, publisher] = [await at.client({ ...own, properties }), await at.client()];
    client.acknowledges = false;
    await client.subscribe(at.topic('b'), { qos: 1 });
    for (const size of [1, 300, 2]) await publisher.publish(at.topic('b'), 'x'.repeat(size), { qos: 1 });
    client.send({ cmd: 'puback', messageId: (await client.next('publish')).messageId });
    expect(String((await client.next('publish')).payload)).toBe('xx');
    await client.leave();
  }
}

/** Maximum Packet Size, both ways. */
export const limits: readonly Statement[] = [
  {
    in5: ['MQTT-3.1.2-24', 'MQTT-3.1.2-25'],
    says: "a message larger than the client's Maximum Packet Size is not sent, and counts as sent: others follow",
    test: async (at) => {
      const clientId = at.id();
      const own = { ...at.lasting(clientId), properties: { sessionExpiryInterval: 60, maximumPacketSize: 200 } };
      const [small, any, publisher] = [await at.client(own), await at.client(), await at.client()];
      for (const client of [small, any]) await client.subscribe(at.topic('a'), { qos: 2 });
      for (const qos of [0, 1, 2] as const) await publisher.publish(at.topic('a'), 'x'.repeat(300), { qos });
      await publisher.publish(at.topic('a'), 'fits', { qos: 2 });
      expect((await at.arrived(small, publisher)).map(({ payload }) => String(payload))).toEqual(['fits']);
      expect(await at.arrived(any, publisher)).toHaveLength(4);
      await small.leave();
      const again = await at.client(at.lasting(clientId));
      expect(await at.arrived(again, publisher)).toEqual([]);
      for (const { bytes } of small.heard) expect(bytes.length).toBeLessThanOrEqual(200);
      await passesBy(at);
    },
  },
  {
    in5: ['MQTT-3.2.2-15'],
    says: "a packet larger than the server's Maximum Packet Size ends the connection with 0x95; where it names none, 17 MiB are taken",
    test: async (at) => {
      const client = await at.open();
      const most = (await client.connect(at.id())).properties?.maximumPacketSize;
      if (most === undefined) {
        await client.publish(at.topic('a'), Buffer.alloc(17 << 20), { qos: 1 });
        return;
      }
      // The header is enough to know it.
      client.send(frame(0x30, u16(at.tag.length), at.tag, [0], Buffer.alloc(most)).subarray(0, 1000));
      await client.closedFor(0x95);
    },
  },
  within('connack', ['MQTT-3.2.2-19', 'MQTT-3.2.2-20']),
  within('puback', ['MQTT-3.4.2-2', 'MQTT-3.4.2-3']),
  within('pubrec', ['MQTT-3.5.2-2', 'MQTT-3.5.2-3']),
  within('pubrel', ['MQTT-3.6.2-2', 'MQTT-3.6.2-3']),
  within('pubcomp', ['MQTT-3.7.2-2', 'MQTT-3.7.2-3']),
  within('suback', ['MQTT-3.9.2-1', 'MQTT-3.9.2-2']),
  within('unsuback', ['MQTT-3.11.2-1', 'MQTT-3.11.2-2']),
  within('disconnect', ['MQTT-3.14.2-3', 'MQTT-3.14.2-4']),
];
