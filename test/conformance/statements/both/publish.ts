import { expect } from 'vitest';
import { bytes, frame, publishBytes, u16 } from '../../bytes.js';
import type { Publish } from '../../raw-client.js';
import type { Statement } from '../../statement.js';

/** PUBLISH: its flags, its topic, its answers. */
export const publish: readonly Statement[] = [
  {
    in311: ['MQTT-3.3.1-2', 'MQTT-4.3.1-1'],
    in5: ['MQTT-3.3.1-2', 'MQTT-4.3.1-1'],
    says: 'messages of QoS 0 are sent without DUP',
    test: async (at) => {
      const [subscriber, publisher] = [await at.client(), await at.client()];
      await subscriber.subscribe(at.topic('a'), { qos: 0 });
      for (const qos of [0, 1, 2] as const) await publisher.publish(at.topic('a'), 'x', { qos, dup: qos > 0 });
      const got = await at.arrived(subscriber, publisher);
      expect(got.map(({ qos, dup }) => [qos, dup])).toEqual([
        [0, false],
        [0, false],
        [0, false],
      ]);
    },
  },
  {
    in311: ['MQTT-3.3.1-3'],
    in5: ['MQTT-3.3.1-3'],
    says: 'DUP of what comes in is not passed on',
    test: async (at) => {
      const [subscriber, publisher] = [await at.client(), await at.client()];
      await subscriber.subscribe(at.topic('a'), { qos: 2 });
      await publisher.publish(at.topic('a'), 'x', { qos: 1, dup: true });
      await publisher.publish(at.topic('a'), 'x', { qos: 2, dup: true });
      const got = await at.arrived(subscriber, publisher);
      expect(got.map(({ qos, dup }) => [qos, dup])).toEqual([
        [1, false],
        [2, false],
      ]);
    },
  },
  {
    in311: ['MQTT-3.3.1-4'],
    in5: ['MQTT-3.3.1-4'],
    says: 'QoS 3 ends the connection',
    test: async (at) => {
      const client = await at.client();
      client.send(publishBytes(at.level, at.topic('a'), { first: 0x36, id: 1 }));
      await client.closedFor(0x81, 0x82);
    },
  },
  {
    in311: ['MQTT-3.3.2-1'],
    in5: ['MQTT-3.3.2-1'],
    says: 'the topic is the first field and UTF-8; without one the connection ends',
    test: async (at) => {
      const [subscriber, publisher] = [await at.client(), await at.client()];
      await subscriber.subscribe(at.topic('ä€😀'));
      await publisher.publish(at.topic('ä€😀'));
      const { packet, bytes: sent } = await subscriber.take('publish');
      expect((packet as Publish).topic).toBe(at.topic('ä€😀'));
      expect(sent.subarray(4).toString()).toMatch(new RegExp(`^${at.topic('ä€😀')}`));
      for (const wrong of [frame(0x30, []), frame(0x30, u16(5), 'a'), publishBytes(at.level, [0xc0, 0x80])]) {
        const client = await at.client();
        client.send(wrong);
        await client.closedFor(0x81, 0x82, 0x90);
      }
    },
  },
  {
    in311: ['MQTT-3.3.2-2', 'MQTT-4.7.1-1'],
    in5: ['MQTT-3.3.2-2', 'MQTT-4.7.0-1'],
    says: 'a wildcard in the topic of a PUBLISH ends the connection',
    test: async (at) => {
      for (const topic of ['a/#', 'a/+/b', 'a+', '#']) {
        const client = await at.client();
        client.send(publishBytes(at.level, bytes(at.tag, topic)));
        await client.closedFor(0x81, 0x82, 0x90);
      }
    },
  },
  {
    in311: ['MQTT-3.3.2-3'],
    in5: ['MQTT-3.3.2-3'],
    says: 'a subscriber gets what its filter matches, under the topic that it was published to',
    test: async (at) => {
      const [subscriber, publisher] = [await at.client(), await at.client()];
      await subscriber.subscribe(at.topic('+/b'));
      for (const topic of ['a/b', 'a', 'a/b/c', 'c/b']) await publisher.publish(at.topic(topic));
      const got = await at.arrived(subscriber, publisher);
      expect(got.map(({ topic }) => topic)).toEqual([at.topic('a/b'), at.topic('c/b')]);
    },
  },
  {
    in311: ['MQTT-3.3.4-1'],
    in5: ['MQTT-3.3.4-1'],
    says: 'QoS 0 is not answered, QoS 1 with PUBACK, QoS 2 with PUBREC',
    test: async (at) => {
      const client = await at.client();
      const message = { cmd: 'publish', topic: at.topic('a'), payload: 'x', dup: false, retain: false } as const;
      client.send({ ...message, qos: 0 });
      client.send({ ...message, qos: 1, messageId: 5 });
      client.send({ ...message, qos: 2, messageId: 6 });
      await client.next('pubrec');
      await client.ping();
      const answers = client.heard.slice(1).map(({ packet: { cmd, messageId } }) => [cmd, messageId]);
      expect(answers).toEqual(
        expect.arrayContaining([
          ['puback', 5],
          ['pubrec', 6],
        ]),
      );
      expect(answers).toHaveLength(3);
    },
  },
  {
    in311: ['MQTT-3.3.5-1'],
    in5: ['MQTT-3.3.4-2'],
    says: 'where several subscriptions of a client match, the message comes with the highest of their QoS',
    test: async (at) => {
      const [subscriber, publisher] = [await at.client(), await at.client()];
      const filters = [['a/b', 0] as const, ['a/+', 2] as const, ['#', 1] as const];
      await subscriber.subscribe(filters.map(([filter, qos]) => ({ topic: at.topic(filter), qos })));
      await publisher.publish(at.topic('a/b'), 'x', { qos: 2 });
      const got = (await at.arrived(subscriber, publisher)).map(({ qos }) => qos);
      // A copy for each subscription is as good as one for all.
      expect([[2], [0, 1, 2]]).toContainEqual(got.sort());
    },
  },
  {
    in311: ['MQTT-3.3.5-2'],
    says: 'a PUBLISH that the server does not allow is acknowledged all the same, or ends the connection',
    test: async (at) => {
      const client = await at.client();
      client.send({
        cmd: 'publish',
        topic: `$SYS/${at.tag}`,
        payload: 'x',
        qos: 1,
        messageId: 3,
        dup: false,
        retain: false,
      });
      const outcome = await Promise.race([
        client.next('puback').then(
          ({ messageId }) => messageId,
          () => 'closed',
        ),
        client.closed().then(() => 'closed'),
      ]);
      expect([3, 'closed']).toContain(outcome);
    },
  },
  {
    in311: ['MQTT-3.6.1-1'],
    in5: ['MQTT-3.6.1-1'],
    says: 'PUBREL with other flags than 0010 ends the connection',
    test: async (at) => {
      for (const first of [0x60, 0x63, 0x6a]) {
        const client = await at.client();
        client.send(publishBytes(at.level, at.topic('a'), { first: 0x34, id: 1 }));
        await client.next('pubrec');
        client.send(frame(first, u16(1)));
        await client.closedFor(0x81, 0x82);
      }
    },
  },
];
