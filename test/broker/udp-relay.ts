import { createSocket, type Socket } from 'node:dgram';

/** A NAT for one client in user space: it can forget its mapping and come from another port. */
export class UdpRelay {
  private upstream: Socket | undefined;
  private closed = false;
  private client: { address: string; port: number } | undefined;
  /** Of datagrams, each sent by somebody who had got the one before: the longest that has reached either end. */
  private chain = { client: 0, server: 0 };

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
      relay.chain.server = Math.max(relay.chain.server, relay.chain.client + 1);
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
      const chain = this.chain.server + 1;
      if (client) setTimeout(() => this.toClient(datagram, client, chain), this.delayMs);
    });
    this.upstream = upstream;
    before?.close();
  }

  /** From now on both ends are as far as if nobody had told them anything. */
  startTrips(): void {
    this.chain = { client: 0, server: 0 };
  }

  /** Round trips that led to what the client knows. */
  get trips(): number {
    return this.chain.client / 2;
  }

  close(): void {
    this.upstream?.close();
    this.closed = true;
    this.front.close();
  }

  private toClient(datagram: Buffer, client: { address: string; port: number }, chain: number): void {
    this.chain.client = Math.max(this.chain.client, chain);
    if (!this.closed) this.front.send(datagram, client.port, client.address);
  }
}
