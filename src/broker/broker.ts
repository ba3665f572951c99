import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Connection, Listener, ServerTls, TransportName } from '../transport/contract.js';
import { hasEncrypted, transportNames } from '../transport/contract.js';
import { transportFor } from '../transport/registry.js';
import { type ServerCertificates, throwAwayCertificates } from '../transport/tls/certs.js';
import { WebSocketDuplex } from '../transport/ws/duplex.js';
import { admit } from './admission.js';
import { type Aedes, type Client, startAedes } from './aedes/aedes.js';
import type { BrokerOptions, BrokerPeer, BrokerReady } from './contract.js';
import { BackPressure, defaultPressure } from './delivery/back-pressure.js';
import { DirectEmitter } from './delivery/emitter.js';
import { Outbox } from './delivery/outbox.js';
import { Subscribers } from './delivery/subscribers.js';
import { sayFarewell } from './intake/farewell.js';
import { FastLane, type LaneOwner } from './intake/fast-lane.js';
import { Intake, type IntakeOwner } from './intake/intake.js';
import type { Refusal } from './intake/judge.js';
import { type BrokerLimits, defaultLimits } from './limits.js';
import { AddressWatch } from './quic/address-watch.js';
import { DatagramDelivery } from './quic/datagrams.js';
import { EarlyDataGate } from './quic/early-data.js';
import { DataStreamChannel, DataStreams } from './quic/streams.js';
import { SessionStore } from './sessions/store.js';
import { SysTopics } from './sys-topics.js';
import { Traffic } from './traffic.js';

/**
 * aedes announces itself and looks for dead brokers of a cluster this often (ms). There is no cluster here,
 * and every announcement is a publish of its own: rarely is often enough.
 */
const heartbeatMs = 60_000;
/** How often addresses are looked at, and what is said below $SYS/broker is renewed (ms). */
const sweepMs = 1000;

/** aedes behind any number of listeners: whatever carries bytes both ways is a client. */
export class Broker {
  readonly traffic = new Traffic();
  private readonly listeners = new Map<TransportName, Listener>();
  private readonly members = new Map<Client, Connection>();
  private readonly limits: BrokerLimits;
  private readonly gate: EarlyDataGate;
  private readonly streams: DataStreams;
  private readonly datagrams: DatagramDelivery;
  private readonly watch: AddressWatch;
  private readonly subscribers: Subscribers;
  private readonly intake: IntakeOwner;
  private readonly lane: LaneOwner;
  private readonly sys: SysTopics;
  private readonly sweeper: NodeJS.Timeout;
  private closing: Promise<void> | undefined;

  private constructor(
    private readonly aedes: Aedes,
    readonly pressure: BackPressure,
    private readonly mq: DirectEmitter,
    readonly sessions: SessionStore,
    private readonly ca: string,
    private readonly options: BrokerOptions,
  ) {
    this.limits = { ...defaultLimits, ...options.limits };
    this.gate = new EarlyDataGate(options.earlyData ?? 'hold');
    this.intake = { limits: this.limits, packets: 0, answers: 0 };
    this.lane = { aedes, emitter: mq, store: sessions, pressure, traffic: this.traffic };
    const handle = (stream: Duplex, connection: Connection): Client => this.handle(stream, connection);
    this.streams = new DataStreams(aedes, handle);
    this.datagrams = new DatagramDelivery(aedes, handle);
    this.subscribers = new Subscribers(aedes, mq, sessions, this.limits, (client, message, terms) =>
      this.datagrams.forward(client, message, terms),
    );
    this.watch = new AddressWatch((id, { host, port }) => {
      const message = { topic: `$SYS/${aedes.id}/clients/${id}/address`, payload: `${host}:${port}` };
      aedes.publish({ cmd: 'publish', ...message, qos: 0, dup: false, retain: false }, () => {});
    });
    this.sys = new SysTopics(aedes, this);
    this.sweeper = setInterval(() => this.sweep(), sweepMs);
    this.count();
    const { traffic, gate, members, subscribers } = this;
    admit({ aedes, traffic, gate, members, pressure, subscribers, sessions });
  }

