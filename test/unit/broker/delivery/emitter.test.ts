import { describe, expect, it, vi } from 'vitest';
import { BackPressure, defaultPressure } from '../../../../src/broker/delivery/back-pressure.js';
import { DirectEmitter, type Route } from '../../../../src/broker/delivery/emitter.js';
import type { Subscriber } from '../../../../src/broker/delivery/subscriber.js';
import type { Message } from '../../../../src/broker/sessions/message.js';
import { hidden } from '../../../../src/broker/shared-filters.js';
import { connected, message, ownerOf, Receiver } from './stand-in.js';

const turn = (): Promise<void> => new Promise(setImmediate);

function scene() {
  const owner = ownerOf();
  const pressure = new BackPressure(defaultPressure);
  const emitter = new DirectEmitter(pressure);
  const clients = new Map<Subscriber, Receiver>();
  const join = (id: string, receiveMaximum?: number): Subscriber => {
    const client = new Receiver(id, 5, true, receiveMaximum);
    const subscriber = connected(owner, client);
    subscriber.ready();
    clients.set(subscriber, client);
    return subscriber;
  };
  const subscribe = (subscriber: Subscriber, filter: string, more: Partial<Route> = {}): object => {
    const key = {};
    const usual = { qos: 1, rap: false, nl: false, identifier: undefined } as const;
    emitter.subscribe(key, { filter: hidden(filter), subscriber, ...usual, ...more });
    return key;
  };
  const emit = (...messages: Message[]): void => {
    for (const one of messages) emitter.emit(one);
  };
  return { owner, pressure, emitter, join, subscribe, emit, of: (one: Subscriber) => clients.get(one) as Receiver };
}

