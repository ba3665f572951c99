import { expect } from 'vitest';
import { bytes, connectBytes, connectFlags, field, properties } from '../../bytes.js';
import { codeOf } from '../../raw-client.js';
import type { Statement } from '../../statement.js';

const { clean, will, userName } = connectFlags;

/** The payload of CONNECT: client ids and other text. */
export const clientIds: readonly Statement[] = [
  {
    in311: ['MQTT-3.1.3-1'],
    in5: ['MQTT-3.1.3-1'],
    says: 'the fields are read in their order: client id, will, user name, password',
    test: async (at) => {
      const [watcher, publisher] = [await at.client(), await at.client()];
      await watcher.subscribe(at.topic('will'));
      const all = { username: 'user', password: Buffer.from('secret') };
      const client = await at.client({ ...all, will: { topic: at.topic('will'), payload: 'gone' } });
      client.cut();
      const { topic, payload } = await watcher.next('publish');
      expect([topic, String(payload)]).toEqual([at.topic('will'), 'gone']);
      expect(await at.arrived(watcher, publisher)).toEqual([]);
    },
  },
  {
    in311: ['MQTT-3.1.3-2'],
    in5: ['MQTT-3.1.3-2'],
    says: 'a session belongs to a client id and to no other',
    test: async (at) => {
      const [one, two] = [at.id(), at.id()];
      const first = await at.client(at.lasting(one));
      await first.subscribe(at.topic('a'), { qos: 1 });
      await first.leave();
      const stranger = await at.open();
      expect((await stranger.connect(two, at.lasting(two))).sessionPresent).toBe(false);
      const publisher = await at.client();
      await publisher.publish(at.topic('a'), 'x', { qos: 1 });
      expect(await at.arrived(stranger, publisher)).toEqual([]);
      const again = await at.open();
      expect((await again.connect(one, at.lasting(one))).sessionPresent).toBe(true);
      expect((await again.next('publish')).topic).toBe(at.topic('a'));
    },
  },
  {
    in311: ['MQTT-3.1.3-4'],
    in5: ['MQTT-3.1.3-4'],
    says: 'a client id that is not UTF-8 ends the connection',
    test: async (at) => {
      for (const wrong of [[0xff], [0xed, 0xa0, 0x80], [0]]) {
        const client = await at.open();
        client.send(connectBytes(at.level, { fields: [field(bytes(at.id(), wrong))] }));
        await client.closedFor(0x81, 0x82, 0x85, 0x02);
      }
    },
  },
  {
    in311: ['MQTT-3.1.3-5'],
    in5: ['MQTT-3.1.3-5'],
    says: 'client ids of 1 to 23 letters and digits are accepted',
    test: async (at) => {
      const letters = 'abcdefghijklmnopqrstuvwxyz';
      const all = `0123456789${letters}${letters.toUpperCase()}`;
      const ids = [all.slice(0, 23), all.slice(23, 46), all.slice(46), 'Z', at.tag.padEnd(23, 'x').slice(0, 23)];
      for (const id of ids) {
        const client = await at.open();
        expect(codeOf(await client.connect(id))).toBe(0);
        await client.leave();
      }
    },
  },
  {
    in311: ['MQTT-3.1.3-6'],
    says: 'clients without an id get one each: several are there at once, and each has what it subscribes to',
    test: async (at) => {
      const [one, two] = [await at.client({ clientId: '' }), await at.client({ clientId: '' })];
      await one.subscribe(at.topic('one'));
      await two.subscribe(at.topic('two'));
      await one.publish(at.topic('two'), 'x');
      await two.publish(at.topic('one'), 'x');
      expect((await one.next('publish')).topic).toBe(at.topic('one'));
      expect((await two.next('publish')).topic).toBe(at.topic('two'));
    },
  },
  {
    in311: ['MQTT-3.1.3-7', 'MQTT-3.1.3-8', 'MQTT-3.1.3-9'],
    says: 'a client without an id that asks for a lasting session gets return code 2 and the end',
    test: async (at) => {
      const client = await at.open();
      client.send(connectBytes(at.level, { flags: 0, fields: [field('')] }));
      expect(await client.next('connack')).toMatchObject({ returnCode: 2, sessionPresent: false });
      await client.closed();
    },
  },
  {
    in311: ['MQTT-3.1.3-10'],
    in5: ['MQTT-3.1.3-11'],
    says: 'a will topic that is not UTF-8 ends the connection',
    test: async (at) => {
      for (const wrong of [[0xff], [0xed, 0xa0, 0x80]]) {
        const client = await at.open();
        const own = [properties(at.level), field(bytes('a', wrong)), field('message')];
        client.send(connectBytes(at.level, { flags: clean | will, fields: [field(at.id()), ...own] }));
        await client.closedFor(0x81, 0x82, 0x90);
      }
    },
  },
  {
    in311: ['MQTT-3.1.3-11'],
    in5: ['MQTT-3.1.3-12'],
    says: 'a user name that is not UTF-8 ends the connection',
    test: async (at) => {
      for (const wrong of [[0xff], [0xed, 0xa0, 0x80]]) {
        const client = await at.open();
        client.send(connectBytes(at.level, { flags: clean | userName, fields: [field(at.id()), field(wrong)] }));
        await client.closedFor(0x81, 0x82, 0x86);
      }
    },
  },
  {
    in311: ['MQTT-3.1.4-2'],
    says: 'who connects under the id of a connected client takes its place',
    test: async (at) => {
      const clientId = at.id();
      const first = await at.client({ clientId });
      const second = await at.client({ clientId });
      await first.closed();
      await second.ping();
    },
  },
];
