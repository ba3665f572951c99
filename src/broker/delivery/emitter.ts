import { sharedFilterOf, TopicIndex } from '../../mqtt/topics.js';
import { isSameClient } from '../quic/parts.js';
import type { Message } from '../sessions/message.js';
import { isShared, shown } from '../shared-filters.js';
import { AfterTurn } from './after-turn.js';
import type { BackPressure } from './back-pressure.js';
import { SharedGroup } from './shared-group.js';
import type { Subscriber } from './subscriber.js';

/** A subscription of a client that is there. */
export interface Route {
  readonly filter: string;
  readonly subscriber: Subscriber;
  readonly qos: 0 | 1 | 2;
  /** Retain as published, no local, subscription identifier (MQTT 5.0, 3.8.2.1.2 and 3.8.3.1). */
  readonly rap: boolean;
  readonly nl: boolean;
  readonly identifier: number | undefined;
}

/** What aedes itself listens with, to what brokers of a cluster tell each other. */
type Listener = (message: Message, done: () => void) => void;
/** By what aedes knows a subscription. */
type Key = object;

/** What a message costs beside its topic and payload while it is being delivered: objects and headers, bytes, by estimate. */
const overheadBytes = 128;

/** Waits for nothing. */
const nobody = (): void => {};

const noIdentifiers: readonly number[] = [];

/**
 * What aedes hands messages on through, in place of its default (the package mqemitter, whose `on`, `removeListener`,
 * `emit` and `close` these are). That one delivers 100 messages at a time: what is more waits, acknowledged, in an array whose first
 * element is shifted out for each, which moves all the others. With 5,000 TLS clients and 20,000 messages/s that took 64 %
 * of the broker's time, 1,300 messages/s were delivered and the rest queued without end. Here everything is handed on
 * at once, and what would be too much is not read from its publishers (back-pressure.ts).
 *
 * A client gets one copy of a message however many of its subscriptions match, with the highest QoS of them and the identifiers of all
 * ([MQTT-3.3.5-1], [MQTT-3.3.4-4]); and one more for each shared subscription whose turn it is.
 */
export class DirectEmitter {
  private readonly index = new TopicIndex<Route | SharedGroup | Listener>();
  private readonly routes = new Map<Key, Route>();
  /** By the whole filter, `$share/<group>/<filter>`; aedes itself knows nothing of them. */
  private readonly groups = new Map<string, SharedGroup>();
  private readonly afterTurn = new AfterTurn();
  private closed = false;
  private mark = 0;
  private isHandingOn = false;
  /** Who gets the message that is being handed on, for all of their subscriptions or for one alone; the arrays are used again. */
  private readonly touched: Subscriber[] = [];
  private readonly further: (Route | Listener)[] = [];

  constructor(private readonly pressure: BackPressure) {}

  /** Subscriptions of all clients. */
  get subscriptions(): number {
    return this.routes.size;
  }

  /** @param key anything that stands for the subscription */
  subscribe(key: Key, route: Route): void {
    this.routes.set(key, route);
    const { filter } = route;
    if (!isShared(filter)) {
      this.index.add(filter, route);
      return;
    }
    let group = this.groups.get(filter);
    if (!group) {
      group = new SharedGroup(sharedFilterOf(shown(filter)) ?? shown(filter));
      this.groups.set(filter, group);
      this.index.add(group.filter, group);
    }
    group.add(route);
  }

  /** Takes effect in the next turn, so never while a message is being handed on. */
  unsubscribe(key: Key, done?: () => void): void {
    const route = this.routes.get(key);
    this.routes.delete(key);
    setImmediate(() => {
      if (route) this.leave(route);
      done?.();
    });
  }

  private leave(route: Route): void {
    const group = this.groups.get(route.filter);
    if (!group) {
      this.index.remove(route.filter, route);
      return;
    }
    group.remove(route);
    if (group.size > 0) return;
    this.groups.delete(route.filter);
    this.index.remove(group.filter, group);
  }

  on(filter: string, listener: Listener, done?: () => void): this {
    this.index.add(filter, listener);
    if (done) setImmediate(done);
    return this;
  }

