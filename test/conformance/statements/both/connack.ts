import { expect } from 'vitest';
import { codeOf } from '../../raw-client.js';
import { pause } from '../../scene.js';
import type { Statement } from '../../statement.js';

/** What the server answers to CONNECT, and how long it waits for a client that says nothing. */
export const connack: readonly Statement[] = [
  {
    in311: ['MQTT-3.1.4-4'],
    in5: ['MQTT-3.1.4-5'],
    says: 'a CONNECT that can be accepted gets CONNACK with code 0',
    test: async (at) => {
      const client = await at.open();
      expect(codeOf(await client.connect(at.id()))).toBe(0);
    },
  },
  {
    in311: ['MQTT-3.2.0-1'],
    in5: ['MQTT-3.2.0-1'],
    says: 'CONNACK comes first, also before messages that waited and before answers to what came with CONNECT',
    test: async (at) => {
      const clientId = at.id();
      const before = await at.client(at.lasting(clientId));
      await before.subscribe(at.topic('a'), { qos: 1 });
      await before.leave();
      const publisher = await at.client();
      await publisher.publish(at.topic('a'), 'x', { qos: 1 });
      const client = await at.open();
      client.send(client.connectPacket(clientId, at.lasting(clientId)), { cmd: 'pingreq' });
      await client.next('publish');
      await client.next('pingresp');
      expect(client.heard[0]?.packet).toMatchObject({ cmd: 'connack', sessionPresent: true });
    },
  },
  {
    in311: ['MQTT-3.2.2-1'],
    in5: ['MQTT-3.2.2-2'],
    says: 'Session Present is 0 for who asks for a new session, also where there was one',
    test: async (at) => {
      const clientId = at.id();
      await (await at.client(at.lasting(clientId))).leave();
      const client = await at.open();
      expect(await client.connect(clientId, { clean: true })).toMatchObject({ sessionPresent: false });
    },
  },
  {
    in311: ['MQTT-3.2.2-2'],
    says: 'Session Present is 1 for who comes back to a session',
    test: async (at) => {
      const clientId = at.id();
      await (await at.client(at.lasting(clientId))).leave();
      const client = await at.open();
      expect(await client.connect(clientId, at.lasting(clientId))).toMatchObject({
        returnCode: 0,
        sessionPresent: true,
      });
    },
  },
  {
    in311: ['MQTT-3.2.2-3'],
    says: 'Session Present is 0 where there is no session to come back to',
    test: async (at) => {
      const client = await at.open();
      const clientId = at.id();
      expect(await client.connect(clientId, at.lasting(clientId))).toMatchObject({
        returnCode: 0,
        sessionPresent: false,
      });
    },
  },
  {
    in5: ['MQTT-3.2.2-3'],
    says: 'Session Present is 1 for who comes back to a session, 0 where there is none; the code is 0',
    test: async (at) => {
      const clientId = at.id();
      const first = await at.open();
      const answer = await first.connect(clientId, at.lasting(clientId));
      expect([codeOf(answer), answer.sessionPresent]).toEqual([0, false]);
      await first.leave();
      const second = await at.open();
      const other = await second.connect(clientId, at.lasting(clientId));
      expect([codeOf(other), other.sessionPresent]).toEqual([0, true]);
    },
  },
  {
    in311: ['MQTT-3.1.2-24'],
    in5: ['MQTT-3.1.2-22', 'MQTT-3.2.2-22'],
    says: 'a client that is silent for one and a half times its Keep Alive is cut off as if the network had failed',
    test: async (at) => {
      const watcher = await at.client();
      await watcher.subscribe(at.topic('will'));
      const client = await at.open();
      const will = { topic: at.topic('will'), payload: 'gone' };
      const began = performance.now();
      const answer = await client.connect(at.id(), { keepalive: 1, will });
      // The server may ask for another Keep Alive (MQTT 5, 3.2.2.3.14); what it says is what it goes by.
      const seconds = answer.properties?.serverKeepAlive ?? 1;
      await client.closed(seconds * 1500 + 6000);
      // A server must not wait longer than it may; mosquitto looks once in a few seconds. Too early is wrong for all.
      expect(performance.now() - began).toBeGreaterThan(seconds * 1500 - 100);
      expect(String((await watcher.next('publish')).payload)).toBe('gone');
    },
  },
  {
    in311: ['MQTT-3.12.4-1'],
    in5: ['MQTT-3.12.4-1'],
    says: 'every PINGREQ gets a PINGRESP',
    test: async (at) => {
      const client = await at.client();
      client.send({ cmd: 'pingreq' }, { cmd: 'pingreq' });
      await client.next('pingresp');
      await client.next('pingresp');
    },
  },
  {
    in311: ['MQTT-3.14.1-1'],
    says: 'DISCONNECT with reserved bits that are not 0 is no DISCONNECT: the will is published',
    test: async (at) => {
      const watcher = await at.client();
      await watcher.subscribe(at.topic('will'));
      const client = await at.client({ will: { topic: at.topic('will'), payload: 'gone' } });
      client.send(Buffer.from([0xe1, 0]));
      await client.closed();
      expect((await watcher.next('publish')).topic).toBe(at.topic('will'));
    },
  },
  {
    in311: ['MQTT-3.14.4-1', 'MQTT-3.14.4-2'],
    says: 'behind DISCONNECT nothing that a client sends has an effect, and the server closes where the client does not',
    test: async (at) => {
      const [watcher, client, publisher] = [await at.client(), await at.client(), await at.client()];
      await watcher.subscribe(at.topic('a'));
      client.send({ cmd: 'disconnect' }, { cmd: 'pingreq' });
      client.send({ cmd: 'publish', topic: at.topic('a'), payload: 'x', qos: 0, dup: false, retain: false });
      await client.closed();
      await pause(20);
      expect(client.heard.slice(1)).toEqual([]);
      expect(await at.arrived(watcher, publisher)).toEqual([]);
    },
  },
];
