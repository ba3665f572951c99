import { beforeEach, describe, expect, it } from 'vitest';
import type { Message, Terms } from '../../../../src/broker/sessions/message.js';
import type { KeptSubscription, Session } from '../../../../src/broker/sessions/session.js';
import { SessionStore } from '../../../../src/broker/sessions/store.js';
import { hidden } from '../../../../src/broker/shared-filters.js';

const limits = { queuedMessages: 5, queuedBytes: 1_000_000 };
const terms: Terms = { qos: 1, retain: false, identifiers: [] };
let counter = 0;
const message = (topic = 't', more: Partial<Message> = {}): Message => ({
  ...{ topic, payload: Buffer.from('x'), qos: 1, retain: false, brokerCounter: ++counter },
  ...more,
});

describe('sessions of the broker', () => {
  let store: SessionStore;
  beforeEach(() => {
    store = new SessionStore(limits);
  });

  const client = (id = 'kept', clean = false) => ({ id, clean });
  type Client = ReturnType<typeof client>;
  const subscribe = (to: Client, topic = 't', more: Partial<KeptSubscription> = {}) =>
    store.addSubscriptions(to, [{ topic, qos: 1, ...more }]);
  /** As aedes tells that it begins to hand on a message. */
  const publish = async (...messages: Message[]): Promise<void> => {
    for (const one of messages) await store.outgoingEnqueueCombi([], one);
  };
  const queued = (session: Session): string[] => [...session.queue.values()].map(({ message: { topic } }) => topic);
  /** Gives each its packet id, as sending it does. */
  const send = (session: Session): number[] =>
    [...session.queue.values()].map((kept) => {
      session.name(kept);
      return kept.id;
    });

  describe('packet ids', () => {
    it('differ, and stay with their messages over connections', async () => {
      const first = client();
      const { session } = store.begin('kept', first, false);
      await subscribe(first);
      await publish(message(), message(), message());
      expect(send(session)).toEqual([1, 2, 3]);
      store.leave(session, first);
      const second = client();
      const again = store.begin('kept', second, false);
      expect(again).toEqual({ session, isPresent: true });
      await store.outgoingClearMessageId(second, { messageId: 2 });
      await publish(message());
      expect(send(session)).toEqual([1, 3, 4]);
    });

    it('an acknowledgement of one that was never sent, or of none, clears no other message', async () => {
      const one = client();
      const { session } = store.begin('kept', one, false);
      await subscribe(one);
      await publish(message(), message());
      for (const messageId of [1, 0, undefined]) await store.outgoingClearMessageId(one, { messageId });
      expect(queued(session)).toHaveLength(2);
      expect(store.messages).toBe(2);
    });

    it('an acknowledgement clears its own message, once, wherever the replay is', async () => {
      const one = client();
      const { session } = store.begin('kept', one, false);
      await subscribe(one, 'a');
      await subscribe(one, 'b');
      await publish(message('a'), message('b'));
      send(session);
      const replay = session.queue.values();
      expect(replay.next().value?.message.topic).toBe('a');
      for (let i = 0; i < 2; i++) await store.outgoingClearMessageId(one, { messageId: 1 });
      expect(replay.next().value?.message.topic).toBe('b');
      expect(store.messages).toBe(1);
    });

    it('go round, past those that are taken', async () => {
      const one = client();
      const { session } = store.begin('kept', one, false);
      await subscribe(one);
      await publish(message(), message());
      expect(send(session)).toEqual([1, 2]);
      await store.outgoingClearMessageId(one, { messageId: 2 });
      for (let i = 3; i <= 65_535; i++) {
        await publish(message());
        send(session);
        await store.outgoingClearMessageId(one, { messageId: i });
      }
      await publish(message());
      expect(send(session)).toEqual([1, 2]); // the second once more: it was acknowledged
    });
  });

  describe('begin and end', () => {
    it('one that ends with its connection is not there again, and takes its messages along', async () => {
      const one = client('clean', true);
      const { session, isPresent } = store.begin('clean', one, true);
      expect(isPresent).toBe(false);
      await subscribe(one);
      await publish(message());
      expect(store.messages).toBe(1);
      store.leave(session, one);
      expect(store.has('clean')).toBe(false);
      expect(store.messages).toBe(0);
      await publish(message());
      expect(store.messages).toBe(0);
    });

    it('a clean start ends the one that was there, with its subscriptions', async () => {
      const first = client();
      const before = store.begin('kept', first, false).session;
      await subscribe(first);
      await publish(message());
      const { session, isPresent } = store.begin('kept', client(), true);
      expect(isPresent).toBe(false);
      expect(session).not.toBe(before);
      await publish(message());
      expect(session.queue.size).toBe(0);
      expect(store.messages).toBe(0);
    });

    it('one that ends with its connection ends when another takes it over, whatever that asks for', () => {
      store.begin('a', client('a', true), true);
      expect(store.begin('a', client('a'), false).isPresent).toBe(false);
    });

    it('a connection that was taken over ends nothing, and changes nothing', async () => {
      const [first, second] = [client(), client()];
      const before = store.begin('kept', first, false).session;
      await subscribe(first);
      await publish(message());
      send(before);
      const { session } = store.begin('kept', second, true);
      await subscribe(second, 'new');
      await publish(message('new'));
      expect(send(session)).toEqual([1]);
      // What the first had sent before it was ended comes now.
      await store.outgoingClearMessageId(first, { messageId: 1 });
      await store.outgoingUpdate(first, { cmd: 'pubrel', messageId: 1 });
      await subscribe(first, 'late');
      await store.removeSubscriptions(first, ['new']);
      await store.incomingGetPacket(first, { cmd: 'publish', messageId: 7 }).catch(() => {});
      store.leave(before, first);
      await store.cleanSubscriptions(first);
      await publish(message('late'), message('new'));
      expect(queued(session)).toEqual(['new', 'new']);
      expect(session.queue.values().next().value?.isReleased).toBe(false);
      expect(session.received.size).toBe(0);
      expect(store.messages).toBe(2);
    });

    it('one that has expired ends, but not under a client that is there', async () => {
      const one = client();
      const { session } = store.begin('kept', one, false);
      await subscribe(one);
      await store.cleanSubscriptions(one);
      expect(store.has('kept')).toBe(true);
      store.leave(session, one);
      await publish(message());
      await store.cleanSubscriptions(one);
      expect(store.has('kept')).toBe(false);
      expect(store.messages).toBe(0);
    });

    it('one that began with a connection that never got so far leaves nothing', () => {
      const one = client();
      const { session } = store.begin('kept', one, false);
      store.leave(session, one, false);
      expect(store.has('kept')).toBe(false);
    });

    it('counts nothing twice when it ends with messages under way', async () => {
      const one = client();
      const { session } = store.begin('kept', one, false);
      await subscribe(one);
      await publish(message(), message());
      const [kept] = [...session.queue.values()];
      store.begin('kept', client(), true);
      if (kept) store.done(session, kept);
      expect(store.messages).toBe(0);
    });
  });

  describe('what is kept', () => {
    it.each([
      ['the lower QoS of message and subscription', { qos: 2 }, { qos: 1 }, { qos: 1 }],
      ['the same the other way round', { qos: 1 }, { qos: 2 }, { qos: 1 }],
      ['RETAIN as published', { retain: true }, { rap: true }, { retain: true }],
      ['no RETAIN', { retain: true }, {}, { retain: false }],
      ['the identifier', {}, { subscriptionIdentifier: 7 }, { identifiers: [7] }],
    ] as const)('has %s', async (_, of, subscription, expected) => {
      const one = client();
      const { session } = store.begin('kept', one, false);
      await subscribe(one, 't', subscription);
      await publish(message('t', of));
      expect([...session.queue.values()][0]?.terms).toMatchObject(expected);
    });

    it('has the highest QoS and all identifiers where several subscriptions match', async () => {
      const one = client();
      const { session } = store.begin('kept', one, false);
      await subscribe(one, 'a/+', { qos: 1, subscriptionIdentifier: 1 });
      await subscribe(one, 'a/#', { qos: 2, subscriptionIdentifier: 2 });
      await subscribe(one, '#', { qos: 1, nl: true });
      await publish(message('a/b', { qos: 2, clientId: 'kept' }));
      expect([...session.queue.values()].map((kept) => kept.terms)).toEqual([
        { qos: 2, retain: false, identifiers: expect.arrayContaining([1, 2]) },
      ]);
    });

    it.each([
      ['QoS 0 messages', { qos: 0 }, {}],
      ['messages of subscriptions with QoS 0', {}, { qos: 0 }],
      ['what the client itself published under No Local', { clientId: 'kept' }, { nl: true }],
    ] as const)('is not: %s', async (_, of, subscription) => {
      const one = client();
      const { session } = store.begin('kept', one, false);
      await subscribe(one, 't', subscription);
      await publish(message('t', of));
      expect(session.queue.size).toBe(0);
    });

    it('follows the last SUBSCRIBE of a filter, and UNSUBSCRIBE', async () => {
      const one = client();
      const { session } = store.begin('kept', one, false);
      await subscribe(one, 't', { qos: 1, subscriptionIdentifier: 1 });
      await subscribe(one, 't', { qos: 1, subscriptionIdentifier: 2 });
      await publish(message());
      expect([...session.queue.values()].map((kept) => kept.terms.identifiers)).toEqual([[2]]);
      expect(await store.subscriptionsByClient({ id: 'kept' })).toMatchObject([
        { topic: 't', subscriptionIdentifier: 2 },
      ]);
      await store.removeSubscriptions(one, ['t', 'never']);
      await publish(message());
      expect(session.queue.size).toBe(1);
    });

    it('is nothing of shared subscriptions', async () => {
      const one = client();
      const { session } = store.begin('kept', one, false);
      await subscribe(one, hidden('$share/g/t'));
      await publish(message());
      expect(session.queue.size).toBe(0);
    });
  });

  describe('bounds', () => {
    it('drops for a session that is away what is too much, and counts it once', async () => {
      const one = client();
      const { session } = store.begin('kept', one, false);
      await subscribe(one);
      store.leave(session, one);
      for (let i = 0; i < 8; i++) await publish(message());
      expect(session.queue.size).toBe(5);
      expect([store.messages, store.dropped, store.droppedForSlow]).toEqual([5, 3, 0]);
    });

    it('drops for a client that is behind, but for none that keeps up', async () => {
      const [slow, quick] = [client('slow'), client('quick')];
      const { session: behind } = store.begin('slow', slow, false);
      behind.isBehind = true;
      const { session } = store.begin('quick', quick, false);
      for (const one of [slow, quick]) await subscribe(one);
      for (let i = 0; i < 8; i++) await publish(message());
      expect([behind.queue.size, session.queue.size]).toEqual([5, 8]);
      expect([store.dropped, store.droppedForSlow]).toEqual([0, 3]);
    });

    it('holds the bytes of all sessions together', async () => {
      store = new SessionStore({ queuedMessages: 100, queuedBytes: 3000 });
      for (const id of ['a', 'b']) {
        const one = client(id);
        const { session } = store.begin(id, one, false);
        await subscribe(one);
        store.leave(session, one);
      }
      await publish(message('t', { payload: Buffer.alloc(1000) }), message('t', { payload: Buffer.alloc(1000) }));
      expect([store.messages, store.dropped]).toEqual([2, 2]);
      store.begin('a', client('a'), true);
      await publish(message('t', { payload: Buffer.alloc(1000) }));
      expect([store.messages, store.dropped]).toEqual([2, 2]);
    });

    it('keeps a few bytes of a large read only as themselves', async () => {
      const one = client();
      const { session } = store.begin('kept', one, false);
      await subscribe(one);
      store.leave(session, one);
      const read = Buffer.allocUnsafeSlow(65_536).fill('r');
      await publish(
        message('t', { payload: read.subarray(5, 8), properties: { correlationData: read.subarray(9, 10) } }),
      );
      const [kept] = [...session.queue.values()];
      const payload = kept?.message.payload as Buffer;
      expect(payload.toString()).toBe('rrr');
      expect(payload.buffer.byteLength).toBeLessThan(20_000);
      expect(kept?.message.properties?.correlationData?.buffer.byteLength).toBeLessThan(20_000);
    });
  });

  it('knows which QoS 2 messages have come, also on the next connection, until they are released', async () => {
    const [first, second] = [client(), client()];
    const { session } = store.begin('kept', first, false);
    const packet = { cmd: 'publish', messageId: 9 };
    await expect(store.incomingGetPacket(first, packet)).rejects.toThrow('no such packet');
    await expect(store.incomingGetPacket(first, packet)).resolves.toBe(packet);
    store.leave(session, first);
    store.begin('kept', second, false);
    await expect(store.incomingGetPacket(second, packet)).resolves.toBe(packet);
    await store.incomingDelPacket(second, { messageId: 9 });
    await expect(store.incomingGetPacket(second, { cmd: 'pubrel', messageId: 9 })).rejects.toThrow('no such packet');
    expect(session.received.size).toBe(0);
  });

  it('keeps a further copy of a message beside the one of the client’s own subscriptions', () => {
    const { session } = store.begin('kept', client(), false);
    const one = message();
    const [own, shared] = [store.keep(session, one, terms), store.keep(session, one, terms, session.furtherKey())];
    expect(session.queue.size).toBe(2);
    if (shared) store.done(session, shared);
    expect([...session.queue.values()]).toEqual([own]);
    if (own) store.done(session, own);
    expect(store.messages).toBe(0);
  });
});
