import { Aedes, type Client } from 'aedes';
import { type ServerCertificates, throwAwayCertificates } from '../transport/certs.js';
import type { Connection, Listener, ServerTls, TransportName } from '../transport/contract.js';
import { transportNames } from '../transport/contract.js';
import { transportFor } from '../transport/registry.js';
import type { BrokerOptions, BrokerPeer, BrokerReady } from './contract.js';
import { Traffic } from './traffic.js';

/**
 * aedes announces itself and looks for dead brokers of a cluster this often (ms). There is no cluster here,
 * and every announcement is a publish of its own: rarely is often enough.
 */
const heartbeatMs = 60_000;
/** A connection that sends no CONNECT is closed after this (ms); EMQX's mqtt.idle_timeout. */
const connectTimeoutMs = 15_000;

/** aedes behind any number of listeners: whatever carries bytes both ways is a client. */
export class Broker {
  readonly traffic = new Traffic();
  private readonly listeners = new Map<TransportName, Listener>();
  private readonly members = new Map<Connection, Client>();
  private closing: Promise<void> | undefined;

  private constructor(
    private readonly aedes: Aedes,
    private readonly ca: string,
  ) {
    const { traffic } = this;
    aedes.on('publish', (_, client) => {
      if (client) traffic.publishesReceived++;
    });
    aedes.on('clientError', () => traffic.clientErrors++);
    aedes.on('connectionError', () => traffic.connectionErrors++);
    aedes.on('keepaliveTimeout', () => traffic.keepaliveTimeouts++);
    aedes.preConnect = (_, packet, done) => {
      traffic.connect(packet.protocolVersion as number | undefined);
      done(null, true);
    };
    aedes.authorizeForward = (_, packet) => {
      traffic.publishesDelivered++;
      return packet;
    };
  }

  /**
   * Starts listening.
   * @throws MQB_PORT_IN_USE, MQB_LISTEN, MQB_TLS_SETTINGS, MQB_QUIC_UNAVAILABLE; then nothing is left listening
   */
  static async start(options: BrokerOptions): Promise<Broker> {
    const certificates = certificatesOf(options);
    const aedes = await Aedes.createBroker({ heartbeatInterval: heartbeatMs, connectTimeout: connectTimeoutMs });
    const broker = new Broker(aedes, certificates.ca);
    try {
      for (const name of transportNames) await broker.listen(name, options, certificates);
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

  /** Living connections by transport, whether or not they have sent CONNECT. */
  connections(): Partial<Record<TransportName, number>> {
    return Object.fromEntries([...this.listeners].map(([name, listener]) => [name, listener.connections]));
  }

  /** Bytes in and out of all listeners since the start. */
  bytes(): { bytesReceived: number; bytesSent: number } {
    return this.traffic.bytes(this.members.keys());
  }

  /** Counters of MQTT and of every listener, prefixed by `mqtt.` or the transport. */
  counters(): Readonly<Record<string, number>> {
    const counters: Record<string, number> = { ...this.traffic.counters() };
    for (const [name, listener] of this.listeners) {
      for (const [counter, count] of Object.entries(listener.counters())) counters[`${name}.${counter}`] = count;
    }
    return counters;
  }

  /** The clients that have connected, each where it is now. */
  peers(): BrokerPeer[] {
    return [...this.members]
      .filter(([, client]) => client.connected)
      .map(([connection, client]) => ({
        clientId: client.id,
        transport: connection.transport,
        address: connection.peerAddress,
      }));
  }

  /** Closes the listeners with all that lives on them. Idempotent. */
  close(): Promise<void> {
    this.closing ??= this.closeAll();
    return this.closing;
  }

  private async closeAll(): Promise<void> {
    await Promise.all([...this.listeners.values()].map((listener) => listener.close()));
    await new Promise<void>((resolve) => this.aedes.close(resolve));
    await Promise.all([...this.listeners.keys()].map((name) => transportFor(name).close()));
  }

  private async listen(name: TransportName, options: BrokerOptions, tls: ServerTls): Promise<void> {
    const asked = options.listeners[name];
    if (!asked) return;
    const { host, congestionControl, quic } = options;
    const listener = await transportFor(name).listen(
      { host, port: asked.port, tls, congestionControl, quic },
      (connection) => this.accept(connection),
    );
    this.listeners.set(name, listener);
  }

  private accept(connection: Connection): void {
    const client = this.aedes.handle(connection.duplex);
    this.members.set(connection, client);
    connection.duplex.once('close', () => {
      this.members.delete(connection);
      this.traffic.closed(connection);
    });
  }
}

/** The certificates given, or throw-away ones for all the names under which clients may come. */
function certificatesOf(options: BrokerOptions): ServerCertificates & ServerTls {
  const { tls, host, names = [], tlsVersion: version, ticketKeyHex } = options;
  const wildcard = host === undefined || host === '0.0.0.0' || host === '::';
  const made = tls ? { ...tls, ca: tls.cert } : throwAwayCertificates([...(wildcard ? [] : [host]), ...names]);
  const ticketKey = ticketKeyHex === undefined ? undefined : Buffer.from(ticketKeyHex, 'hex');
  return { ...made, version, ticketKey };
}
