import { expect } from 'vitest';
import type { RawClient } from '../../raw-client.js';
import type { Scene } from '../../scene.js';
import type { Statement } from '../../statement.js';

const payloads = (messages: readonly { payload: string | Buffer }[]): string[] =>
  messages.map(({ payload }) => String(payload));

/** A subscriber that is away: its id. */
async function away(at: Scene, qos: 1 | 2 = 1): Promise<string> {
  const clientId = at.id();
  const client = await at.client(at.lasting(clientId));
  await client.subscribe(at.topic('#'), { qos });
  await client.leave();
  return clientId;
}

/** A subscriber that leaves some messages unacknowledged and comes back, and still acknowledges nothing. */
async function comesBack(at: Scene, qos: 1 | 2, count: number): Promise<{ ids: number[]; again: RawClient }> {
  const clientId = at.id();
  const [first, publisher] = [await at.client(at.lasting(clientId)), await at.client()];
  first.acknowledges = false;
  await first.subscribe(at.topic('#'), { qos });
  const ids: number[] = [];
  for (let i = 0; i < count; i++) {
    await publisher.publish(at.topic('a'), `${i}`, { qos });
    ids.push((await first.next('publish')).messageId as number);
  }
  first.cut();
  const again = await at.open();
  again.acknowledges = false;
  await again.connect(clientId, at.lasting(clientId));
  return { ids, again };
}

/** A subscriber that comes back while its first connection still stands. */
async function takesOver(at: Scene): Promise<{ id: number; again: RawClient }> {
  const clientId = at.id();
  const [first, publisher] = [await at.client(at.lasting(clientId)), await at.client()];
  first.acknowledges = false;
  await first.subscribe(at.topic('taken'), { qos: 2 });
  await publisher.publish(at.topic('taken'), 'x', { qos: 2 });
  const id = (await first.next('publish')).messageId as number;
  return { id, again: await at.client(at.lasting(clientId)) };
}

