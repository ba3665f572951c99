import { describe, expect, it, vi } from 'vitest';
import type { Subscriber, SubscriberOwner } from '../../../../src/broker/delivery/subscriber.js';
import type { Message } from '../../../../src/broker/sessions/message.js';
import { connected, message, ownerOf, Receiver } from './stand-in.js';

const terms = { qos: 1, retain: false, identifiers: [] } as const;
const deliver = (to: Subscriber, ...messages: Message[]): void => {
  for (const one of messages) to.deliver(one, terms, () => {});
};
/** The client acknowledges: the intake sees it first, then aedes acts upon it. */
const acknowledge = async (owner: SubscriberOwner, to: Subscriber, ...ids: number[]): Promise<void> => {
  for (const messageId of ids) {
    to.acknowledged(messageId);
    await owner.store.outgoingClearMessageId(to.client, { messageId });
  }
};

describe.each([
  ['a session that ends with its connection', true],
  ['a session that is kept', false],
] as const)('%s', (_, clean) => {
  it.each([1, 2, 10])('has no more than its receive maximum of %i under way, and gets all in order', async (most) => {
    const owner = ownerOf();
    const client = new Receiver('c', 5, clean, most);
    const subscriber = connected(owner, client);
    subscriber.ready();
    const names = Array.from({ length: 25 }, (_, i) => `${i}`);
    deliver(subscriber, ...names.map((name) => message(name)));
    for (let i = 0; i < names.length; i++) {
      expect(client.got).toEqual(names.slice(0, i + most));
      await acknowledge(owner, subscriber, client.ids[i] as number);
    }
    expect(subscriber.isFree).toBe(true);
    expect(owner.store.messages).toBe(0);
  });

  it('an acknowledgement of what was not sent, or the same once more, makes no room', async () => {
    const owner = ownerOf();
    const client = new Receiver('c', 5, clean, 2);
    const subscriber = connected(owner, client);
    subscriber.ready();
    deliver(subscriber, message('a'), message('b'), message('c'), message('d'));
    await acknowledge(owner, subscriber, 9, 0, 3);
    expect(client.got).toEqual(['a', 'b']);
    await acknowledge(owner, subscriber, 1, 1, 1);
    expect(client.got).toEqual(['a', 'b', 'c']);
  });

  it('what has expired, or is too large, makes room for what waits behind it', async () => {
    const owner = ownerOf();
    const client = new Receiver('c', 5, clean, 1, 100);
    const subscriber = connected(owner, client);
    subscriber.ready();
    vi.useFakeTimers();
    try {
      deliver(
        subscriber,
        message('a'),
        message('late', { messageExpiry: Date.now() + 1000 }),
        message('x'.repeat(200)),
        message('b'),
      );
      vi.advanceTimersByTime(1000);
      await acknowledge(owner, subscriber, 1);
    } finally {
      vi.useRealTimers();
    }
    expect(client.got).toEqual(['a', 'b']);
    expect(owner.counters).toEqual({ publishesDelivered: 2, tooLargeForClient: 1 });
    await acknowledge(owner, subscriber, client.ids[1] as number);
    expect(owner.store.messages).toBe(0);
  });

  it('gets nothing before CONNACK is out', () => {
    const owner = ownerOf();
    const client = new Receiver('c', 4, clean);
    const subscriber = connected(owner, client);
    subscriber.deliver(message('a', { qos: 0 }), { ...terms, qos: 0 }, () => {});
    expect(client.got).toEqual([]);
    subscriber.ready();
    expect(client.got).toEqual([]);
  });

  it('is written nothing once its connection ends', () => {
    const client = new Receiver('c', 4, clean);
    const subscriber = connected(ownerOf(), client);
    subscriber.ready();
    client.conn.end();
    expect(subscriber.isGone).toBe(true);
    deliver(subscriber, message('a'));
    expect(client.got).toEqual([]);
  });

  it('tells when its socket has taken a message, not before', async () => {
    const client = new Receiver('c', 4, clean);
    const subscriber = connected(ownerOf(), client);
    subscriber.ready();
    const done = vi.fn();
    client.isFull = true;
    subscriber.deliver(message('a'), terms, done);
    await new Promise(setImmediate);
    expect(done).not.toHaveBeenCalled();
    client.drain();
    expect(done).toHaveBeenCalledOnce();
    subscriber.deliver(message('b'), terms, done);
    expect(done).toHaveBeenCalledOnce(); // not in the middle of what the caller does
    await new Promise(setImmediate);
    expect(done).toHaveBeenCalledTimes(2);
  });

  it('never has two messages under one packet id', async () => {
    const owner = ownerOf();
    const client = new Receiver('c', 4, clean);
    const subscriber = connected(owner, client);
    subscriber.ready();
    deliver(subscriber, message('stays'));
    for (let i = 2; i <= 65_535; i++) {
      deliver(subscriber, message(''));
      await acknowledge(owner, subscriber, client.ids.at(-1) as number);
      client.packets.length = 0;
    }
    deliver(subscriber, message('next'));
    expect(client.ids).toEqual([2]);
  });
});

