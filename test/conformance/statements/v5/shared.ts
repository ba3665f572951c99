import { expect } from 'vitest';
import { subscribeBytes } from '../../bytes.js';
import type { Publish, RawClient } from '../../raw-client.js';
import type { Scene } from '../../scene.js';
import type { Statement } from '../../statement.js';

/** Filters of shared subscriptions that cannot be: refused in SUBACK, or the end. */
async function refused(at: Scene, filters: readonly string[]): Promise<void> {
  for (const filter of filters) {
    const client = await at.client();
    client.send(subscribeBytes(5, filter));
    const answer = await Promise.race([client.next('suback').catch(() => undefined), client.closed()]);
    if (answer) expect([filter, answer.granted]).toEqual([filter, [0x8f]]);
    // mosquitto 2.0 grants most of these.
    else await client.closedFor(0x81, 0x82, 0x8f);
  }
}

/** Two members of a group that acknowledge nothing, and who of them got the message of a publisher. */
async function group(
  at: Scene,
  qos: 1 | 2,
): Promise<{ chosen: RawClient; message: Publish; other: RawClient; publisher: RawClient }> {
  const publisher = await at.client();
  const members = [await at.client(at.lasting(at.id(), 0)), await at.client(at.lasting(at.id(), 0))];
  for (const member of members) {
    member.acknowledges = false;
    await member.subscribe(`$share/g/${at.topic('a')}`, { qos });
  }
  await publisher.publish(at.topic('a'), 'x', { qos });
  const [one, two] = members as [RawClient, RawClient];
  const both = [await at.arrived(one, publisher), await at.arrived(two, publisher)];
  expect(both.flat()).toHaveLength(1);
  const isFirst = both[0]?.length === 1;
  return { chosen: isFirst ? one : two, other: isFirst ? two : one, message: both.flat()[0] as Publish, publisher };
}

/** Shared subscriptions (4.8.2). */
export const shared: readonly Statement[] = [
  {
    in5: ['MQTT-4.8.2-1'],
    says: 'a shared subscription begins with $share/ and the name of its group; members get each message once',
    test: async (at) => {
      const publisher = await at.client();
      const members = [await at.client(), await at.client()];
      for (const member of members) expect(await member.subscribe(`$share/g/${at.topic('+')}`)).toEqual([0]);
      for (let i = 0; i < 6; i++) await publisher.publish(at.topic('a'), `${i}`);
      const got = [];
      for (const member of members) got.push(...(await at.arrived(member, publisher)));
      expect(got.map(({ payload }) => String(payload)).sort()).toEqual(['0', '1', '2', '3', '4', '5']);
      // Each group is a subscription of its own, and so is one that is not shared.
      for (const own of [{}, at.lasting(at.id())]) {
        const member = await at.client(own);
        const filters = [at.topic('b/c'), `$share/g/${at.topic('b/c')}`, `$share/h/${at.topic('b/c')}`];
        await member.subscribe(filters.map((topic) => ({ topic, qos: 1 })));
        await publisher.publish(at.topic('b/c'), 'x', { qos: 1 });
        expect(await at.arrived(member, publisher)).toHaveLength(3);
        await member.leave();
      }
      await refused(at, [`$share//${at.tag}`]);
    },
  },
  {
    in5: ['MQTT-4.8.2-2'],
    says: 'the name of a group has no wildcard and is followed by a filter',
    test: (at) => refused(at, [`$share/${at.tag}`, `$share/${at.tag}/`, `$share/g+/${at.tag}`, `$share/g#/${at.tag}`]),
  },
  {
    in5: ['MQTT-4.8.2-3'],
    says: 'each member gets messages with at most the QoS that it was granted',
    test: async (at) => {
      const publisher = await at.client();
      for (const qos of [0, 1, 2] as const) {
        const member = await at.client();
        await member.subscribe(`$share/g${qos}/${at.topic('a')}`, { qos });
        await publisher.publish(at.topic('a'), 'x', { qos: 2 });
        expect((await at.arrived(member, publisher)).map((message) => message.qos)).toEqual([qos]);
      }
    },
  },
  {
    in5: ['MQTT-4.8.2-4'],
    says: 'a message of QoS 2 that a member has not finished is finished with it when it comes back',
    test: async (at) => {
      const clientId = at.id();
      const [member, other, publisher] = [await at.client(at.lasting(clientId)), await at.client(), await at.client()];
      member.acknowledges = false;
      await member.subscribe(`$share/g/${at.topic('a')}`, { qos: 2 });
      await publisher.publish(at.topic('a'), 'x', { qos: 2 });
      const { messageId } = await member.next('publish');
      await other.subscribe(`$share/g/${at.topic('a')}`, { qos: 2 });
      member.cut();
      const again = await at.client(at.lasting(clientId));
      expect(await again.next('publish')).toMatchObject({ messageId, qos: 2 });
      expect(await at.arrived(other, publisher)).toEqual([]);
    },
  },
  {
    in5: ['MQTT-4.8.2-5'],
    says: 'a message of QoS 2 that was sent to a member whose session ends is given to no other',
    test: async (at) => {
      const { chosen, other, publisher } = await group(at, 2);
      chosen.cut();
      expect(await at.arrived(other, publisher)).toEqual([]);
    },
  },
  {
    in5: ['MQTT-4.8.2-6'],
    says: 'a message that a member refuses with a code of 0x80 or more is given to no other',
    test: async (at) => {
      for (const qos of [1, 2] as const) {
        const { chosen, message, other, publisher } = await group(at, qos);
        const { messageId } = message;
        chosen.send({ cmd: qos === 1 ? 'puback' : 'pubrec', messageId, reasonCode: 0x97 });
        await chosen.ping();
        expect(await at.arrived(other, publisher)).toEqual([]);
        expect(await at.arrived(chosen, publisher)).toEqual([]);
        for (const client of [chosen, other]) await client.leave();
      }
    },
  },
];
