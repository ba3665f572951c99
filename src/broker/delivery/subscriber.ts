import { generate } from 'mqtt-packet';
import { matchesFilter } from '../../mqtt/topics.js';
import { type Client, subscriptionsOf, waitForDrain } from '../aedes/aedes.js';
import type { Message, Terms } from '../sessions/message.js';
import type { Kept, Session } from '../sessions/session.js';
import type { SessionStore } from '../sessions/store.js';
import type { AfterTurn } from './after-turn.js';
import { encodePublish, secondsLeft } from './publish-packet.js';
import { TopicAliases } from './topic-aliases.js';

/** What all subscribers of a broker share. */
export interface SubscriberOwner {
  readonly store: SessionStore;
  readonly afterTurn: AfterTurn;
  /** Messages that may wait for a client that acknowledges slowly. */
  readonly mostHeld: number;
  readonly counters: DeliveryCounters;
  /** @returns whether a message of QoS 0 went to its client in a QUIC datagram */
  datagram(client: Client, message: Message, terms: Terms): boolean;
}

export interface DeliveryCounters {
  publishesDelivered: number;
  /** Messages dropped that are larger than their client takes. */
  tooLargeForClient: number;
}

type Done = () => void;
type Waiting = readonly [Message, Terms];

const mostIds = 65_535;
const noAliases = new TopicAliases(0);

/**
 * The way of messages to one client of aedes. It decides when a message is sent (receive maximum, replay of what the session kept),
 * under which packet id, and as which bytes.
 */
export class Subscriber {
  /** Of the emitter, while it hands on a message: which one, and what the client's subscriptions make of it. */
  mark = 0;
  qos: 0 | 1 | 2 = 0;
  retain = false;
  identifiers: readonly number[] = [];

  session: Session | undefined;
  /** The session was there before this connection. */
  isPresent = false;
  /** Keepalive that it is given instead of the one that it asked for, seconds. */
  serverKeepAlive: number | undefined;
  private aliases = noAliases;
  /** Packet ids of what was sent on this connection and is not acknowledged. */
  private sent: Set<number> | undefined;
  /** Of a session that ends with its connection; others count on (sessions/session.ts). */
  private lastId = 0;
  /** Of a session that ends with its connection: what waits for acknowledgements. */
  private readonly held: Waiting[] = [];
  /** Of a session that is kept: how far its queue has been gone through. Undefined: to its end. */
  private cursor: Iterator<Kept> | undefined;
  private isWaiting = false;
  /** Its session has a queue: it outlives the connection, or was there before. */
  private isKept = false;
  /** CONNECT asks for a new session. */
  isCleanStart = true;
  /** CONNACK is out. */
  isReady = false;

  constructor(
    readonly client: Client,
    private readonly owner: SubscriberOwner,
  ) {}

  /** @param topicAliases that the client takes, as its CONNECT says */
  asks(isCleanStart: boolean, topicAliases: number): void {
    this.isCleanStart = isCleanStart;
    if (topicAliases > 0) this.aliases = new TopicAliases(topicAliases);
  }

  /** Its CONNECT has been accepted. */
  begin(session: Session, isPresent: boolean): void {
    this.session = session;
    this.isPresent = isPresent;
    this.isKept = isPresent || !this.client.clean;
  }

  /** CONNACK is out: what the session kept is sent, and everything else after it. */
  ready(): void {
    this.isReady = true;
    if (this.isKept) this.goOn();
  }

  private get underWay(): Set<number> {
    this.sent ??= new Set();
    return this.sent;
  }

  /** Whether it can be sent a message that it must acknowledge, now. */
  get isFree(): boolean {
    return (this.sent?.size ?? 0) < this.most;
  }

  /** Nothing that is written reaches it any more. */
  get isGone(): boolean {
    return this.client.closed || this.client.conn.writableEnded;
  }

  /** The client has acknowledged a message, or refused it; nothing changes when it was not sent one under this id. */
  readonly acknowledged = (id: number): void => {
    if (!this.sent?.delete(id)) return;
    if (this.cursor) this.goOn();
    // One that has expired, or is too large, makes room for the next.
    while (this.held.length > 0 && this.isFree) {
      const [message, terms] = this.held.shift() as Waiting;
      this.sendUnkept(message, terms);
    }
  };

  /**
   * @param done called once the client's socket has taken the message
   * @param isFurther a copy beside the one that its own subscriptions bring: a retained message, or of a shared subscription
   */
  deliver(message: Message, terms: Terms, done: Done, isFurther = false): void {
    const { client, owner } = this;
    if (this.isGone || this.offer(message, terms, isFurther)) owner.afterTurn.add(done);
    else waitForDrain(client, done);
  }

  /** Sends a message, or keeps it until it may be sent. @returns false when the socket has to be waited for */
  private offer(message: Message, terms: Terms, isFurther: boolean): boolean {
    if (terms.qos === 0) return !this.isReady || this.send(message, terms, 0, false); // [MQTT-3.2.0-1]
    if (this.isKept) return this.deliverKept(message, terms, isFurther);
    if (this.isFree && this.held.length === 0) return this.sendUnkept(message, terms);
    this.hold(message, terms);
    return true;
  }

