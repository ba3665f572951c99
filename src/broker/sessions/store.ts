import { Readable } from 'node:stream';
import { TopicIndex } from '../../mqtt/topics.js';
import type { BrokerLimits } from '../limits.js';
import { isSameClient } from '../quic/parts.js';
import { isShared } from '../shared-filters.js';
import { type Message, settle, sizeOf, type Terms } from './message.js';
import { Retained } from './retained.js';
import { type Kept, type KeptSubscription, type Owner, Session } from './session.js';

/** Whose; aedes gives its client, or as much of one. */
interface Whose {
  readonly id: string;
}

/** A PUBLISH of QoS 2, or its PUBREL. */
interface Incoming {
  readonly cmd: string;
  readonly messageId: number;
}

/** A subscription of a session to messages of QoS 1 and 2. */
interface Entry {
  readonly session: Session;
  readonly subscription: KeptSubscription;
}

/**
 * What aedes keeps its sessions in, in memory (its option `persistence`, whose methods have the names of the package aedes-persistence).
 * That package looks through the whole queue for every message that is sent or acknowledged, knows neither the QoS nor the
 * options of a subscription when it queues, keeps everything for who never comes back, and forgets which ids of QoS 2 a session that
 * ended had used. Here a session is one object, and its messages keep their packet ids until they are acknowledged, over any
 * number of connections: with the ids of aedes, which begin anew on each, a fleet that reconnected under load lost 28 of
 * 1.8 million messages.
 *
 * Sending and replaying what is kept is no matter of aedes (delivery/subscriber.ts): it gets an empty queue.
 */
export class SessionStore {
  /** Messages kept now, and those that were dropped for sessions that were away, and for clients that acknowledge too slowly. */
  messages = 0;
  dropped = 0;
  droppedForSlow = 0;
  private bytes = 0;
  private readonly sessions = new Map<string, Session>();
  /** Which session a client has, or had when it was there: an id alone may have got another one since. */
  private readonly ofClient = new WeakMap<object, Session>();
  private readonly index = new TopicIndex<Entry>();
  private readonly retained = new Retained();

  constructor(private readonly limits: Pick<BrokerLimits, 'queuedMessages' | 'queuedBytes'>) {}

  // Sessions.

  /**
   * A CONNECT is accepted: the session that the client id has is gone on with, or a new one begins [MQTT-3.1.2-4].
   * @returns it, and whether it was there
   */
  begin(clientId: string, owner: Owner, isCleanStart: boolean): { session: Session; isPresent: boolean } {
    const before = this.sessions.get(clientId);
    // One that ends with its connection ends with the take-over of it.
    if (before && (isCleanStart || before.owner?.clean)) this.end(before);
    const isPresent = this.sessions.has(clientId);
    const session = this.sessions.get(clientId) ?? new Session(clientId);
    this.sessions.set(clientId, session);
    session.owner = owner;
    session.isBehind = false;
    this.ofClient.set(owner, session);
    return { session, isPresent };
  }

  /** Whether a client id has a session. */
  has(clientId: string): boolean {
    return this.sessions.has(clientId);
  }

  /**
   * The connection is closed.
   * @param isKept the session may outlive it: false for one that began with it and was never told to its client
   */
  leave(session: Session, owner: Owner, isKept = true): void {
    if (session.owner !== owner) return;
    session.owner = undefined;
    if (owner.clean || !isKept) this.end(session);
  }

  private end(session: Session): void {
    if (this.sessions.get(session.clientId) !== session) return;
    for (const { topic } of session.subscriptions.values()) this.unindex(session, topic);
    this.messages -= session.queue.size;
    this.bytes -= session.bytes;
    this.sessions.delete(session.clientId);
    session.clear();
  }

  // What is kept for a session.

  /** Takes a message out of its queue. */
  done(session: Session, kept: Kept): void {
    if (session.queue.get(kept.key) !== kept) return;
    session.remove(kept);
    const bytes = sizeOf(kept.message);
    session.bytes -= bytes;
    this.bytes -= bytes;
    this.messages--;
  }

  /**
   * @param key in the queue of the session; the message's number, unless this is a further copy of it
   * @returns undefined when there is no room for it: it is dropped
   */
  keep(session: Session, message: Message, terms: Terms, key = message.brokerCounter): Kept | undefined {
    const bytes = sizeOf(message);
    const isFull = session.queue.size >= this.limits.queuedMessages || this.bytes + bytes > this.limits.queuedBytes;
    if (isFull && (session.owner === undefined || session.isBehind)) {
      if (session.owner === undefined) this.dropped++;
      else this.droppedForSlow++;
      return undefined;
    }
    // A client that keeps up will have acknowledged it before long.
    if (session.owner === undefined || session.isBehind) settle(message);
    const kept: Kept = { key, message, terms, id: 0, sentBy: undefined, isReleased: false };
    session.queue.set(key, kept);
    session.bytes += bytes;
    this.bytes += bytes;
    this.messages++;
    return kept;
  }

  /** Whether {@link outgoingEnqueueCombi} has kept a message for a session, or found no room for it. */
  hasJudged(session: Session, message: Message): boolean {
    return this.index.match(message.topic).some((entry) => entry.session === session && !isOwn(entry, message));
  }

  // From here on the names and the promises are aedes'.

  async setup(): Promise<void> {}

  async addSubscriptions(client: Whose, subscriptions: readonly KeptSubscription[]): Promise<void> {
    const session = this.ofClient.get(client);
    if (!session || this.sessions.get(session.clientId) !== session) return; // it has ended under its client
    for (const { topic, qos, rh, rap, nl, subscriptionIdentifier } of subscriptions) {
      this.unindex(session, topic);
      const subscription = { topic, qos, rh, rap, nl, subscriptionIdentifier } as KeptSubscription;
      session.subscribe(subscription);
      // Messages for a group go to those of its members that are there.
      if (qos > 0 && !isShared(topic)) this.index.add(topic, { session, subscription });
    }
  }

