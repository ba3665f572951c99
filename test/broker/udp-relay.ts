import { createSocket, type Socket } from 'node:dgram';

/** A NAT for one client in user space: it can forget its mapping and come from another port. */
export class UdpRelay {
  private upstream: Socket | undefined;
  private closed = false;
  private client: { address: string; port: number } | undefined;

  private constructor(
    private readonly front: Socket,
    private readonly target: number,
    private readonly delayMs: number,
  ) {}

  /**
   * @param target the broker's port on loopback
   * @param delayMs of datagrams to the client
   */
  static async start(target: number, delayMs = 0): Promise<UdpRelay> {
    const relay = new UdpRelay(createSocket('udp4'), target, delayMs);
    await new Promise<void>((resolve) => relay.front.bind(0, '127.0.0.1', resolve));
    relay.front.on('message', (datagram, from) => {
      relay.client = from;
      relay.upstream?.send(datagram, relay.target, '127.0.0.1');
    });
    await relay.rebind();
    return relay;
  }

  get port(): number {
    return this.front.address().port;
  }

  /** The port under which the broker sees the client. */
  get outerPort(): number {
    return this.upstream?.address().port ?? 0;
  }

  async rebind(): Promise<void> {
    const before = this.upstream;
    const upstream = createSocket('udp4');
    await new Promise<void>((resolve) => upstream.bind(0, '127.0.0.1', resolve));
    upstream.on('message', (datagram) => {
      const { client } = this;
      if (client) setTimeout(() => this.toClient(datagram, client), this.delayMs);
    });
    this.upstream = upstream;
    before?.close();
  }

  close(): void {
    this.upstream?.close();
    this.closed = true;
    this.front.close();
  }

  private toClient(datagram: Buffer, client: { address: string; port: number }): void {
    if (!this.closed) this.front.send(datagram, client.port, client.address);
  }
}
