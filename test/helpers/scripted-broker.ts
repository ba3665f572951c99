import { type AddressInfo, createServer, type Socket } from 'node:net';
import { generate, type IPublishPacket, type ISubscribePacket, type Packet, parser } from 'mqtt-packet';

/** One connection of a client to a scripted broker. */
export class Peer {
  readonly filters = new Set<string>();
  /** A client of the warm-up, which is served as it should be. */
  isWarmUp = false;
  /** Protocol level of its CONNECT. */
  version = 4;

  constructor(
    readonly broker: ScriptedBroker,
    private readonly socket: Socket,
  ) {}

  /** A packet, or bytes that are none. */
  write(what: Packet | readonly number[] | Buffer): void {
    if (this.socket.destroyed) return;
    this.socket.write(
      Array.isArray(what) || Buffer.isBuffer(what)
        ? Buffer.from(what)
        : generate(what as Packet, { protocolVersion: this.version }),
    );
  }

  end(): void {
    this.socket.destroy();
  }
}

/** What a broker does instead of what it should. @returns true when that was all, false for the usual answer */
export type Script = (packet: Packet, peer: Peer) => boolean;

/** A broker on loopback that does what it should (of MQTT 3.1.1, or 5 without its properties, delivering with QoS 0), but for a script. */
export class ScriptedBroker {
  readonly peers = new Set<Peer>();
  private readonly server = createServer((socket) => this.serve(socket));

  private constructor(private readonly script: Script) {}

  static async open(script: Script): Promise<ScriptedBroker> {
    const broker = new ScriptedBroker(script);
    await new Promise<void>((resolve) => broker.server.listen(0, '127.0.0.1', resolve));
    return broker;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  close(): void {
    for (const peer of this.peers) peer.end();
    this.server.close();
  }

  deliver(packet: IPublishPacket): void {
    const copy = { ...packet, qos: 0 as const, dup: false, retain: false };
    for (const peer of this.peers) if (peer.filters.has(packet.topic)) peer.write(copy);
  }

  private serve(socket: Socket): void {
    const peer = new Peer(this, socket);
    this.peers.add(peer);
    socket.on('error', () => {});
    socket.on('close', () => this.peers.delete(peer));
    const reader = parser();
    reader.on('packet', (packet) => {
      if (packet.cmd === 'connect') {
        peer.isWarmUp = packet.clientId.includes('warm-up');
        peer.version = packet.protocolVersion ?? 4;
      }
      if (peer.isWarmUp || !this.script(packet, peer)) this.answer(packet, peer);
    });
    socket.on('data', (chunk) => reader.parse(chunk));
  }

  private answer(packet: Packet, peer: Peer): void {
    const { messageId = 0 } = packet;
    if (packet.cmd === 'connect') peer.write({ cmd: 'connack', returnCode: 0, reasonCode: 0, sessionPresent: false });
    else if (packet.cmd === 'subscribe') this.subscribe(packet, peer);
    else if (packet.cmd === 'pubrel') peer.write({ cmd: 'pubcomp', messageId });
    else if (packet.cmd === 'pingreq') peer.write({ cmd: 'pingresp' });
    else if (packet.cmd === 'publish') {
      if (packet.qos === 1) peer.write({ cmd: 'puback', messageId });
      if (packet.qos === 2) peer.write({ cmd: 'pubrec', messageId });
      this.deliver(packet);
    }
  }

  private subscribe({ subscriptions, messageId = 0 }: ISubscribePacket, peer: Peer): void {
    for (const { topic } of subscriptions) peer.filters.add(topic);
    peer.write({ cmd: 'suback', messageId, granted: subscriptions.map(({ qos }) => qos) });
  }
}
