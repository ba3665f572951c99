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

/**
 * What is kept for a client id beyond a connection (MQTT 5.0, 4.1): subscriptions, messages on their way to the client by the order in
 * which they came, and packet ids of QoS 2 messages on their way from it. A session that ends with its connection has one as well, in
 * which there are only the latter.
 */
export class Session {
  readonly subscriptions = new Map<string, KeptSubscription>();
  /** Packet ids of QoS 2 messages that the client has not released yet. */
  readonly received = new Set<number>();
  /** Of {@link queue}, bytes. */
  bytes = 0;
  /** The connection that the session belongs to now; undefined while its client is away. */
  owner: Owner | undefined;
  /** The client is there and has not taken all that is kept for it. */
  isBehind = false;
  /** By the number of their messages, or {@link furtherKey}; a Map keeps their order, and may grow while it is gone through. */
  readonly queue = new Map<number, Kept>();
  private readonly byId = new Map<number, Kept>();
  private lastId = 0;
  private copies = 0;

  constructor(readonly clientId: string) {}

  /** Gives a message the next packet id that none waits for [MQTT-2.2.1-3]. */
  name(kept: Kept): void {
    if (kept.id !== 0) return;
    do this.lastId = (this.lastId % mostIds) + 1;
    while (this.byId.has(this.lastId)); // no more than there are ids are under way at once (delivery/subscriber.ts)
    kept.id = this.lastId;
    this.byId.set(kept.id, kept);
  }

  withId(id: number): Kept | undefined {
    return this.byId.get(id);
  }

  /** The key of one more copy of a message, which a shared subscription brings beside those of the client's own. */
  furtherKey(): number {
    this.copies++;
    return -this.copies;
  }

  remove(kept: Kept): void {
    this.queue.delete(kept.key);
    if (kept.id !== 0) this.byId.delete(kept.id);
  }

  /** It is over: nobody has it any more, and nothing is left in it. */
  clear(): void {
    this.owner = undefined;
    this.bytes = 0;
    this.queue.clear();
    this.byId.clear();
    this.received.clear();
  }
}