/** State that outlives a connection. */
export const session: readonly Statement[] = [
  {
    in311: ['MQTT-3.1.2-4'],
    in5: ['MQTT-3.1.2-5'],
    says: 'a session goes on with its subscriptions and messages on the next connection, also where that is its last',
    test: async (at) => {
      const [clientId, publisher] = [await away(at), await at.client()];
      await publisher.publish(at.topic('a'), 'waited', { qos: 1 });
      const again = await at.client(at.lasting(clientId, 0)); // in MQTT 5 it ends with this connection
      await publisher.publish(at.topic('a'), 'new', { qos: 1 });
      expect(payloads([await again.next('publish'), await again.next('publish')])).toEqual(['waited', 'new']);
    },
  },
  {
    in5: ['MQTT-3.1.2-6'],
    says: 'where there is no session to go on with, there is a new one',
    test: async (at) => {
      const clientId = at.id();
      const client = await at.client(at.lasting(clientId));
      await client.subscribe(at.topic('a'));
      await client.publish(at.topic('a'));
      await client.next('publish');
      await client.leave();
      const again = await at.open();
      expect((await again.connect(clientId, at.lasting(clientId))).sessionPresent).toBe(true);
    },
  },
  {
    in311: ['MQTT-3.1.2-5'],
    in5: ['MQTT-4.5.0-1'],
    says: 'messages of QoS 1 and 2 are kept for subscribers that are away',
    test: async (at) => {
      const [clientId, publisher] = [await away(at, 2), await at.client()];
      for (const qos of [1, 2, 1] as const) await publisher.publish(at.topic('a'), `${qos}`, { qos });
      const again = await at.client(at.lasting(clientId));
      const got = [await again.next('publish'), await again.next('publish'), await again.next('publish')];
      expect(got.map(({ payload, qos }) => [String(payload), qos])).toEqual([
        ['1', 1],
        ['2', 2],
        ['1', 1],
      ]);
    },
  },
  {
    in311: ['MQTT-3.1.2-6', 'MQTT-3.1.4-3'],
    in5: ['MQTT-3.1.2-4', 'MQTT-3.1.4-4'],
    says: 'who asks for a new session gets one, and what the old one had is gone for ever',
    test: async (at) => {
      const [clientId, publisher] = [await away(at), await at.client()];
      await publisher.publish(at.topic('a'), 'x', { qos: 1 });
      const fresh = await at.client({ clientId });
      await publisher.publish(at.topic('a'), 'y', { qos: 1 });
      expect(await at.arrived(fresh, publisher)).toEqual([]);
      await fresh.leave();
      const again = await at.client(at.lasting(clientId));
      expect(await at.arrived(again, publisher)).toEqual([]);
    },
  },
  {
    in311: ['MQTT-3.1.2-7'],
    says: 'retained messages outlive the session that published them',
    test: async (at) => {
      const publisher = await at.client();
      await publisher.publish(at.topic('a'), 'x', { qos: 1, retain: true });
      await publisher.leave();
      const late = await at.client();
      await late.subscribe(at.topic('a'));
      expect((await late.next('publish')).retain).toBe(true);
    },
  },
  {
    in311: ['MQTT-4.1.0-1', 'MQTT-4.1.0-2'],
    in5: ['MQTT-4.1.0-1'],
    says: 'a session lasts while its connection does: ids of QoS 2 and subscriptions stay',
    test: async (at) => {
      const client = await at.client();
      await client.subscribe(at.topic('a'), { qos: 2 });
      const message = { topic: at.topic('a'), payload: 'x', qos: 2, messageId: 9, retain: false } as const;
      client.send({ cmd: 'publish', dup: false, ...message });
      await client.next('pubrec');
      await client.publish(at.topic('b'), 'x', { qos: 1 });
      client.send({ cmd: 'publish', dup: true, ...message }, { cmd: 'pubrel', messageId: 9 });
      await client.next('pubcomp');
      expect(payloads(await at.arrived(client, client))).toEqual(['x']);
    },
  },
  {
    in311: ['MQTT-4.4.0-1'],
    in5: ['MQTT-4.4.0-1', 'MQTT-4.3.2-3', 'MQTT-4.3.3-3'],
    says: 'what was not acknowledged is sent again on the next connection, with its id, also where that takes over',
    test: async (at) => {
      const { id, again: second } = await takesOver(at);
      expect((await second.next('publish')).messageId).toBe(id);
      for (const qos of [1, 2] as const) {
        const { ids, again } = await comesBack(at, qos, 2);
        const got = [await again.next('publish'), await again.next('publish')];
        expect(got.map(({ messageId, qos, payload }) => [messageId, qos, String(payload)])).toEqual(
          ids.map((id, i) => [id, qos, `${i}`]),
        );
      }
    },
  },
  {
    in311: ['MQTT-3.3.1-1'],
    in5: ['MQTT-3.3.1-1'],
    says: 'what is sent again has DUP',
    test: async (at) => {
      for (const qos of [1, 2] as const) {
        const { again } = await comesBack(at, qos, 1);
        expect((await again.next('publish')).dup).toBe(true);
      }
    },
  },
  {
    in311: ['MQTT-4.3.3-1'],
    in5: ['MQTT-4.3.3-5', 'MQTT-4.3.3-6'],
    says: 'a PUBREL without its PUBCOMP is sent again on the next connection; its PUBLISH is not',
    test: async (at) => {
      const clientId = at.id();
      const [first, publisher] = [await at.client(at.lasting(clientId)), await at.client()];
      first.acknowledges = false;
      await first.subscribe(at.topic('#'), { qos: 2 });
      await publisher.publish(at.topic('a'), 'x', { qos: 2 });
      const { messageId, qos, dup } = await first.next('publish');
      expect([qos, dup]).toEqual([2, false]);
      first.send({ cmd: 'pubrec', messageId });
      expect((await first.next('pubrel')).messageId).toBe(messageId);
      first.cut();
      const again = await at.open();
      await again.connect(clientId, at.lasting(clientId));
      expect((await again.next('pubrel')).messageId).toBe(messageId);
      expect(await at.arrived(again, publisher)).toEqual([]);
      expect(again.heard.filter(({ packet }) => packet.cmd === 'pubrel')).toHaveLength(1);
    },
  },
  {
    in311: ['MQTT-4.6.0-1'],
    says: 'messages are sent again in the order in which they were sent first',
    test: async (at) => {
      const { again } = await comesBack(at, 1, 5);
      const got: string[] = [];
      while (got.length < 5) got.push(String((await again.next('publish')).payload));
      expect(got).toEqual(['0', '1', '2', '3', '4']);
    },
  },
];
