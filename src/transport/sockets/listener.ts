import type { Server, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Server as TlsServer } from 'node:tls';
import { nowMicros } from '../../base/clock.js';
import type { Address, Connection, Listener, ListenOptions, TransportName } from '../contract.js';
import { listenError } from '../dial-errors.js';
import { setCongestionControl } from '../tcp/options.js';
import { SocketConnection } from './connection.js';

/** Connections waiting for accept(2); the kernel caps it at net.core.somaxconn (4096 by default). */
const backlog = 65_535;
/** Handshakes under way that a listener allows; each holds a descriptor and, under TLS, some 30 KB. */
const defaultMaxHandshakes = 20_000;
/** What a listener allows a handshake, ms; EMQX's `handshake_timeout`. */
const defaultHandshakeTimeoutMs = 15_000;
/** How long close() lets living connections finish before it aborts them (ms). */
const graceMs = 1000;

/** A TCP listener with what lives on it; what a new socket becomes is the transport's business. */
export class SocketListener implements Listener {
  /** Every socket, also those still in a TLS or WebSocket handshake. */
  private readonly sockets = new Set<Socket>();
  private readonly living = new Set<Connection>();
  /** Sockets in a handshake, the oldest first, each with when it is cut (ms of performance.now). */
  private readonly handshakes = new Map<Socket, number>();
  private timer: NodeJS.Timeout | undefined;
  private readonly counts = { accepted: 0, handshakesFailed: 0, handshakesRefused: 0, handshakesTimedOut: 0 };
  private closing: Promise<void> | undefined;

  private constructor(
    readonly transport: TransportName,
    readonly address: Address,
    private readonly server: Server,
    private readonly onConnection: (connection: Connection) => void,
    private readonly options: ListenOptions,
  ) {}

  /** @throws MQB_PORT_IN_USE, MQB_LISTEN, MQB_CONGESTION_CONTROL */
  static async open(
    transport: TransportName,
    server: Server,
    options: ListenOptions,
    onConnection: (connection: Connection) => void,
  ): Promise<SocketListener> {
    const { host = '127.0.0.1', port, congestionControl } = options;
    await new Promise<void>((resolve, reject) => {
      server.once('error', (error) => reject(listenError(transport, host, port, error)));
      server.listen({ host, port, backlog }, resolve);
    });
    server.removeAllListeners('error');
    const bound = server.address() as { address: string; port: number };
    const address = { host: bound.address, port: bound.port };
    const listener = new SocketListener(transport, address, server, onConnection, options);
    // Out of descriptors: accept(2) failed, the client will see it; the listener goes on.
    server.on('error', () => listener.countFailure());
    server.on('connection', (socket: Socket) => listener.track(socket));
    // A TLS handshake failed; Node leaves the socket to whoever hears of it.
    server.on('tlsClientError', (_: Error, socket: Socket) => {
      listener.countFailure();
      socket.destroy();
    });
    if (congestionControl !== undefined) listener.setCongestionControl(congestionControl);
    return listener;
  }

  get connections(): number {
    return this.living.size;
  }

  counters(): Readonly<Record<string, number>> {
    return { ...this.counts, handshaking: this.sockets.size - this.living.size };
  }

  setTicketKey(key: Uint8Array): void {
    if ('setTicketKeys' in this.server) (this.server as TlsServer).setTicketKeys(Buffer.from(key));
  }

  /** MQTT bytes may flow. @param socket the accepted one, or the TLS socket on it */
  accept(duplex: Duplex, socket: Socket): void {
    const at = nowMicros(); // it did not dial: it is ready when it is there
    const timings = { started: at, socket: at, ready: at };
    const connection = new SocketConnection(this.transport, duplex, socket, timings);
    this.counts.accepted++;
    this.handshakes.delete(acceptedBelow(socket));
    this.living.add(connection);
    duplex.on('close', () => this.living.delete(connection));
    this.onConnection(connection);
  }

  /** A socket could not be accepted, or a WebSocket was refused. */
  countFailure(): void {
    this.counts.handshakesFailed++;
  }

  close(): Promise<void> {
    this.closing ??= this.closeAll();
    return this.closing;
  }

  private async closeAll(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.server.close(() => resolve()));
    const timer = setTimeout(() => {
      for (const connection of this.living) connection.abort();
      for (const socket of this.sockets) socket.destroy();
    }, graceMs);
    for (const connection of this.living) void connection.close();
    if (this.living.size === 0) for (const socket of this.sockets) socket.destroy();
    await closed;
    clearTimeout(timer);
    clearTimeout(this.timer);
  }

  private track(socket: Socket): void {
    const { maxHandshakes = defaultMaxHandshakes, handshakeTimeoutMs = defaultHandshakeTimeoutMs } = this.options;
    if (this.sockets.size - this.living.size >= maxHandshakes) {
      this.counts.handshakesRefused++;
      socket.destroy();
      return;
    }
    this.sockets.add(socket);
    this.handshakes.set(socket, performance.now() + handshakeTimeoutMs);
    this.timer ??= setTimeout(() => this.cutLate(), handshakeTimeoutMs).unref();
    socket.on('close', () => {
      this.sockets.delete(socket);
      this.handshakes.delete(socket);
    });
    // Before and under a handshake nobody else listens; a reset there is the peer's business.
    socket.on('error', ignore);
  }

  /** Ends the handshakes whose time is over, and looks again when the next one's is. */
  private cutLate(): void {
    this.timer = undefined;
    const now = performance.now();
    for (const [socket, due] of this.handshakes) {
      if (due > now) {
        this.timer = setTimeout(() => this.cutLate(), due - now).unref();
        return;
      }
      this.counts.handshakesTimedOut++;
      this.handshakes.delete(socket);
      socket.destroy();
    }
  }

  private setCongestionControl(name: string): void {
    try {
      setCongestionControl(this.server, name); // accepted sockets inherit it
    } catch (error) {
      this.server.close();
      throw error;
    }
  }
}

const ignore = (): void => {};

/** The accepted socket under a TLS socket, which Node's types leave out; any other socket is the accepted one itself. */
function acceptedBelow(socket: Socket): Socket {
  return (socket as { _parent?: Socket | null })._parent ?? socket;
}
