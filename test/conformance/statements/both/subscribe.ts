import { expect } from 'vitest';
import { bytes, field, frame, properties, subscribeBytes, u16 } from '../../bytes.js';
import type { Statement } from '../../statement.js';

/** SUBSCRIBE and SUBACK. */
export const subscribe: readonly Statement[] = [
  {
    in311: ['MQTT-3.8.1-1'],
    in5: ['MQTT-3.8.1-1'],
    says: 'SUBSCRIBE with other flags than 0010 ends the connection',
    test: async (at) => {
      for (const first of [0x80, 0x83, 0x8a]) {
        const client = await at.client();
        client.send(subscribeBytes(at.level, at.tag, { first }));
        await client.closedFor(0x81, 0x82);
      }
    },
  },
  {
    in311: ['MQTT-3.8.3-1'],
    in5: ['MQTT-3.8.3-1'],
    says: 'a filter that is not UTF-8 ends the connection; one that is, is taken as it is',
    test: async (at) => {
      for (const wrong of [[0xff], [0xed, 0xbf, 0xbf]]) {
        const client = await at.client();
        client.send(subscribeBytes(at.level, bytes(at.tag, wrong)));
        await client.closedFor(0x81, 0x82, 0x8f);
      }
      const client = await at.client();
      expect(await client.subscribe(at.topic('ä€😀'))).toEqual([0]);
      await client.publish(at.topic('ä€😀'));
      expect((await client.next('publish')).topic).toBe(at.topic('ä€😀'));
    },
  },
  {
    in311: ['MQTT-3.8.3-2'],
    says: 'filters with wildcards are taken',
    test: async (at) => {
      const client = await at.client();
      expect(
        await client.subscribe([`${at.tag}/+`, `${at.tag}/#`, '+/+/+'].map((topic) => ({ topic, qos: 1 }))),
      ).toEqual([1, 1, 1]);
    },
  },
  {
    in311: ['MQTT-3.8.3-3'],
    in5: ['MQTT-3.8.3-2'],
    says: 'SUBSCRIBE without a filter ends the connection',
    test: async (at) => {
      const client = await at.client();
      client.send(frame(0x82, u16(1), properties(at.level)));
      await client.closedFor(0x81, 0x82);
    },
  },
  {
    in311: ['MQTT-3.8.3-4'],
    in5: ['MQTT-3.8.3-5'],
    says: 'reserved bits behind a filter, and a QoS that there is not, end the connection',
    test: async (at) => {
      for (const options of at.level === 5 ? [0x40, 0x80, 0x03, 0x30] : [0x04, 0x80, 0x03]) {
        const client = await at.client();
        client.send(subscribeBytes(at.level, at.tag, { options }));
        await client.closedFor(0x81, 0x82);
      }
    },
  },
  {
    in311: ['MQTT-3.8.4-1'],
    in5: ['MQTT-3.8.4-1'],
    says: 'every SUBSCRIBE gets a SUBACK, also one that says nothing new',
    test: async (at) => {
      const client = await at.client();
      for (let i = 0; i < 3; i++) expect(await client.subscribe(at.topic('a'))).toEqual([0]);
    },
  },
  {
    in311: ['MQTT-3.8.4-3'],
    in5: ['MQTT-3.8.4-3', 'MQTT-3.8.4-4'],
    says: 'the same filter again replaces the subscription: another QoS, one copy, retained messages once more',
    test: async (at) => {
      const [client, publisher] = [await at.client(), await at.client()];
      await publisher.publish(at.topic('a'), 'kept', { qos: 1, retain: true });
      for (const qos of [0, 1] as const) {
        await client.subscribe(at.topic('a'), { qos });
        await publisher.publish(at.topic('a'), 'passing', { qos: 1 });
        const got = await at.arrived(client, publisher);
        expect(got.map(({ payload, qos, retain }) => [String(payload), qos, retain])).toEqual([
          ['kept', qos, true],
          ['passing', qos, false],
        ]);
      }
    },
  },
  {
    in311: ['MQTT-3.8.4-4'],
    in5: ['MQTT-3.8.4-5'],
    says: 'a SUBSCRIBE with several filters does what one for each would, with one SUBACK',
    test: async (at) => {
      const [client, publisher] = [await at.client(), await at.client()];
      const all = ['a', 'b/+', 'a'].map((name, i) => ({ topic: at.topic(name), qos: i as 0 | 1 | 2 }));
      expect(await client.subscribe(all)).toEqual([0, 1, 2]);
      await publisher.publish(at.topic('a'), 'x', { qos: 2 });
      await publisher.publish(at.topic('b/c'), 'x', { qos: 2 });
      const got = await at.arrived(client, publisher);
      expect(got.map(({ topic, qos }) => [topic, qos])).toEqual([
        [at.topic('a'), 2],
        [at.topic('b/c'), 1],
      ]);
      expect(client.heard.filter(({ packet }) => packet.cmd === 'suback')).toHaveLength(2); // and that of the marker
    },
  },
  {
    in311: ['MQTT-3.8.4-5', 'MQTT-3.9.3-1'],
    in5: ['MQTT-3.8.4-6', 'MQTT-3.8.4-7', 'MQTT-3.9.3-1'],
    says: 'SUBACK has a code for each filter, in their order: the QoS granted or a failure',
    test: async (at) => {
      const client = await at.client();
      const asked = [2, 0, 1, 1, 0, 2] as const;
      const granted = await client.subscribe(asked.map((qos, i) => ({ topic: at.topic(`${i}`), qos })));
      expect(granted).toEqual(asked);
    },
  },
  {
    in311: ['MQTT-3.8.4-6'],
    in5: ['MQTT-3.8.4-8'],
    says: 'a message comes with the lower of its QoS and the one granted',
    test: async (at) => {
      const publisher = await at.client();
      for (const granted of [0, 1, 2] as const) {
        const client = await at.client();
        await client.subscribe(at.topic('a'), { qos: granted });
        for (const qos of [0, 1, 2] as const) await publisher.publish(at.topic('a'), `${qos}`, { qos });
        const got = await at.arrived(client, publisher);
        expect(got.map(({ payload, qos }) => [String(payload), qos])).toEqual(
          [0, 1, 2].map((qos) => [`${qos}`, Math.min(qos, granted)]),
        );
      }
    },
  },
  {
    in311: ['MQTT-3.9.3-2'],
    says: 'SUBACK has no other codes than 0, 1, 2 and 0x80, whatever is subscribed to',
    test: async (at) => {
      const client = await at.client();
      const filters = ['$SYS/#', `$share/g/${at.tag}`, `$other/${at.tag}`, at.topic('a')];
      const granted = await client.subscribe(filters.map((topic) => ({ topic, qos: 2 })));
      expect(granted).toHaveLength(filters.length);
      for (const code of granted) expect([0, 1, 2, 0x80]).toContain(code);
    },
  },
];