  async removeSubscriptions(client: Whose, topics: readonly string[]): Promise<void> {
    const session = this.ofClient.get(client);
    if (!session) return;
    for (const topic of topics) {
      this.unindex(session, topic);
      session.unsubscribe(topic);
    }
  }

  private unindex(session: Session, topic: string): void {
    if (!session.subscriptions.has(topic)) return;
    this.index.removeWhere(topic, (entry) => entry.session === session);
  }

  async subscriptionsByClient(client: Whose): Promise<KeptSubscription[]> {
    return [...(this.sessions.get(client.id)?.subscriptions.values() ?? [])];
  }

  /** The session of a client that is away has expired; when a CONNECT begins a new one it has begun already. */
  async cleanSubscriptions(client: Whose): Promise<void> {
    const session = this.ofClient.get(client);
    if (session && session.owner === undefined) this.end(session);
  }

  /** @returns nothing for aedes: {@link keepForAll} looks itself, knowing the message */
  subscriptionsByTopic(_topic: string): Promise<readonly never[]> {
    return nobody;
  }

  outgoingEnqueueCombi(_subscriptions: readonly unknown[], message: Message): Promise<void> {
    this.keepForAll(message);
    return settled;
  }

  /** Keeps a message for every session that has subscribed to it, those whose client is there too. */
  keepForAll(message: Message): void {
    const entries = this.index.match(message.topic);
    if (entries.length === 1) this.keepFor(entries, message);
    else if (entries.length > 1) this.keepForEach(entries, message);
  }

  private keepForEach(entries: readonly Entry[], message: Message): void {
    const bySession = new Map<Session, Entry[]>();
    for (const entry of entries) {
      const group = bySession.get(entry.session);
      if (group) group.push(entry);
      else bySession.set(entry.session, [entry]);
    }
    for (const group of bySession.values()) this.keepFor(group, message);
  }

  /** @param entries of one session */
  private keepFor(entries: readonly Entry[], message: Message): void {
    let [highest, retain] = [0, false];
    const identifiers: number[] = [];
    for (const entry of entries) {
      if (isOwn(entry, message)) continue;
      const { subscription } = entry;
      highest = Math.max(highest, subscription.qos);
      retain ||= subscription.rap === true && message.retain;
      if (subscription.subscriptionIdentifier !== undefined) identifiers.push(subscription.subscriptionIdentifier);
    }
    const qos = Math.min(highest, message.qos) as 0 | 1 | 2;
    if (qos > 0) this.keep((entries[0] as Entry).session, message, { qos, retain, identifiers });
  }

  /** Nothing uses it but aedes' client.publish(), which the broker calls with QoS 0 only. */
  async outgoingEnqueue(): Promise<void> {}

  /** PUBREC has come; of messages that are sent the broker itself keeps account. */
  async outgoingUpdate(client: Whose, { cmd, messageId }: { cmd?: string; messageId?: number }): Promise<void> {
    if (cmd !== 'pubrel') return;
    const kept = this.ofClient.get(client)?.withId(messageId ?? 0);
    if (kept) kept.isReleased = true;
  }

  /** PUBACK or PUBCOMP has come, or a PUBREC that refuses the message. */
  async outgoingClearMessageId(client: Whose, { messageId }: { messageId?: number }): Promise<Message | undefined> {
    const session = this.ofClient.get(client);
    const kept = session?.withId(messageId ?? 0);
    if (session && kept) this.done(session, kept);
    return kept?.message;
  }

  /** Empty: see above. aedes sets up a pipeline on it for every client that comes, which costs half with no stream at its head. */
  outgoingStream(): Readable {
    return empty as unknown as Readable;
  }

  /** {@link incomingGetPacket} has done it. */
  async incomingStorePacket(): Promise<void> {}

  /**
   * Notes the id of a PUBLISH at once: the same packet once more, or one too many, may stand right behind it.
   * @returns its argument: of a packet that was there nothing but that is asked. @throws as its only sign that it was not
   */
  async incomingGetPacket<Asked extends Incoming>(client: Whose, packet: Asked): Promise<Asked> {
    const session = this.ofClient.get(client);
    if (session?.received.has(packet.messageId)) return packet;
    if (packet.cmd === 'publish') session?.receive(packet.messageId);
    throw noSuchPacket;
  }

  async incomingDelPacket(client: Whose, { messageId }: { messageId: number }): Promise<void> {
    this.ofClient.get(client)?.release(messageId);
  }

  async storeRetained(message: Message): Promise<void> {
    this.retained.store(message);
  }

  createRetainedStreamCombi(filters: readonly string[]): Readable {
    return Readable.from(this.retained.matching(filters));
  }

  /** aedes itself keeps the will of a client that is there, or is about to be missed. */
  async putWill(): Promise<void> {}

  async delWill(): Promise<void> {}

  /** Wills that another broker left behind; there is none. */
  streamWill(): Readable {
    return Readable.from([]);
  }
}

/** A message that a client has published itself and wants no copy of [MQTT-3.8.3-3]. */
const isOwn = ({ session, subscription }: Entry, message: Message): boolean =>
  subscription.nl === true && isSameClient(message.clientId, session.clientId);

const noSuchPacket = new Error('no such packet');
const empty: readonly never[] = [];
const nobody = Promise.resolve(empty);
const settled: Promise<void> = Promise.resolve();
