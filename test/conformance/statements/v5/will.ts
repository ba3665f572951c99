import { expect } from 'vitest';
import { bytes, connectBytes, connectFlags, field, properties, userProperty } from '../../bytes.js';
import { pause } from '../../scene.js';
import type { Statement } from '../../statement.js';

const inOrder = ['b', 'a', 'b', 'c'].map((key, i) => userProperty(key, `${i}`));

/** Has a client published a will with user properties, and asserts in which order they come. */
const willWith =
  (own: readonly Buffer[], expected: readonly Buffer[]): Statement['test'] =>
  async (at) => {
    const watcher = await at.client();
    await watcher.subscribe(at.topic('will'));
    const client = await at.open();
    client.send(
      connectBytes(5, {
        flags: connectFlags.clean | connectFlags.will,
        fields: [field(at.id()), properties(5, ...own), field(at.topic('will')), field('gone')],
      }),
    );
    await client.next('connack');
    client.cut();
    expect((await watcher.take('publish')).bytes.includes(bytes(...expected))).toBe(true);
  };

/** Wills that wait, and what they bring with them. */
export const will5: readonly Statement[] = [
  {
    in5: ['MQTT-3.1.2-8'],
    says: 'a will is published after its Will Delay Interval, or when the session ends before, also after DISCONNECT 0x04',
    test: async (at) => {
      const watcher = await at.client();
      await watcher.subscribe(at.topic('+'));
      const own = (name: string, willDelayInterval: number, sessionExpiryInterval: number) => ({
        will: { topic: at.topic(name), payload: name, properties: { willDelayInterval } },
        properties: { sessionExpiryInterval },
      });
      const [delayed, ended, told] = [
        await at.client(own('delayed', 1, 60)),
        await at.client(own('ended', 60, 0)),
        await at.client(own('told', 0, 60)),
      ];
      const began = performance.now();
      delayed.cut();
      ended.cut();
      told.send({ cmd: 'disconnect', reasonCode: 4 });
      const after: Record<string, number> = {};
      for (let i = 0; i < 3; i++) {
        const { payload } = await watcher.next('publish');
        after[String(payload)] = performance.now() - began;
      }
      // Servers may look for what is due once a second. mosquitto 2.0 lets `ended` wait although its session is over.
      expect(Object.keys(after).sort()).toEqual(['delayed', 'ended', 'told']);
      expect(after.delayed).toBeGreaterThan(900);
    },
  },
  {
    in5: ['MQTT-3.1.3-9'],
    says: 'a will is not published when its client comes back within the Will Delay Interval',
    test: async (at) => {
      const [watcher, publisher] = [await at.client(), await at.client()];
      await watcher.subscribe(at.topic('will'));
      const clientId = at.id();
      const client = await at.client({
        ...at.lasting(clientId),
        will: { topic: at.topic('will'), payload: 'gone', properties: { willDelayInterval: 1 } },
      });
      client.cut();
      await pause(50);
      await at.client(at.lasting(clientId));
      await pause(2500); // servers may look once a second
      expect(await at.arrived(watcher, publisher)).toEqual([]);
    },
  },
  {
    in5: ['MQTT-3.1.3-10'],
    says: 'the user properties of a will keep their order',
    test: willWith(inOrder, inOrder),
  },
];