/** UNSUBSCRIBE and UNSUBACK. */
export const unsubscribe: readonly Statement[] = [
  {
    in311: ['MQTT-3.10.1-1'],
    in5: ['MQTT-3.10.1-1'],
    says: 'UNSUBSCRIBE with other flags than 0010 ends the connection',
    test: async (at) => {
      for (const first of [0xa0, 0xa3, 0xaa]) {
        const client = await at.client();
        client.send(frame(first, u16(1), properties(at.level), field(at.tag)));
        await client.closedFor(0x81, 0x82);
      }
    },
  },
  {
    in311: ['MQTT-3.10.3-1'],
    in5: ['MQTT-3.10.3-1'],
    says: 'a filter in UNSUBSCRIBE that is not UTF-8 ends the connection',
    test: async (at) => {
      for (const wrong of [[0xff], [0xed, 0xbf, 0xbf]]) {
        const client = await at.client();
        client.send(frame(0xa2, u16(1), properties(at.level), field(bytes(at.tag, wrong))));
        await client.closedFor(0x81, 0x82, 0x8f);
      }
    },
  },
  {
    in311: ['MQTT-3.10.3-2'],
    in5: ['MQTT-3.10.3-2'],
    says: 'UNSUBSCRIBE without a filter ends the connection',
    test: async (at) => {
      const client = await at.client();
      client.send(frame(0xa2, u16(1), properties(at.level)));
      await client.closedFor(0x81, 0x82);
    },
  },
  {
    in311: ['MQTT-3.10.4-1'],
    in5: ['MQTT-3.10.4-1'],
    says: 'a filter is taken away when it is the same to the byte, and no other is',
    test: async (at) => {
      const [client, publisher] = [await at.client(), await at.client()];
      await client.subscribe([at.topic('+/b'), at.topic('a/b')].map((topic) => ({ topic, qos: 0 })));
      for (const filter of [at.topic('a/+'), at.topic('A/b'), at.topic('#'), at.topic('a/b')]) {
        await client.unsubscribe(filter);
      }
      await publisher.publish(at.topic('a/b'));
      await publisher.publish(at.topic('c/b'));
      expect((await at.arrived(client, publisher)).map(({ topic }) => topic)).toEqual([
        at.topic('a/b'),
        at.topic('c/b'),
      ]);
      await client.unsubscribe(at.topic('+/b'));
      await publisher.publish(at.topic('a/b'));
      expect(await at.arrived(client, publisher)).toEqual([]);
    },
  },
  {
    in311: ['MQTT-3.10.4-2'],
    in5: ['MQTT-3.10.4-2'],
    says: 'after UNSUBACK no new message comes',
    test: async (at) => {
      const [client, publisher] = [await at.client(), await at.client()];
      await client.subscribe(at.topic('a'), { qos: 1 });
      await client.unsubscribe(at.topic('a'));
      for (const qos of [0, 1, 2] as const) await publisher.publish(at.topic('a'), 'x', { qos });
      expect(await at.arrived(client, publisher)).toEqual([]);
    },
  },
  {
    in311: ['MQTT-3.10.4-3'],
    in5: ['MQTT-3.10.4-3'],
    says: 'what has begun to be delivered is finished after UNSUBSCRIBE, also over a new connection',
    test: async (at) => {
      const clientId = at.id();
      const [client, publisher] = [await at.client(at.lasting(clientId)), await at.client()];
      client.acknowledges = false;
      await client.subscribe(at.topic('a'), { qos: 2 });
      await publisher.publish(at.topic('a'), 'one', { qos: 2 });
      await publisher.publish(at.topic('a'), 'two', { qos: 1 });
      const [one, two] = [await client.next('publish'), await client.next('publish')];
      await client.unsubscribe(at.topic('a'));
      client.send({ cmd: 'pubrec', messageId: one.messageId });
      expect((await client.next('pubrel')).messageId).toBe(one.messageId);
      client.cut();
      const again = await at.client(at.lasting(clientId));
      expect((await again.next('pubrel')).messageId).toBe(one.messageId);
      const repeated = await again.next('publish');
      expect([repeated.messageId, String(repeated.payload)]).toEqual([two.messageId, 'two']);
    },
  },
  {
    in311: ['MQTT-3.10.4-4', 'MQTT-3.10.4-5'],
    in5: ['MQTT-3.10.4-4', 'MQTT-3.10.4-5'],
    says: 'every UNSUBSCRIBE gets an UNSUBACK with its id, also where there is nothing to take away',
    test: async (at) => {
      const client = await at.client();
      for (const messageId of [300, 65535]) {
        client.send({ cmd: 'unsubscribe', messageId, unsubscriptions: [at.topic('never')] });
        expect((await client.next('unsuback')).messageId).toBe(messageId);
      }
    },
  },
  {
    in311: ['MQTT-3.10.4-6'],
    in5: ['MQTT-3.10.4-6'],
    says: 'an UNSUBSCRIBE with several filters does what one for each would, with one UNSUBACK',
    test: async (at) => {
      const [client, publisher] = [await at.client(), await at.client()];
      await client.subscribe(['a', 'b', 'c'].map((name) => ({ topic: at.topic(name), qos: 1 })));
      await client.unsubscribe(at.topic('a'), at.topic('never'), at.topic('c'));
      await client.ping();
      expect(client.heard.filter(({ packet }) => packet.cmd === 'unsuback')).toHaveLength(1);
      for (const name of ['a', 'b', 'c']) await publisher.publish(at.topic(name));
      expect((await at.arrived(client, publisher)).map(({ topic }) => topic)).toEqual([at.topic('b')]);
    },
  },
];
