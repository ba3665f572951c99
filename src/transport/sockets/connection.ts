import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { TLSSocket } from 'node:tls';
import type { Address, Connection, DialTimings, HandshakeKind, TransportName, TransportStats } from '../contract.js';
import { resetOnClose, tcpInfo } from '../tcp/options.js';
import { keyedSockets } from '../tls/keyed-sockets.js';
import { DirectIo } from './direct-io.js';
import { readDirectly, type Take } from './node-reads.js';

/** How long a finished connection waits for the peer's FIN before it is torn down (ms). */
const goodbyeMs = 2000;

/** A connection whose bytes go through one TCP socket: plain, under TLS, or under WebSocket. */
export class SocketConnection implements Connection {
  readonly handshake: HandshakeKind;
  private local: Address | undefined;
  private peer: Address | undefined;
  private direct: DirectIo | undefined;

  /**
   * @param duplex carries MQTT; the socket itself, or a WebSocket's stream on it
   * @param socket the one with the addresses and counters
   */
  constructor(
    readonly transport: TransportName,
    readonly duplex: Duplex,
    private readonly socket: Socket,
    readonly timings: DialTimings,
  ) {
    this.handshake = handshakeOf(socket);
    if (duplex === socket) readDirectly(socket);
  }

  readDirectly(take: Take): void {
    const { duplex, socket } = this;
    if (duplex !== socket) return;
    readDirectly(socket, take);
    if (!(socket instanceof TLSSocket)) this.direct = DirectIo.open(socket, take);
  }

  writeDirectly(bytes: Buffer, length: number): boolean {
    return this.direct?.write(bytes, length) ?? false;
  }

  // Addresses cost a system call and 200 bytes each; most of thousands of clients are never asked.
  get localAddress(): Address {
    const { localAddress: host, localPort: port } = this.socket;
    if (host !== undefined && port !== undefined) this.local ??= { host: plain(host), port };
    return this.local ?? nowhere;
  }

  get peerAddress(): Address {
    const { remoteAddress: host, remotePort: port } = this.socket;
    if (host !== undefined && port !== undefined) this.peer ??= { host: plain(host), port };
    return this.peer ?? nowhere;
  }

  get bytesSent(): number {
    return this.socket.bytesWritten + (this.direct?.bytesWritten ?? 0);
  }

  get bytesReceived(): number {
    return this.socket.bytesRead + (this.direct?.bytesRead ?? 0);
  }

  stats(): TransportStats {
    const { bytesSent, bytesReceived, handshake } = this;
    return { bytesSent, bytesReceived, handshake, ...tcpInfo(this.socket) };
  }

  async close(): Promise<void> {
    const { duplex } = this;
    if (duplex.closed) return;
    await new Promise<void>((resolve) => {
      let timer: NodeJS.Timeout | undefined;
      duplex.once('close', () => {
        clearTimeout(timer);
        resolve();
      });
      if (duplex.destroyed) return;
      duplex.end(() => {
        if (!duplex.closed) timer = setTimeout(() => duplex.destroy(), goodbyeMs);
      });
      duplex.resume(); // the peer's end is only seen by a stream that is read; what still comes is unwanted
    });
  }

  abort(error?: Error): void {
    if (this.duplex.destroyed) return;
    resetOnClose(this.socket);
    this.duplex.destroy(error);
  }
}

/** Node has no TLS early data. */
function handshakeOf(socket: Socket): HandshakeKind {
  if (!(socket instanceof TLSSocket)) return 'none';
  return socket.isSessionReused() && !keyedSockets.has(socket) ? 'resumed' : 'full';
}

const nowhere: Address = { host: '', port: 0 };

/** A dual-stack listener shows IPv4 clients as ::ffff:a.b.c.d. */
function plain(host: string): string {
  return host.startsWith('::ffff:') && host.includes('.') ? host.slice(7) : host;
}