describe('emitter of the broker', () => {
  it('hands a client one copy, with the highest QoS and the identifiers of all subscriptions that match', () => {
    const { join, subscribe, emit, of } = scene();
    const one = join('a');
    subscribe(one, 'x/+', { qos: 0, identifier: 1 });
    subscribe(one, 'x/#', { qos: 2, identifier: 2, rap: true });
    subscribe(one, '#', { qos: 1 });
    subscribe(one, 'y', { qos: 2, identifier: 3 });
    emit(message('m', { topic: 'x/y', qos: 2, retain: true }));
    const { packets } = of(one);
    expect(packets).toMatchObject([{ cmd: 'publish', qos: 2, retain: true }]);
    const { properties } = packets[0] as { properties: { subscriptionIdentifier: number[] } };
    expect([...properties.subscriptionIdentifier].sort()).toEqual([1, 2]);
  });

  it('never raises the QoS of a message', () => {
    const { join, subscribe, emit, of } = scene();
    const one = join('a');
    subscribe(one, 't', { qos: 2 });
    emit(message('0', { qos: 0 }), message('1', { qos: 1 }));
    expect(of(one).packets).toMatchObject([{ qos: 0 }, { qos: 1 }]);
  });

  it('hands nobody what they published themselves on a subscription with No Local, but on others', () => {
    const { join, subscribe, emit, of } = scene();
    const [a, b, c] = [join('a'), join('b'), join('c')];
    subscribe(a, 't', { nl: true });
    subscribe(b, 't', { nl: true });
    subscribe(c, 't', { nl: true, identifier: 1 });
    subscribe(c, '+', { identifier: 2 });
    emit(message('of a', { clientId: 'a' }), message('of c', { clientId: 'c' }));
    expect([a, b, c].map((one) => of(one).got)).toEqual([['of c'], ['of a', 'of c'], ['of a', 'of c']]);
    expect(of(c).packets[1]).toMatchObject({ properties: { subscriptionIdentifier: 2 } });
  });

  it('gives each message to one member of a group, in turn, beside the copies of others', () => {
    const { join, subscribe, emit, of } = scene();
    const members = ['a', 'b', 'c'].map((id) => join(id));
    const all = join('all');
    for (const member of members) subscribe(member, '$share/g/t');
    subscribe(all, 't');
    subscribe(all, '$share/h/+');
    emit(...Array.from({ length: 6 }, (_, i) => message(`${i}`)));
    expect(members.map((one) => of(one).got.length)).toEqual([2, 2, 2]);
    expect(members.flatMap((one) => of(one).got).sort()).toEqual(['0', '1', '2', '3', '4', '5']);
    expect(of(all).got).toHaveLength(12);
  });

  it('passes members of a group that must acknowledge first, or are gone, unless all must', () => {
    const { join, subscribe, emit, of } = scene();
    const [full, gone, free] = [join('full', 1), join('gone'), join('free', 4)];
    for (const member of [full, gone, free]) subscribe(member, '$share/g/t');
    of(gone).conn.end();
    emit(...Array.from({ length: 5 }, (_, i) => message(`${i}`)));
    expect([full, gone, free].map((one) => of(one).got.length)).toEqual([1, 0, 4]);
    emit(message('5')); // waits for one of them
    for (let id = 1; id <= 4; id++) free.acknowledged(id);
    full.acknowledged(1);
    expect(of(full).got.length + of(free).got.length).toBe(6);
    expect(of(gone).got).toEqual([]);
  });

  it('a group whose members have left gets nothing, and is forgotten', async () => {
    const { emitter, join, subscribe, emit, of } = scene();
    const members = ['a', 'b'].map((id) => join(id));
    const keys = members.map((member) => subscribe(member, '$share/g/t'));
    expect(emitter.subscriptions).toBe(2);
    for (const key of keys) emitter.unsubscribe(key);
    emitter.unsubscribe({}); // nobody's
    await turn();
    const done = vi.fn();
    emitter.emit(message('m'), done);
    expect(done).not.toHaveBeenCalled(); // not in the middle of what the caller does
    await turn();
    expect(done).toHaveBeenCalledOnce();
    expect(emitter.subscriptions).toBe(0);
    emit(message('m'));
    expect(members.flatMap((one) => of(one).got)).toEqual([]);
  });

  it('a subscription that ends while a message is handed on still gets that one, and no other', async () => {
    const { emitter, join, subscribe, emit, of } = scene();
    const [first, second] = [join('a'), join('b')];
    const keys = [subscribe(first, 't'), subscribe(second, 't')];
    const { conn } = of(first);
    const write = conn.write.bind(conn);
    conn.write = (chunk: Buffer): boolean => {
      for (const key of keys) emitter.unsubscribe(key);
      return write(chunk);
    };
    emit(message('m'));
    await turn();
    emit(message('n'));
    expect([first, second].map((one) => of(one).got)).toEqual([['m'], ['m']]);
  });

  it('a message that comes while another is handed on follows it', async () => {
    const { emitter, join, subscribe, emit, of } = scene();
    const [first, second] = [join('a'), join('b')];
    for (const one of [first, second]) subscribe(one, '+');
    const { conn } = of(first);
    const write = conn.write.bind(conn);
    let isFirst = true;
    conn.write = (chunk: Buffer): boolean => {
      if (isFirst) {
        isFirst = false;
        emitter.emit(message('will', { topic: 'w' }));
      }
      return write(chunk);
    };
    emit(message('m'));
    await turn();
    expect([first, second].map((one) => of(one).got)).toEqual([
      ['m', 'will'],
      ['m', 'will'],
    ]);
  });

  it('is done when all sockets have taken a message, and counts what has not been', async () => {
    const { emitter, pressure, join, subscribe, of } = scene();
    const [quick, slow] = [join('a'), join('b')];
    for (const one of [quick, slow]) subscribe(one, 't');
    of(slow).isFull = true;
    const done = vi.fn();
    emitter.emit(message('m'), done);
    await turn();
    expect(done).not.toHaveBeenCalled();
    expect(pressure.pending).toBe(1);
    of(slow).drain();
    expect(done).toHaveBeenCalledOnce();
    expect(pressure.pending).toBe(0);
  });

  it('takes nothing once it is closed', async () => {
    const { emitter } = scene();
    await new Promise<void>((resolve) => emitter.close(resolve));
    const done = vi.fn();
    emitter.emit(message('m'), done);
    expect(done).toHaveBeenCalledWith(expect.objectContaining({ message: 'the broker is closing' }));
  });
});