  /**
   * Starts listening.
   * @throws MQB_PORT_IN_USE, MQB_LISTEN, MQB_TLS_SETTINGS, MQB_QUIC_UNAVAILABLE, MQB_AEDES_VERSION; then nothing is left listening
   */
  static async start(options: BrokerOptions): Promise<Broker> {
    const certificates = await certificatesOf(options);
    const pressure = new BackPressure({ ...defaultPressure, ...options.pressure });
    const mq = new DirectEmitter(pressure);
    const limits = { ...defaultLimits, ...options.limits };
    const persistence = new SessionStore(limits);
    const { connectMs: connectTimeout, topicAliases: topicAliasMaximum } = limits;
    const aedes = await startAedes({
      ...{ mq, persistence, connectTimeout, topicAliasMaximum },
      heartbeatInterval: heartbeatMs,
    });
    const broker = new Broker(aedes, pressure, mq, persistence, certificates.ca, options);
    try {
      for (const name of transportNames) await broker.listen(name, certificates);
    } catch (error) {
      await broker.close();
      throw error;
    }
    return broker;
  }

  /** Where it listens and what clients must trust. */
  get ready(): BrokerReady {
    const addresses = [...this.listeners].map(([name, listener]) => [name, listener.address] as const);
    return { addresses: Object.fromEntries(addresses), ca: this.ca };
  }

  /** Subscriptions of all clients. */
  get subscriptions(): number {
    return this.mq.subscriptions;
  }

  /** Control packets received, of any type, and sent: deliveries, and the answers that what was received calls for. */
  packets(): { received: number; sent: number } {
    const { packets, answers } = this.intake;
    return { received: packets, sent: answers + this.publishesDelivered };
  }

  /** PUBLISH packets sent. */
  get publishesDelivered(): number {
    return this.subscribers.counters.publishesDelivered;
  }

  /** Living connections by transport, whether or not they have sent CONNECT. */
  connections(): Partial<Record<TransportName, number>> {
    return Object.fromEntries([...this.listeners].map(([name, listener]) => [name, listener.connections]));
  }

  /** Bytes in and out of all listeners since the start. */
  bytes(): { bytesReceived: number; bytesSent: number } {
    return this.traffic.bytes(this.members.values());
  }

  /** Counters of MQTT and of every listener, prefixed by `mqtt.` or the transport. */
  counters(): Readonly<Record<string, number>> {
    const { gate, pressure, streams, datagrams } = this;
    const mqtt = {
      ...this.traffic.counters,
      earlyPackets: gate.early,
      earlyHeld: gate.heldTotal,
      earlyDropped: gate.dropped,
      readsDeferred: pressure.deferred,
      publishersHeld: pressure.heldTotal,
      droppedForAway: this.sessions.dropped,
      tooLargeForClient: this.subscribers.counters.tooLargeForClient,
      droppedForReceiveMaximum: this.sessions.droppedForSlow,
      addressChanges: this.watch.changes,
      dataStreams: streams.count,
      dataStreamsOpened: streams.opened,
      datagramsReceived: datagrams.received,
      datagramsDelivered: datagrams.delivered,
      datagramsRefused: datagrams.refused,
      datagramsOverrun: datagrams.overrun,
    };
    const all = [['mqtt', mqtt] as const, ...[...this.listeners].map(([name, one]) => [name, one.counters()] as const)];
    return Object.fromEntries(
      all.flatMap(([of, counters]) => Object.entries(counters).map(([name, count]) => [`${of}.${name}`, count])),
    );
  }

  /** Clients that have connected and are there. */
  get connected(): number {
    let count = 0;
    for (const client of this.members.keys()) if (client.connected) count++;
    return count;
  }

  /** The clients that have connected, each where it is now. */
  peers(): BrokerPeer[] {
    return [...this.members]
      .filter(([client]) => client.connected)
      .map(([{ id: clientId }, { transport, peerAddress: address }]) => ({ clientId, transport, address }));
  }

  /** From now on tickets are encrypted with this key; those of the old one lead to a full handshake. @param key 48 bytes */
  rotateTicketKey(key: Uint8Array): void {
    for (const listener of this.listeners.values()) listener.setTicketKey?.(key);
  }

  /** Closes the listeners with all that lives on them. Idempotent. */
  close(): Promise<void> {
    this.closing ??= this.closeAll();
    return this.closing;
  }

  private async closeAll(): Promise<void> {
    clearInterval(this.sweeper);
    this.gate.stop();
    await Promise.all([...this.listeners.values()].map((listener) => listener.close()));
    await new Promise<void>((resolve) => this.aedes.close(resolve));
    await Promise.all([...this.listeners.keys()].map((name) => transportFor(name).close()));
  }

