import { connect, type Socket } from 'node:net';
import type { Connection, Listener, TransportName } from '../transport/contract.js';
import { transportNames } from '../transport/contract.js';
import { QuicConnection } from '../transport/quic/connection/connection.js';
import { transportFor } from '../transport/registry.js';
import { readDirectly } from '../transport/sockets/node-reads.js';
import type { GatewayCounters, GatewayOptions, GatewayReady } from './contract.js';
import { proxyHeader } from './proxy-protocol.js';
import { Streams } from './streams.js';

/** How long a client whose broker has said its last word may go on, milliseconds. */
const farewellMillis = 1000;
/** How long the broker may take to accept a connection, milliseconds. */
const connectMillis = 10_000;

/**
 * QUIC, TLS and WebSocket in front of any broker that speaks MQTT over TCP: one TCP connection for each client, with
 * back-pressure both ways. It knows of MQTT only what several streams of QUIC need.
 */
export class Gateway {
  private readonly listeners = new Map<TransportName, Listener>();
  private readonly links = new Set<Link>();
  private closing: Promise<void> | undefined;
  private readonly counted = { clientsTotal: 0, brokerUnreachable: 0, brokerClosed: 0, dataStreams: 0 };
  private readonly gone = { up: 0, down: 0 };
  /** Told why a client was let go: once for a kind is worth a line. */
  onTrouble: ((says: string) => void) | undefined;

  private constructor(private readonly options: GatewayOptions) {}

  /** Starts listening. @throws MQB_PORT_IN_USE, MQB_LISTEN, MQB_QUIC_UNAVAILABLE; then nothing is left listening */
  static async start(options: GatewayOptions): Promise<Gateway> {
    const gateway = new Gateway(options);
    try {
      for (const name of transportNames) await gateway.listen(name);
    } catch (error) {
      await gateway.close();
      throw error;
    }
    return gateway;
  }

  get ready(): GatewayReady {
    return { addresses: Object.fromEntries([...this.listeners].map(([name, { address }]) => [name, address])) };
  }

  counters(): GatewayCounters {
    let [bytesUp, bytesDown] = [this.gone.up, this.gone.down];
    for (const { bytes } of this.links) {
      bytesUp += bytes.up;
      bytesDown += bytes.down;
    }
    return { clients: this.links.size, ...this.counted, bytesUp, bytesDown };
  }

  /** Closes the listeners with all that lives on them. Idempotent. */
  close(): Promise<void> {
    this.closing ??= this.closeAll();
    return this.closing;
  }

  private async closeAll(): Promise<void> {
    for (const link of this.links) link.end();
    await Promise.all([...this.listeners.values()].map((listener) => listener.close()));
    await Promise.all([...this.listeners.keys()].map((name) => transportFor(name).close()));
  }

  private async listen(name: TransportName): Promise<void> {
    if (name === 'tcp') return;
    const { host, listeners, tls, congestionControl } = this.options;
    const asked = listeners[name];
    if (!asked) return;
    // A replay of early data would act twice (RFC 8446, 8), and whether it does harm only a broker knows.
    const quic = { ...this.options.quic, earlyData: false };
    const settings = { host: asked.host ?? host, port: asked.port, tls, congestionControl, quic, halfOpen: true };
    const listener = await transportFor(name).listen(settings, (connection) => this.accept(connection));
    this.listeners.set(name, listener);
  }

  private accept(connection: Connection): void {
    this.counted.clientsTotal++;
    const link = new Link(connection, this.options, {
      streamOpened: () => this.counted.dataStreams++,
      trouble: (kind, says) => {
        this.counted[kind]++;
        this.onTrouble?.(says);
      },
    });
    this.links.add(link);
    link.closed.then(() => {
      this.links.delete(link);
      this.gone.up += link.bytes.up;
      this.gone.down += link.bytes.down;
    });
  }
}

interface Told {
  streamOpened(): void;
  trouble(kind: 'brokerUnreachable' | 'brokerClosed', says: string): void;
}

/** One client, and its connection to the broker. */
class Link {
  private readonly socket: Socket;
  readonly closed: Promise<void>;
  private ended = false;

  constructor(
    private readonly connection: Connection,
    { to, proxyProtocol }: GatewayOptions,
    private readonly told: Told,
  ) {
    const { duplex } = connection;
    const socket = connect({ host: to.host, port: to.port, allowHalfOpen: true, noDelay: true });
    this.socket = socket;
    this.closed = new Promise((resolve) => duplex.once('close', resolve));
    socket.setTimeout(connectMillis, () => socket.destroy(new Error(`no answer within ${connectMillis / 1000} s`)));
    socket.once('connect', () => {
      socket.setTimeout(0);
      readDirectly(socket);
      if (proxyProtocol) socket.write(proxyHeader(connection.peerAddress, connection.localAddress));
      this.join();
    });
    socket.once('end', () => {
      const timer = setTimeout(() => void connection.close().catch(() => {}), farewellMillis);
      duplex.once('close', () => clearTimeout(timer));
    });
    socket.once('error', (error) => this.lost(error));
    socket.once('close', () => {
      if (!duplex.destroyed && !duplex.writableEnded) this.lost(new Error('it closed the connection'));
      // What the broker said last still goes out.
      if (!duplex.destroyed) duplex.end();
    });
    duplex.once('error', () => {}); // its close tells
    duplex.once('close', () => socket.destroy());
  }

  get bytes(): { readonly up: number; readonly down: number } {
    return { up: this.socket.bytesWritten, down: this.socket.bytesRead };
  }

  end(): void {
    this.ended = true;
    this.socket.destroy();
    this.connection.abort();
  }

  private join(): void {
    const { connection, socket } = this;
    const { duplex } = connection;
    if (!(connection instanceof QuicConnection)) {
      duplex.pipe(socket);
      socket.pipe(duplex);
      return;
    }
    const streams = new Streams(duplex, socket, (error) => {
      this.ended = true;
      this.connection.abort(error);
    });
    connection.streams.onStream((stream) => {
      this.told.streamOpened();
      streams.add(stream);
    });
  }

  private lost(error: Error): void {
    if (this.ended) return;
    this.ended = true;
    const kind = this.socket.bytesRead === 0 ? 'brokerUnreachable' : 'brokerClosed';
    this.told.trouble(
      kind,
      `${kind === 'brokerUnreachable' ? 'the broker cannot be reached' : 'the broker ended a connection'}: ${error.message}`,
    );
    if (!this.connection.duplex.destroyed && kind === 'brokerUnreachable') this.connection.abort(error);
  }
}