  /** A message that did not come through a subscription: a retained one, or one of the broker's own. */
  deliverAnyway(message: Message, done: Done): void {
    const identifier = message.properties?.subscriptionIdentifier;
    let highest = 0;
    for (const [filter, { qos }] of Object.entries(subscriptionsOf(this.client))) {
      if (qos > highest && message.qos > highest && matchesFilter(filter, message.topic)) highest = qos;
    }
    const qos = Math.min(highest, message.qos) as 0 | 1 | 2;
    this.deliver(
      message,
      { qos, retain: message.retain, identifiers: identifier === undefined ? [] : [identifier] },
      done,
      true,
    );
  }

  /** Receive maximum (MQTT 5.0, 3.1.2.11.3); clients before MQTT 5 have none, and as many as there are packet ids. */
  private get most(): number {
    return this.client.version === 5 ? this.client.receiveMaximum : mostIds;
  }

  private deliverKept(message: Message, terms: Terms, isFurther: boolean): boolean {
    const session = this.session as Session;
    if (session.owner !== this.client) return true; // taken over: the new connection will get it
    const kept = isFurther ? this.keepFurther(session, message, terms) : this.keptOf(session, message, terms);
    if (!this.isReady || this.cursor || kept === undefined || kept.sentBy === this.client) return true;
    if (this.isFree) return this.sendKept(session, kept);
    this.goOn();
    return true;
  }

  private keepFurther(session: Session, message: Message, terms: Terms): Kept | undefined {
    return this.owner.store.keep(session, message, terms, session.furtherKey());
  }

  private keptOf(session: Session, message: Message, terms: Terms): Kept | undefined {
    const { store } = this.owner;
    const kept = session.queue.get(message.brokerCounter);
    // One that the store found no room for is dropped once, and not offered again.
    return kept ?? (store.hasJudged(session, message) ? undefined : store.keep(session, message, terms));
  }

  /** Sends what the session keeps and this connection has not sent, in order, as far as the client takes it. */
  private goOn(): void {
    const { client } = this;
    const session = this.session as Session;
    if (session.owner !== client) return; // it is another connection's now
    this.cursor ??= session.queue.values();
    while (!this.isWaiting && this.isFree && !this.isGone) {
      const { value: kept, done } = this.cursor.next();
      if (done) {
        this.cursor = undefined;
        break;
      }
      if (kept.sentBy === client || this.sendKept(session, kept)) continue;
      this.isWaiting = true;
      waitForDrain(client, () => {
        this.isWaiting = false;
        this.goOn();
      });
    }
    session.isBehind = this.cursor !== undefined;
  }

  private sendKept(session: Session, kept: Kept): boolean {
    const isFirst = kept.sentBy === undefined;
    if (isFirst && (secondsLeft(kept.message) ?? 1) <= 0) {
      this.owner.store.done(session, kept); // [MQTT-3.3.2-5], but not once it has been sent [MQTT-4.3.3-7]
      return true;
    }
    kept.sentBy = this.client;
    if (kept.isReleased) {
      this.underWay.add(kept.id);
      return this.client.conn.write(generate({ cmd: 'pubrel', messageId: kept.id }));
    }
    session.name(kept);
    this.underWay.add(kept.id);
    const isTaken = this.send(kept.message, kept.terms, kept.id, !isFirst);
    if (!this.underWay.has(kept.id)) this.owner.store.done(session, kept);
    return isTaken;
  }

  private sendUnkept(message: Message, terms: Terms): boolean {
    if ((secondsLeft(message) ?? 1) <= 0) return true;
    do this.lastId = (this.lastId % mostIds) + 1;
    while (this.underWay.has(this.lastId)); // [MQTT-2.2.1-3]
    this.underWay.add(this.lastId);
    return this.send(message, terms, this.lastId, false);
  }

  private hold(message: Message, terms: Terms): void {
    if (this.held.length >= this.owner.mostHeld) this.owner.store.droppedForSlow++;
    else this.held.push([message, terms]);
  }

  /** @returns whether the socket has taken it */
  private send(message: Message, terms: Terms, id: number, dup: boolean): boolean {
    const { client, owner, aliases } = this;
    owner.counters.publishesDelivered++;
    if (terms.qos === 0 && owner.datagram(client, message, terms)) return true;
    const packet = encodePublish(message, terms, aliases.of(message.topic), client.version === 5, id, dup);
    if (packet.bytes > (client.maximumPacketSize ?? Number.POSITIVE_INFINITY)) {
      owner.counters.tooLargeForClient++; // [MQTT-3.1.2-24], as if it had been sent [MQTT-3.1.2-25]
      owner.counters.publishesDelivered--;
      if (packet.isNewAlias) aliases.forget(message.topic);
      this.sent?.delete(id);
      return true;
    }
    const isTaken = client.conn.write(packet.head);
    return packet.rest === undefined ? isTaken : client.conn.write(packet.rest);
  }
}