  private async listen(name: TransportName, tls: ServerTls): Promise<void> {
    const { host, congestionControl, listeners, earlyData } = this.options;
    const asked = listeners[name];
    if (!asked) return;
    const quic = earlyData === 'reject' ? { ...this.options.quic, earlyData: false } : this.options.quic;
    const { handshakes: maxHandshakes, connectMs: handshakeTimeoutMs } = this.limits;
    const { psks } = name === 'quic' ? {} : this.options;
    const settings = {
      host,
      port: asked.port,
      tls: { ...tls, psks },
      congestionControl,
      maxHandshakes,
      handshakeTimeoutMs,
      quic,
    };
    const listener = await transportFor(name).listen(settings, (connection) => this.accept(connection));
    this.listeners.set(name, listener);
  }

  private accept(connection: Connection): void {
    if (this.members.size >= this.limits.connections) {
      this.traffic.counters.limitsExceeded++;
      connection.abort();
      return;
    }
    const client = this.handle(connection.duplex, connection);
    this.members.set(client, connection);
    this.streams.attach(client, connection);
    this.datagrams.attach(client, connection);
    connection.duplex.on('close', () => {
      this.members.delete(client);
      this.traffic.closed(connection);
    });
  }

  private sweep(): void {
    this.watch.look(this.members);
    this.pressure.sweep();
    this.sys.publish();
  }

  private count(): void {
    const { aedes, traffic } = this;
    aedes.on('publish', (_, client) => {
      if (client) traffic.publishesReceived++;
    });
    aedes.on('clientError', () => traffic.counters.clientErrors++);
    aedes.on('connectionError', () => traffic.counters.connectionErrors++);
    aedes.on('keepaliveTimeout', () => traffic.counters.keepaliveTimeouts++);
    aedes.on('clientReady', (client) => this.pressure.ready(client));
  }

  /**
   * Every stream that aedes gets, those of single QUIC streams too, is read packet by packet and under back-pressure, and
   * written to by the turn.
   * @param connection the one that carries it, and ends when what it carries is no MQTT
   */
  private handle(stream: Duplex, connection: Connection): Client {
    const isSocket = stream instanceof Socket || stream instanceof WebSocketDuplex; // else a QUIC stream
    const isOwn = stream === connection.duplex;
    const outbox = Outbox.attach(stream, isSocket, isOwn ? connection : undefined);
    const intake = Intake.attach(stream, this.intake, outbox, (refusal) => this.cutOff(connection, stream, refusal));
    const mayTake = this.pressure.attach(stream, isSocket);
    if (isOwn) connection.readDirectly?.((bytes) => (mayTake() ? intake.takeDirectly(bytes) : 0));
    const client = this.aedes.handle(stream);
    const acknowledged = this.subscribers.attach(client, stream, intake.parsed);
    intake.watch(client, acknowledged, () => this.laneOf(client, connection, outbox));
    return client;
  }

  private laneOf(client: Client, connection: Connection, outbox: Outbox): FastLane | undefined {
    const session = this.subscribers.sessionOf(client);
    if (session === undefined || this.options.fastLane === false) return undefined;
    return new FastLane(client, session, outbox, this.lane, () => connection.confirmed !== false);
  }

  /** A malformed packet ends the data stream that brought it alone, as EMQX has it; too large a packet, whoever sends it. */
  private cutOff(connection: Connection, stream: Duplex, refusal: Refusal): void {
    this.traffic.refused(refusal);
    if (refusal.kind === 'malformed' && stream instanceof DataStreamChannel) stream.destroy(new Error(refusal.fault));
    else if (refusal.farewell) sayFarewell(stream, connection, refusal.farewell);
    else connection.abort();
  }
}

const none: ServerCertificates = { ca: '', cert: '', key: '' };

/**
 * The certificates given, or throw-away ones for all the names under which clients may come; none where no listener shows
 * one: to make them takes 0.3 s of a slow core, which is half of what a start takes.
 */
async function certificatesOf(options: BrokerOptions): Promise<ServerCertificates & ServerTls> {
  const { tls, host, names = [], listeners, tlsVersion: version, ticketKeyHex, keyLogFile } = options;
  const wildcard = host === undefined || host === '0.0.0.0' || host === '::';
  const make = () => throwAwayCertificates([...(wildcard ? [] : [host]), ...names]);
  const { quic } = listeners;
  const isShown = hasEncrypted(options.psks === undefined ? listeners : { quic });
  const made = tls ? { ...tls, ca: tls.cert } : isShown ? await make() : none;
  const ticketKey = ticketKeyHex === undefined ? undefined : Buffer.from(ticketKeyHex, 'hex');
  return { ...made, version, ticketKey, keyLogFile };
}
