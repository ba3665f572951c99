import { expect } from 'vitest';
import { publishBytes } from '../../bytes.js';
import type { Statement } from '../../statement.js';

/** The message that is published for a client that is gone. */
export const will: readonly Statement[] = [
  {
    in311: ['MQTT-3.1.2-8'],
    in5: ['MQTT-3.1.2-7'],
    says: 'the will of a client whose connection ends without DISCONNECT is published, also of one that is cut off',
    test: async (at) => {
      const watcher = await at.client();
      await watcher.subscribe(at.topic('will'), { qos: 2 });
      for (const qos of [0, 1, 2] as const) {
        const client = await at.client({ will: { topic: at.topic('will'), payload: `gone ${qos}`, qos } });
        client.cut();
        const message = await watcher.next('publish');
        expect([String(message.payload), message.qos]).toEqual([`gone ${qos}`, qos]);
      }
      const wrong = publishBytes(at.level, at.topic('a'), { first: 0x36, id: 1 });
      for (const behind of [0, 1, 100_000]) {
        const client = await at.client({ will: { topic: at.topic('will'), payload: 'cut off' } });
        client.send(wrong, Buffer.alloc(behind)); // the server need not read on
        await client.closed();
        expect(String((await watcher.next('publish')).payload)).toBe('cut off');
      }
    },
  },
  {
    in311: ['MQTT-3.1.2-10'],
    in5: ['MQTT-3.1.2-10'],
    says: 'a will is published once, and not after DISCONNECT, also not when its session goes on',
    test: async (at) => {
      const [watcher, publisher] = [await at.client(), await at.client()];
      await watcher.subscribe(at.topic('will'));
      const clientId = at.id();
      const own = { ...at.lasting(clientId), will: { topic: at.topic('will'), payload: 'gone' } };
      (await at.client(own)).cut();
      await watcher.next('publish');
      (await at.client(at.lasting(clientId))).cut(); // the same session, with no will of its own
      await (await at.client(own)).leave();
      await (await at.client(at.lasting(clientId))).leave();
      expect(await at.arrived(watcher, publisher)).toEqual([]);
    },
  },
  {
    in311: ['MQTT-3.1.2-12'],
    says: 'without a Will Flag nothing is published when the connection ends',
    test: async (at) => {
      const [watcher, publisher] = [await at.client(), await at.client()];
      await watcher.subscribe('#');
      const clientId = at.id();
      const client = await at.client({ clientId });
      client.cut();
      await at.client({ clientId }); // the server has seen the end when the id is in use again
      expect(await at.arrived(watcher, publisher)).toEqual([]);
    },
  },
  {
    in311: ['MQTT-3.1.2-16'],
    in5: ['MQTT-3.1.2-14'],
    says: 'without Will Retain the will is not kept',
    test: async (at) => {
      const [watcher, publisher] = [await at.client(), await at.client()];
      await watcher.subscribe(at.topic('will'));
      const client = await at.client({ will: { topic: at.topic('will'), payload: 'gone', retain: false } });
      client.cut();
      expect((await watcher.next('publish')).retain).toBe(false);
      const late = await at.client();
      await late.subscribe(at.topic('will'));
      expect(await at.arrived(late, publisher)).toEqual([]);
    },
  },
  {
    in311: ['MQTT-3.1.2-17'],
    in5: ['MQTT-3.1.2-15'],
    says: 'with Will Retain the will is kept as a retained message',
    test: async (at) => {
      const watcher = await at.client();
      await watcher.subscribe(at.topic('will'));
      const client = await at.client({ will: { topic: at.topic('will'), payload: 'gone', retain: true } });
      client.cut();
      await watcher.next('publish');
      const late = await at.client();
      await late.subscribe(at.topic('will'));
      const { payload, retain } = await late.next('publish');
      expect([String(payload), retain]).toEqual(['gone', true]);
    },
  },
  {
    in311: ['MQTT-3.14.4-3'],
    in5: ['MQTT-3.14.4-3'],
    says: 'DISCONNECT discards the will',
    test: async (at) => {
      const [watcher, publisher] = [await at.client(), await at.client()];
      await watcher.subscribe(at.topic('will'));
      const clientId = at.id();
      const client = await at.client({ clientId, will: { topic: at.topic('will'), payload: 'gone' } });
      client.send({ cmd: 'disconnect' });
      await client.closed();
      await at.client({ clientId });
      expect(await at.arrived(watcher, publisher)).toEqual([]);
    },
  },
];
