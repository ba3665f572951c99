import { expect } from 'vitest';
import { frame, publishBytes, subscribeBytes, u16 } from '../../bytes.js';
import { codeOf, type RawClient } from '../../raw-client.js';
import type { Scene } from '../../scene.js';
import type { Statement } from '../../statement.js';

/** Reason codes by packet. */
const codes = {
  puback: [0x00, 0x10, 0x80, 0x83, 0x87, 0x90, 0x91, 0x97, 0x99],
  pubrel: [0x00, 0x92],
  disconnect: [
    ...[0x00, 0x04, 0x80, 0x81, 0x82, 0x83, 0x87, 0x89, 0x8b, 0x8d, 0x8e, 0x8f, 0x90, 0x93, 0x94, 0x95, 0x96, 0x97],
    ...[0x98, 0x99, 0x9a, 0x9b, 0x9c, 0x9d, 0x9e, 0x9f, 0xa0, 0xa1, 0xa2],
  ],
} as const;

/** Clients that were cut off, each for another reason. */
async function cutOff(at: Scene): Promise<RawClient[]> {
  const wrong = [
    frame(0x20, [0, 0, 0]),
    publishBytes(5, 'a/#'),
    publishBytes(5, at.topic('a'), { own: [[0x23, 0, 0]] }),
    publishBytes(5, at.topic('a'), { first: 0x36, id: 1 }),
    subscribeBytes(5, at.topic('a'), { first: 0x80 }),
    frame(0x10, [0]),
  ];
  const clients: RawClient[] = [];
  for (const packet of wrong) {
    const client = await at.client();
    client.send(packet, { cmd: 'pingreq' });
    await client.closed();
    clients.push(client);
  }
  return clients;
}

const disconnects = ({ heard }: RawClient) => heard.filter(({ packet }) => packet.cmd === 'disconnect');

/** Reason codes, and DISCONNECT of the server. */
export const reasons: readonly Statement[] = [
  {
    in5: ['MQTT-3.4.2-1'],
    says: 'PUBACK has a reason code from the list',
    test: async (at) => {
      const client = await at.client();
      expect(codes.puback).toContain(await client.publish(at.topic('nobody'), 'x', { qos: 1 }));
      await client.subscribe(at.topic('a'));
      expect(await client.publish(at.topic('a'), 'x', { qos: 1 })).toBe(0);
    },
  },
  {
    in5: ['MQTT-3.5.2-1'],
    says: 'PUBREC has a reason code from the list',
    test: async (at) => {
      const client = await at.client();
      expect(codes.puback).toContain(await client.publish(at.topic('nobody'), 'x', { qos: 2 }));
      await client.subscribe(at.topic('a'));
      expect(await client.publish(at.topic('a'), 'x', { qos: 2 })).toBe(0);
    },
  },
  {
    in5: ['MQTT-4.3.3-9'],
    says: 'the id of a PUBLISH that was refused in PUBREC is free: the next with it is another message',
    test: async (at) => {
      const [subscriber, publisher] = [await at.client(), await at.client()];
      await subscriber.subscribe(at.topic('a'), { qos: 2 });
      // No server lets clients publish there.
      expect(await publisher.publish(`$SYS/${at.tag}`, 'x', { qos: 2, messageId: 5 })).toBeGreaterThanOrEqual(0x80);
      // mosquitto 2.0.11 closes.
      expect(await publisher.publish(at.topic('a'), 'x', { qos: 2, messageId: 5 })).toBeLessThan(0x80);
      expect(await at.arrived(subscriber, publisher)).toHaveLength(1);
    },
  },
  {
    in5: ['MQTT-3.6.2-1'],
    says: 'PUBREL has a reason code from the list, also where the id is not known',
    test: async (at) => {
      const client = await at.client();
      client.send(frame(0x50, u16(4711)));
      expect(codes.pubrel).toContain(codeOf(await client.next('pubrel')));
    },
  },
  {
    in5: ['MQTT-3.7.2-1'],
    says: 'PUBCOMP has a reason code from the list, also where the id is not known',
    test: async (at) => {
      const client = await at.client();
      client.send(frame(0x62, u16(4711)));
      expect(codes.pubrel).toContain(codeOf(await client.next('pubcomp')));
    },
  },
  {
    in5: ['MQTT-3.14.0-1'],
    says: 'no DISCONNECT comes before CONNACK',
    test: async (at) => {
      for (const packet of [subscribeBytes(5, at.tag), publishBytes(5, at.tag), frame(0x10, [0])]) {
        const client = await at.open();
        client.send(packet);
        await client.closed();
        expect(disconnects(client)).toEqual([]);
      }
    },
  },
  {
    in5: ['MQTT-3.14.1-1'],
    says: 'DISCONNECT with reserved flags is malformed (0x81) and no DISCONNECT: the will is published',
    test: async (at) => {
      const watcher = await at.client();
      await watcher.subscribe(at.topic('will'));
      const client = await at.client({ will: { topic: at.topic('will'), payload: 'gone' } });
      client.send(Buffer.from([0xe1, 0]));
      await client.closedFor(0x81);
      expect((await watcher.next('publish')).topic).toBe(at.topic('will'));
    },
  },
  {
    in5: ['MQTT-3.14.2-1', 'MQTT-3.14.2-2'],
    says: 'DISCONNECT of the server has a reason code from the list and no Session Expiry Interval',
    test: async (at) => {
      for (const client of await cutOff(at)) {
        for (const { packet } of disconnects(client)) {
          expect(codes.disconnect).toContain(codeOf(packet));
          expect(packet).not.toHaveProperty('properties.sessionExpiryInterval');
        }
      }
    },
  },
  {
    in5: ['MQTT-3.14.4-1', 'MQTT-3.14.4-2'],
    says: 'behind DISCONNECT the server sends nothing and closes',
    test: async (at) => {
      for (const client of await cutOff(at)) {
        const at = client.heard.findIndex(({ packet }) => packet.cmd === 'disconnect');
        expect(client.heard.slice(at + 1)).toEqual(at < 0 ? client.heard : []);
      }
    },
  },
  {
    in5: ['MQTT-3.1.2-29'],
    says: 'with Request Problem Information 0, only PUBLISH, CONNACK and DISCONNECT bring texts',
    test: async (at) => {
      const own = { properties: { requestProblemInformation: false } };
      const [client, one, two] = [await at.client(own), await at.client(own), await at.client(own)];
      // What the server does not allow; one each, since mosquitto 2.0.11 closes at what follows.
      await one.publish(`$SYS/${at.tag}`, 'x', { qos: 1 });
      await two.publish(`$SYS/${at.tag}`, 'x', { qos: 2 });
      await client.publish(at.topic('nobody'), 'x', { qos: 1 });
      await client.publish(at.topic('nobody'), 'x', { qos: 2 });
      await client.unsubscribe(at.topic('never'));
      client.send(frame(0x50, u16(4711)), frame(0x62, u16(4711)));
      await client.next('pubrel');
      await client.next('pubcomp');
      await client.subscribe([`$share/g/${at.topic('a')}`, at.topic('b')].map((topic) => ({ topic, qos: 1 })));
      for (const { packet } of [client, one, two].flatMap(({ heard }) => heard)) {
        if (['publish', 'connack', 'disconnect'].includes(packet.cmd)) continue;
        expect(packet).not.toHaveProperty('properties.reasonString');
        expect(packet).not.toHaveProperty('properties.userProperties');
      }
    },
  },
];
