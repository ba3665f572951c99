import { expect } from 'vitest';
import { connectBytes, field, frame } from '../../bytes.js';
import { codeOf } from '../../raw-client.js';
import type { Statement } from '../../statement.js';

/** Reason codes of CONNACK (3.2.2.2). */
const connectCodes = [
  ...[0x00, 0x80, 0x81, 0x82, 0x83, 0x84, 0x85, 0x86, 0x87, 0x88, 0x89, 0x8a, 0x8c, 0x90, 0x95, 0x97, 0x99],
  ...[0x9a, 0x9b, 0x9c, 0x9d, 0x9f],
];
/** A method of enhanced authentication that no server has. */
const authentication = { authenticationMethod: 'NO-SUCH-METHOD' };

/** CONNACK, and AUTH. */
export const connack5: readonly Statement[] = [
  {
    in5: ['MQTT-3.1.3-6', 'MQTT-3.1.3-7', 'MQTT-3.2.2-16'],
    says: 'clients without an id get one each, told in CONNACK, under which they can come back',
    test: async (at) => {
      const own = { clean: false, properties: { sessionExpiryInterval: 60 } };
      const clients = [await at.open(), await at.open()];
      const ids: string[] = [];
      for (const client of clients) {
        client.send(connectBytes(5, { flags: 0, own: [[0x11, 0, 0, 0, 60]], fields: [field('')] }));
        const { properties } = await client.next('connack');
        ids.push(properties?.assignedClientIdentifier as string);
      }
      expect(ids.every((id) => typeof id === 'string' && id.length > 0)).toBe(true);
      expect(ids[0]).not.toBe(ids[1]);
      await clients[0]?.subscribe(at.topic('a'));
      await clients[0]?.leave();
      const again = await at.open();
      expect(await again.connect(ids[0] as string, own)).toMatchObject({ sessionPresent: true });
    },
  },
  {
    in5: ['MQTT-3.1.4-3'],
    says: 'who connects under the id of a connected client takes its place; the other is told 0x8e, and its will is published',
    test: async (at) => {
      const watcher = await at.client();
      await watcher.subscribe(at.topic('will'));
      const clientId = at.id();
      const first = await at.client({ clientId, will: { topic: at.topic('will'), payload: 'gone' } });
      const second = await at.client({ clientId });
      expect((await watcher.next('publish')).topic).toBe(at.topic('will'));
      expect(codeOf(await first.next('disconnect'))).toBe(0x8e); // mosquitto 2.0 closes before it has written this
      await first.closed();
      await second.ping();
    },
  },
  {
    in5: ['MQTT-3.2.0-2'],
    says: 'there is one CONNACK on a connection, also where a second CONNECT comes',
    test: async (at) => {
      const client = await at.client();
      await client.publish(at.topic('a'), 'x', { qos: 1 });
      client.send(client.connectPacket(at.id()));
      await client.closed();
      expect(client.heard.filter(({ packet }) => packet.cmd === 'connack')).toHaveLength(1);
    },
  },
  {
    in5: ['MQTT-3.2.2-1', 'MQTT-3.2.2-8'],
    says: 'CONNACK has no reserved flags and a reason code from the list, whether it accepts or refuses',
    test: async (at) => {
      const clientId = at.id();
      for (const own of [at.lasting(clientId), at.lasting(clientId), { clientId, properties: authentication }]) {
        const client = await at.open();
        client.send(client.connectPacket(clientId, own));
        await Promise.race([client.take('connack').catch(() => {}), client.closed()]);
        const [first] = client.heard;
        if (first === undefined) continue; // refused without a word
        const header = first.bytes.findIndex((byte, i) => i > 0 && byte < 0x80) + 1;
        expect(first.bytes[header]).toBeLessThan(2);
        expect(connectCodes).toContain(first.bytes[header + 1]);
        await client.leave();
      }
    },
  },
  {
    in5: ['MQTT-3.1.4-2', 'MQTT-3.2.2-6', 'MQTT-3.2.2-7', 'MQTT-4.13.2-1', 'MQTT-4.12.0-1'],
    says: 'an unknown Authentication Method gets 0x8c or 0x87 without Session Present, and the end',
    test: async (at) => {
      const clientId = at.id();
      await (await at.client(at.lasting(clientId))).leave();
      const client = await at.open();
      client.send(
        client.connectPacket(clientId, { clean: false, properties: { ...authentication, sessionExpiryInterval: 60 } }),
      );
      await client.closedFor(0x8c, 0x87);
      const answers = client.heard.map(({ packet }) => packet);
      expect(answers.length).toBeLessThan(2);
      for (const answer of answers) expect(answer).toMatchObject({ cmd: 'connack', sessionPresent: false });
    },
  },
  {
    in5: ['MQTT-4.12.0-6'],
    says: 'who names no Authentication Method gets no AUTH, and none in CONNACK',
    test: async (at) => {
      const client = await at.open();
      const { properties } = await client.connect(at.id(), { username: 'user', password: Buffer.from('secret') });
      expect(properties?.authenticationMethod).toBeUndefined();
      await client.ping();
      expect(client.heard.filter(({ packet }) => packet.cmd === 'auth')).toEqual([]);
    },
  },
  {
    in5: ['MQTT-4.12.0-7'],
    says: 'AUTH of a client that named no Authentication Method ends the connection',
    test: async (at) => {
      const client = await at.client();
      client.send({ cmd: 'auth', reasonCode: 0x19, properties: authentication });
      await client.closedFor(0x82, 0x81, 0x8c);
    },
  },
  {
    in5: ['MQTT-3.15.1-1'],
    says: 'AUTH with flags that are not 0 ends the connection',
    test: async (at) => {
      const client = await at.client();
      client.send(frame(0xf2, [0x19, 0]));
      await client.closedFor(0x81, 0x82);
    },
  },
  {
    in5: ['MQTT-3.1.2-28'],
    says: 'Response Information is not sent to who does not ask for it',
    test: async (at) => {
      for (const requestResponseInformation of [undefined, false]) {
        const client = await at.open();
        const { properties } = await client.connect(at.id(), { properties: { requestResponseInformation } });
        expect(properties?.responseInformation).toBeUndefined();
      }
    },
  },
  {
    in5: ['MQTT-3.2.2-9', 'MQTT-3.2.2-10'],
    says: 'the server takes messages of the QoS that its CONNACK allows, and subscriptions of any',
    test: async (at) => {
      const client = await at.open();
      const { properties } = await client.connect(at.id());
      const highest = (properties?.maximumQoS ?? 2) as 0 | 1 | 2;
      expect(await client.publish(at.topic('a'), 'x', { qos: highest })).toBeLessThan(0x80);
      for (const qos of [0, 1, 2] as const) {
        expect((await client.subscribe(at.topic(`${qos}`), { qos }))[0]).toBeLessThan(0x80);
      }
    },
  },
];
