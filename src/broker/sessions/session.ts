import type { Message, Terms } from './message.js';

const mostIds = 65_535;

/** A subscription as a session keeps it: a filter, and what SUBSCRIBE said of it (MQTT 5.0, 3.8.3.1). */
export interface KeptSubscription {
  readonly topic: string;
  readonly qos: 0 | 1 | 2;
  /** Retain handling, retain as published, no local. */
  readonly rh?: number;
  readonly rap?: boolean;
  readonly nl?: boolean;
  readonly subscriptionIdentifier?: number;
}

/** The client of aedes that a session belongs to; `clean`: the session ends with its connection. */
export interface Owner {
  readonly clean: boolean;
}

/** A message of QoS 1 or 2 that a session keeps until it is acknowledged. */
export interface Kept {
  /** In the queue of its session. */
  readonly key: number;
  readonly message: Message;
  readonly terms: Terms;
  /** Packet id once it was sent, kept over connections [MQTT-4.4.0-1]; before 0. */
  id: number;
  /** Who sent it last. */
  sentBy: object | undefined;
  /** PUBREC has come: all that is left of it is its PUBREL. */
  isReleased: boolean;
}

/** Most sessions have none of a kind; an empty map of its own costs 180 bytes for each. */
const noSubscriptions: ReadonlyMap<string, KeptSubscription> = new Map();
const noIds: ReadonlySet<number> = new Set();

/**
 * What is kept for a client id beyond a connection (MQTT 5.0, 4.1): subscriptions, messages on their way to the client by the order in
 * which they came, and packet ids of QoS 2 messages on their way from it. A session that ends with its connection has one as well, in
 * which there are only the latter.
 */
export class Session {
  private filters: Map<string, KeptSubscription> | undefined;
  private ids: Set<number> | undefined;
  /** Of {@link queue}, bytes. */
  bytes = 0;
  /** The connection that the session belongs to now; undefined while its client is away. */
  owner: Owner | undefined;
  /** The client is there and has not taken all that is kept for it. */
  isBehind = false;
  /** By the number of their messages, or {@link furtherKey}; a Map keeps their order, and may grow while it is gone through. */
  readonly queue = new Map<number, Kept>();
  private byId: Map<number, Kept> | undefined;
  private lastId = 0;
  private copies = 0;

  constructor(readonly clientId: string) {}

  get subscriptions(): ReadonlyMap<string, KeptSubscription> {
    return this.filters ?? noSubscriptions;
  }

  subscribe(subscription: KeptSubscription): void {
    this.filters ??= new Map();
    this.filters.set(subscription.topic, subscription);
  }

  unsubscribe(topic: string): void {
    this.filters?.delete(topic);
  }

  /** Packet ids of QoS 2 messages that the client has not released yet. */
  get received(): ReadonlySet<number> {
    return this.ids ?? noIds;
  }

  receive(id: number): void {
    this.ids ??= new Set();
    this.ids.add(id);
  }

  release(id: number): void {
    this.ids?.delete(id);
  }

  /** Gives a message the next packet id that none waits for [MQTT-2.2.1-3]. */
  name(kept: Kept): void {
    if (kept.id !== 0) return;
    this.byId ??= new Map();
    do this.lastId = (this.lastId % mostIds) + 1;
    while (this.byId.has(this.lastId)); // no more than there are ids are under way at once (delivery/subscriber.ts)
    kept.id = this.lastId;
    this.byId.set(kept.id, kept);
  }

  withId(id: number): Kept | undefined {
    return this.byId?.get(id);
  }

  /** The key of one more copy of a message, which a shared subscription brings beside those of the client's own. */
  furtherKey(): number {
    this.copies++;
    return -this.copies;
  }

  remove(kept: Kept): void {
    this.queue.delete(kept.key);
    if (kept.id !== 0) this.byId?.delete(kept.id);
  }

  /** It is over: nobody has it any more, and nothing is left in it. */
  clear(): void {
    this.owner = undefined;
    this.bytes = 0;
    this.queue.clear();
    this.byId = undefined;
    this.ids = undefined;
  }
}
