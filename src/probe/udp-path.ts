import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { isIPv6 } from 'node:net';
import type { Address } from '../transport/contract.js';

/** A Retry packet of QUIC version 1 (RFC 9000, 17.2.5): long header, type 3. */
const isRetry = (datagram: Buffer): boolean => ((datagram[0] ?? 0) & 0xf0) === 0xf0;

/** A way to a server that does what a NAT does, and what somebody on the way could do. */
export class UdpPath {
  /** The server has sent a Retry. */
  sawRetry = false;
  /** What the client sent before the server's first answer. */
  private first: Buffer[] = [];
  private answered = false;
  private client: Address | undefined;
  private outer!: Socket;

  private constructor(
    private readonly inner: Socket,
    private readonly server: Address,
  ) {}

  /** @param server an address, not a name */
  static async open(server: Address): Promise<UdpPath> {
    const inner = createSocket('udp4');
    inner.bind(0, '127.0.0.1');
    await once(inner, 'listening');
    const path = new UdpPath(inner, server);
    await path.rebind();
    inner.on('message', (datagram, from) => {
      path.client = { host: from.address, port: from.port };
      if (!path.answered) path.first.push(Buffer.from(datagram));
      path.send(path.outer, datagram);
    });
    return path;
  }

  get port(): number {
    return this.inner.address().port;
  }

  /** From here on the server sees another port, as behind a NAT that has forgotten the flow. */
  async rebind(): Promise<void> {
    const outer = createSocket(isIPv6(this.server.host) ? 'udp6' : 'udp4');
    outer.on('message', (datagram) => {
      this.answered = true;
      if (isRetry(datagram)) this.sawRetry = true;
      if (this.client) this.inner.send(datagram, this.client.port, this.client.host);
    });
    outer.on('error', () => {}); // the client's own timers tell
    outer.bind(0);
    await once(outer, 'listening');
    this.outer?.close();
    this.outer = outer;
  }

  /** Sends what the client sent first once more, from another port: whoever saw it can. */
  async replay(): Promise<void> {
    const other = createSocket(isIPv6(this.server.host) ? 'udp6' : 'udp4');
    other.on('error', () => {});
    other.bind(0);
    await once(other, 'listening');
    for (const datagram of this.first) this.send(other, datagram);
    await new Promise((resolve) => setTimeout(resolve, 50));
    other.close();
  }

  close(): void {
    this.inner.close();
    this.outer.close();
  }

  private send(through: Socket, datagram: Buffer): void {
    through.send(datagram, this.server.port, this.server.host);
  }
}
