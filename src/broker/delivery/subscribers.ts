import type { Duplex } from 'node:stream';
import {
  generate,
  type IConnackPacket,
  type IConnectPacket,
  type IPubrecPacket,
  type ISubackPacket,
  type Packet,
} from 'mqtt-packet';
import { type Aedes, type Client, lightenParser, onParsed } from '../aedes/aedes.js';
import { type Amend, onAnswers } from '../aedes/answers.js';
import { onDelivery, routeSubscriptions } from '../aedes/deliveries.js';
import { RepeatedFilters } from '../aedes/repeated-filters.js';
import type { BrokerLimits } from '../limits.js';
import type { Session } from '../sessions/session.js';
import type { SessionStore } from '../sessions/store.js';
import { hidden } from '../shared-filters.js';
import { AfterTurn } from './after-turn.js';
import type { DirectEmitter } from './emitter.js';
import { Receipts } from './receipts.js';
import { Subscriber, type SubscriberOwner } from './subscriber.js';

/** What a receive maximum is that nobody has named (MQTT 5.0, 3.2.2.3.3). */
const usualReceiveMaximum = 65_535;

/** All clients of a broker as subscribers, each with the session that it belongs to. */
export class Subscribers {
  private readonly all = new Map<Client, Subscriber>();
  private readonly owner: SubscriberOwner;

  /** @param datagram sends a message of QoS 0 in a QUIC datagram, if the client takes it there */
  constructor(
    aedes: Aedes,
    emitter: DirectEmitter,
    private readonly store: SessionStore,
    private readonly limits: BrokerLimits,
    datagram: SubscriberOwner['datagram'],
  ) {
    const counters = { publishesDelivered: 0, tooLargeForClient: 0 };
    this.owner = { store, datagram, counters, afterTurn: new AfterTurn(), mostHeld: limits.queuedMessages };
    routeSubscriptions<Subscriber>(aedes, {
      subscribe: (key, filter, subscriber, { qos, rap = false, nl = false, si: identifier }) =>
        emitter.subscribe(key, { filter, subscriber, qos, rap, nl, identifier }),
      unsubscribe: (key, done) => emitter.unsubscribe(key, done),
    });
    aedes.on('clientReady', (client) => this.all.get(client)?.ready());
  }

  get counters(): SubscriberOwner['counters'] {
    return this.owner.counters;
  }

  /**
   * aedes has a client on this stream.
   * @param parsed is shown each of its packets
   * @returns to be called with the packet id of each acknowledgement that comes from it
   */
  attach(client: Client, stream: Duplex, parsed: (packet: Packet) => void): (id: number) => void {
    const subscriber = new Subscriber(client, this.owner);
    onDelivery(client, subscriber, (message, done) => subscriber.deliverAnyway(message, done));
    lightenParser(client);
    const answers = new Answers(subscriber, (packet) => this.amend(packet, client, subscriber));
    onParsed(client, (packet) => {
      parsed(packet);
      answers.parsed(packet);
    });
    onAnswers(stream, answers);
    this.all.set(client, subscriber);
    stream.on('close', () => {
      this.all.delete(client);
      const { session, isPresent, isReady } = subscriber;
      if (session) this.store.leave(session, client, isPresent || isReady);
    });
    return subscriber.acknowledged;
  }

  /** A CONNECT has come. */
  asks(client: Client, packet: IConnectPacket): void {
    const subscriber = this.all.get(client);
    if (!subscriber) return;
    subscriber.asks(packet.clean !== false, packet.properties?.topicAliasMaximum ?? 0);
    this.limitKeepalive(packet, subscriber);
  }

  /** Undefined until its CONNECT has been accepted. */
  sessionOf(client: Client): Session | undefined {
    return this.all.get(client)?.session;
  }

  /**
   * It is accepted: its session begins, or goes on.
   * @returns whether it is the one that was there
   */
  begin(client: Client): boolean {
    const subscriber = this.all.get(client);
    if (!subscriber) return false;
    const { session, isPresent } = this.store.begin(client.id, client, subscriber.isCleanStart);
    subscriber.begin(session, isPresent);
    return isPresent;
  }

  /**
   * Whether a message of QoS 2 is one more than the client was told it may have under way (MQTT 5.0, 3.3.4).
   * @param messageId undefined for its will, which is none of them
   */
  exceeds(client: Client, messageId: number | undefined): boolean {
    const received = this.all.get(client)?.session?.received;
    if (client.version !== 5 || received === undefined || messageId === undefined) return false;
    return received.size >= this.limits.receiveMaximum && !received.has(messageId);
  }

  /** MQTT 5.0, 3.2.2.3.14; earlier clients could not be told. */
  private limitKeepalive(packet: IConnectPacket, subscriber: Subscriber): void {
    const { keepaliveSeconds: most } = this.limits;
    const { keepalive = 0 } = packet;
    if (packet.protocolVersion !== 5 || most === 0 || (keepalive > 0 && keepalive <= most)) return;
    packet.keepalive = most;
    subscriber.serverKeepAlive = most;
  }

  private amend(connack: IConnackPacket, client: Client, subscriber: Subscriber): void {
    connack.sessionPresent = subscriber.isPresent;
    if (client.version !== 5) return;
    const { receiveMaximum, packetBytes: maximumPacketSize } = this.limits;
    const { serverKeepAlive } = subscriber;
    const { sharedSubscriptionAvailable: _, ...properties } = connack.properties ?? {};
    connack.properties = { ...properties, maximumPacketSize };
    if (serverKeepAlive !== undefined) connack.properties.serverKeepAlive = serverKeepAlive;
    if (receiveMaximum < usualReceiveMaximum) connack.properties.receiveMaximum = receiveMaximum;
  }
}

/** Of one client: what was asked that aedes answers otherwise than is due, and the answers. */
class Answers implements Amend {
  private readonly repeated = new RepeatedFilters();
  private readonly receipts = new Receipts();

  constructor(
    private readonly subscriber: Subscriber,
    readonly connack: (packet: IConnackPacket) => void,
  ) {}

  /** Its packets, before aedes acts upon them. */
  parsed(packet: Packet): void {
    if (packet.cmd === 'publish' && packet.qos === 2) this.receipts.received(packet.messageId as number);
    if (packet.cmd === 'subscribe') {
      for (const subscription of packet.subscriptions) subscription.topic = hidden(subscription.topic);
      this.repeated.subscribed(packet);
    } else if (packet.cmd === 'unsubscribe') packet.unsubscriptions = packet.unsubscriptions.map(hidden);
  }

  suback(packet: ISubackPacket): void {
    this.repeated.answer(packet);
  }

  pubrec(packet: IPubrecPacket): IPubrecPacket[] {
    return this.receipts.due(packet);
  }

  worded(packet: Packet): void {
    shorten(packet, this.subscriber.client);
  }
}

/** Words are left out of a packet that would be larger with them than its client takes [MQTT-3.4.2-2]. */
function shorten(packet: Packet, { maximumPacketSize = Number.POSITIVE_INFINITY }: Client): void {
  const bytes = generate(packet, { protocolVersion: 5 }).length;
  if (bytes > maximumPacketSize && 'properties' in packet) packet.properties = undefined;
}
