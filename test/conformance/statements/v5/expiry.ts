import { expect } from 'vitest';
import type { RawClient } from '../../raw-client.js';
import { pause, type Scene } from '../../scene.js';
import type { Statement } from '../../statement.js';

/** Longer than the second in which these intervals count. */
const overASecond = 1300;

/** Messages and sessions that end with time. */
export const expiry: readonly Statement[] = [
  {
    in5: ['MQTT-3.3.2-5'],
    says: 'a message that waits for longer than its Message Expiry Interval is not delivered, nor a retained one; others are',
    test: async (at) => {
      const clientId = at.id();
      const [away, publisher] = [await at.client(at.lasting(clientId)), await at.client()];
      await away.subscribe(at.topic('a'), { qos: 1 });
      await away.leave();
      const send = (payload: string, messageExpiryInterval?: number): Promise<number> =>
        publisher.publish(at.topic('a'), payload, { qos: 1, properties: { messageExpiryInterval } });
      await send('short', 1);
      await send('long', 60);
      await send('for ever');
      await publisher.publish(at.topic('b'), 'kept', {
        qos: 1,
        retain: true,
        properties: { messageExpiryInterval: 1 },
      });
      const busy: RawClient[] = [];
      for (const own of [{}, at.lasting(at.id())]) {
        const client = await at.client({ ...own, properties: { ...own.properties, receiveMaximum: 1 } });
        client.acknowledges = false;
        await client.subscribe(at.topic('c'), { qos: 1 });
        busy.push(client);
      }
      const inTurn = [undefined, 1, undefined].map((messageExpiryInterval) => ({ messageExpiryInterval }));
      for (const [i, properties] of inTurn.entries()) {
        await publisher.publish(at.topic('c'), ['first', 'expired', 'second'][i], { qos: 1, properties });
      }
      await pause(overASecond + 700); // servers count in whole seconds
      const again = await at.client(at.lasting(clientId));
      await again.subscribe(at.topic('b'));
      const got = await at.arrived(again, publisher);
      expect(got.map(({ payload }) => String(payload))).toEqual(['long', 'for ever']);
      for (const client of busy) {
        client.send({ cmd: 'puback', messageId: (await client.next('publish')).messageId });
        // Not stopped by the one that has expired; mosquitto 2.0 lets it wait for ever.
        expect(String((await client.next('publish')).payload)).toBe('second');
      }
    },
  },
  {
    in5: ['MQTT-3.3.2-6'],
    says: 'a message that waited comes with what is left of its Message Expiry Interval',
    test: async (at) => {
      const clientId = at.id();
      const [away, publisher] = [await at.client(at.lasting(clientId)), await at.client()];
      await away.subscribe(at.topic('a'), { qos: 1 });
      await away.leave();
      const properties = { messageExpiryInterval: 60 };
      const began = performance.now();
      await publisher.publish(at.topic('a'), 'x', { qos: 1, properties });
      await publisher.publish(at.topic('b'), 'x', { qos: 1, retain: true, properties });
      await pause(overASecond);
      const again = await at.client(at.lasting(clientId));
      await again.subscribe(at.topic('b'));
      const left = [await again.next('publish'), await again.next('publish')].map(
        (message) => message.properties?.messageExpiryInterval,
      );
      const waited = Math.ceil((performance.now() - began) / 1000);
      for (const seconds of left) {
        expect(seconds).toBeLessThan(60);
        expect(seconds).toBeGreaterThanOrEqual(60 - waited);
      }
    },
  },
  {
    in5: ['MQTT-3.1.2-23'],
    says: 'a session with a Session Expiry Interval above 0 is kept, also one that began with Clean Start 1',
    test: async (at) => {
      const clientId = at.id();
      const first = await at.client({ ...at.lasting(clientId), clean: true });
      await first.subscribe(at.topic('a'), { qos: 1 });
      await first.leave();
      const publisher = await at.client();
      await publisher.publish(at.topic('a'), 'x', { qos: 1 });
      const again = await at.open();
      expect((await again.connect(clientId, at.lasting(clientId))).sessionPresent).toBe(true);
      expect((await again.next('publish')).topic).toBe(at.topic('a'));
    },
  },
  {
    in5: ['MQTT-4.3.3-7'],
    says: 'a message of QoS 2 that was sent does not expire: it is sent again on the next connection',
    test: async (at) => {
      const clientId = at.id();
      const [first, publisher] = [await at.client(at.lasting(clientId)), await at.client()];
      first.acknowledges = false;
      await first.subscribe(at.topic('a'), { qos: 2 });
      await publisher.publish(at.topic('a'), 'x', { qos: 2, properties: { messageExpiryInterval: 1 } });
      const { messageId } = await first.next('publish');
      first.cut();
      await pause(overASecond + 700);
      const again = await at.client(at.lasting(clientId)); // mosquitto 2.0 has dropped it
      expect(await again.next('publish')).toMatchObject({ messageId, qos: 2 });
    },
  },
  {
    in5: ['MQTT-4.3.3-13'],
    says: 'the exchange of QoS 2 goes on after the message has expired, on both sides',
    test: async (at) => {
      const [subscriber, publisher] = [await at.client(), await at.client()];
      subscriber.acknowledges = false;
      await subscriber.subscribe(at.topic('a'), { qos: 2 });
      const message = at.message('a', 2);
      publisher.send({ ...message, messageId: 4, properties: { messageExpiryInterval: 1 } });
      await publisher.next('pubrec');
      publisher.send({ ...message, messageId: 5, properties: { messageExpiryInterval: 1 } });
      await publisher.next('pubrec');
      publisher.send({ cmd: 'pubrel', messageId: 5 });
      await publisher.next('pubcomp');
      const { messageId } = await subscriber.next('publish');
      await pause(overASecond);
      publisher.send({ cmd: 'pubrel', messageId: 4 });
      expect(await publisher.next('pubcomp')).toMatchObject({ messageId: 4 });
      subscriber.send({ cmd: 'pubrec', messageId });
      expect(await subscriber.next('pubrel')).toMatchObject({ messageId });
    },
  },
  {
    in5: ['MQTT-4.1.0-2'],
    says: 'a session is discarded when its Session Expiry Interval has passed: at once, after a second, as DISCONNECT says',
    test: async (at) => {
      const ids = {
        none: at.id(),
        second: at.id(),
        shortened: at.id(),
        minute: at.id(),
        late: at.id(),
        ended: at.id(),
      };
      const visit = async (own: Parameters<Scene['client']>[0], more?: Parameters<RawClient['leave']>[0]) => {
        const client = await at.client(own);
        await client.subscribe(at.topic('a'));
        await client.leave(more);
      };
      await visit({ clientId: ids.none, clean: false });
      await visit(at.lasting(ids.second, 1));
      await visit(at.lasting(ids.shortened), { reasonCode: 0, properties: { sessionExpiryInterval: 1 } });
      await visit(at.lasting(ids.minute));
      // 0 until now is 0 for ever (3.14.2.2.2).
      await visit({ clientId: ids.late }, { reasonCode: 0, properties: { sessionExpiryInterval: 60 } });
      await visit(at.lasting(ids.ended), { reasonCode: 0, properties: { sessionExpiryInterval: 0 } });
      const present = async (clientId: string): Promise<boolean> => {
        const client = await at.open();
        return (await client.connect(clientId, at.lasting(clientId, 0))).sessionPresent;
      };
      expect(await Promise.all([ids.none, ids.late, ids.ended].map(present))).toEqual([false, false, false]);
      await pause(overASecond + 1000);
      expect(await Promise.all([ids.second, ids.shortened, ids.minute].map(present))).toEqual([false, false, true]);
    },
  },
];