  removeListener(filter: string, listener: Listener, done?: () => void): this {
    setImmediate(() => {
      this.index.remove(filter, listener);
      done?.();
    });
    return this;
  }

  /**
   * @param done called once all subscribers' sockets have taken the message, in a later turn: aedes reads the next packets then, which
   *   in the midst of those before would confuse its parser
   */
  emit(message: Message, done: (error?: Error) => void = nobody): this {
    this.pass(message, done);
    return this;
  }

  /** As {@link emit}. @returns whether anybody may get it */
  pass(message: Message, done: (error?: Error) => void = nobody): boolean {
    if (this.closed) {
      done(new Error('the broker is closing'));
      return false;
    }
    const matches = this.index.match(message.topic);
    if (matches.length === 0) {
      this.later(done);
      return false;
    }
    if (this.isHandingOn) {
      setImmediate(() => this.emit(message, done)); // e.g. the will of a client whose stream ends while it is written to
      return true;
    }
    this.isHandingOn = true;
    this.mark++;
    this.touched.length = 0;
    this.further.length = 0;
    for (let i = 0; i < matches.length; i++) {
      const match = matches[i] as Route | SharedGroup | Listener;
      if (typeof match === 'function') this.further.push(match);
      else if (match instanceof SharedGroup) this.pick(match);
      else this.touch(match, message);
    }
    this.handOn(message, done);
    this.isHandingOn = false;
    return true;
  }

  private later(done: () => void): void {
    if (done !== nobody) this.afterTurn.add(done);
  }

  private pick(group: SharedGroup): void {
    const member = group.next();
    if (member) this.further.push(member);
  }

  /** Notes what a subscription makes of the message, together with others of its client. */
  private touch({ subscriber, qos, rap, nl, identifier }: Route, message: Message): void {
    if (nl && isSameClient(message.clientId, subscriber.client.id)) return; // [MQTT-3.8.3-3]
    if (subscriber.mark !== this.mark) {
      subscriber.mark = this.mark;
      subscriber.qos = qos;
      subscriber.retain = rap;
      subscriber.identifiers = noIdentifiers;
      this.touched.push(subscriber);
    } else {
      if (qos > subscriber.qos) subscriber.qos = qos;
      subscriber.retain ||= rap;
    }
    if (identifier !== undefined) subscriber.identifiers = [...subscriber.identifiers, identifier];
  }

  private handOn(message: Message, done: () => void): void {
    const { pressure, touched, further } = this;
    const count = touched.length + further.length;
    if (count === 0) {
      this.later(done);
      return;
    }
    const bytes = count * (overheadBytes + message.topic.length + message.payload.length);
    const flow = pressure.owe(message.clientId, bytes, count);
    let left = count;
    const delivered = (): void => {
      pressure.pending--;
      if (--left > 0) return;
      pressure.paid(flow, bytes);
      done();
    };
    for (let i = 0; i < touched.length; i++) {
      const subscriber = touched[i] as Subscriber;
      const { qos, retain, identifiers } = subscriber;
      subscriber.deliver(message, termsOf(message, qos, retain, identifiers), delivered);
    }
    for (let i = 0; i < further.length; i++) {
      const one = further[i] as Route | Listener;
      if (typeof one === 'function') one(message, delivered);
      else {
        const { subscriber, qos, rap, identifier } = one;
        const identifiers = identifier === undefined ? noIdentifiers : [identifier];
        subscriber.deliver(message, termsOf(message, qos, rap, identifiers), delivered, true);
      }
    }
  }

  close(done: () => void): this {
    this.closed = true;
    setImmediate(done);
    return this;
  }
}

/** A subscription takes messages down to its QoS [MQTT-3.8.4-8], and as if they had not been retained unless it asks otherwise. */
function termsOf(message: Message, most: 0 | 1 | 2, rap: boolean, identifiers: readonly number[]) {
  const qos = message.qos < most ? message.qos : most;
  return { qos, retain: rap && message.retain, identifiers };
}