describe('a session that ends with its connection', () => {
  it('drops what finds no room while it waits, and counts it', async () => {
    const owner = ownerOf(undefined, 2);
    const client = new Receiver('c', 5, true, 1);
    const subscriber = connected(owner, client);
    subscriber.ready();
    deliver(subscriber, ...['a', 'b', 'c', 'd', 'e'].map((name) => message(name)));
    expect(owner.store.droppedForSlow).toBe(2);
    for (const id of [1, 2, 3]) await acknowledge(owner, subscriber, id);
    expect(client.got).toEqual(['a', 'b', 'c']);
  });
});

describe('a session that is kept', () => {
  it('sends again with DUP what was not acknowledged, under its packet ids, before what is new', async () => {
    const owner = ownerOf();
    const first = connected(owner, new Receiver('c', 4, false));
    first.ready();
    deliver(first, message('a'), message('b'), message('c'));
    await acknowledge(owner, first, 2);
    const client = new Receiver('c', 4, false);
    const second = connected(owner, client);
    deliver(second, message('d'));
    expect(client.got).toEqual([]);
    second.ready();
    expect(client.got).toEqual(['a*', 'c*', 'd']);
    expect(client.ids).toEqual([1, 3, 4]);
    deliver(first, message('to the old one'));
    await acknowledge(owner, second, 1, 3, 4);
    expect(client.got).toEqual(['a*', 'c*', 'd']);
    expect(owner.store.messages).toBe(0);
  });

  it('sends PUBREL alone for a QoS 2 message that was received', async () => {
    const owner = ownerOf();
    const first = connected(owner, new Receiver('c', 5, false));
    first.ready();
    first.deliver(message('a', { qos: 2 }), { ...terms, qos: 2 }, () => {});
    await owner.store.outgoingUpdate(first.client, { cmd: 'pubrel', messageId: 1 });
    const client = new Receiver('c', 5, false, 1);
    const second = connected(owner, client);
    deliver(second, message('b'));
    second.ready();
    expect(client.got).toEqual(['pubrel']);
    await acknowledge(owner, second, 1);
    expect(client.got).toEqual(['pubrel', 'b']);
  });

  it('is gone on with also by a connection with which it ends', () => {
    const owner = ownerOf();
    const first = connected(owner, new Receiver('c', 5, false));
    first.ready();
    deliver(first, message('a'));
    const client = new Receiver('c', 5, true);
    const second = connected(owner, client, false);
    expect(second.isPresent).toBe(true);
    second.ready();
    expect(client.got).toEqual(['a*']);
    if (second.session) owner.store.leave(second.session, client);
    expect(owner.store.messages).toBe(0);
  });

  it('waits while the socket takes no more, and goes on behind what is older', async () => {
    const owner = ownerOf();
    const first = connected(owner, new Receiver('c', 4, false));
    for (const name of ['a', 'b', 'c']) deliver(first, message(name));
    const client = new Receiver('c', 4, false);
    client.isFull = true;
    const second = connected(owner, client);
    second.ready();
    expect(client.got).toEqual(['a']);
    expect(second.session?.isBehind).toBe(true);
    deliver(second, message('d'));
    expect(client.got).toEqual(['a']);
    client.drain();
    expect(client.got).toEqual(['a', 'b', 'c', 'd']);
    expect(second.session?.isBehind).toBe(false);
  });

  it('a connection that was taken over in the middle of a replay sends nothing more, and holds nothing up', () => {
    const owner = ownerOf();
    const early = connected(owner, new Receiver('c', 4, false));
    for (const name of ['a', 'b', 'c']) deliver(early, message(name));
    const stuck = new Receiver('c', 4, false);
    stuck.isFull = true;
    connected(owner, stuck).ready();
    const client = new Receiver('c', 4, false);
    const last = connected(owner, client);
    last.ready();
    stuck.closed = true;
    stuck.drain();
    expect(stuck.got).toEqual(['a']);
    expect(client.got).toEqual(['a*', 'b', 'c']);
    expect(last.session?.isBehind).toBe(false);
  });

  it('of a client that acknowledges nothing no more is under way than there are packet ids', () => {
    const owner = ownerOf();
    const client = new Receiver('c', 4, false);
    const subscriber = connected(owner, client);
    subscriber.ready();
    for (let i = 0; i < 65_535 + 10; i++) deliver(subscriber, message(''));
    expect(new Set(client.ids).size).toBe(65_535);
    expect(client.ids).toHaveLength(65_535);
    expect(owner.store.droppedForSlow).toBe(9); // the first of those found room for itself and was then behind
  });
});
