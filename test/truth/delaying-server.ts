import { createServer, type Server, type Socket } from 'node:net';
import { generate, type Packet, parser } from 'mqtt-packet';
import { nowMicros } from '../../src/base/clock.js';
import { Histogram } from '../../src/metrics/histogram.js';

/** What a server does before it answers; the answer goes out when it resolves or at once. */
export interface DelayingOptions {
  /** Every CONNACK and PUBACK is this late. */
  readonly delayMillis: number;
  /** Of so many PUBLISH packets one is never answered; default none. */
  readonly unanswered?: number;
}

/**
 * A server that speaks just enough MQTT to be measured, and knows the truth: how
 * long it kept each answer, from reading the packet to writing the answer. Clients of the warm-up are not counted.
 */
export class DelayingServer {
  readonly connackDelay = new Histogram();
  readonly pubackDelay = new Histogram();
  /** PUBLISH packets read, by client id. */
  readonly publishes = new Map<string, number>();
  connects = 0;
  /** Publishes that got no answer. */
  ignored = 0;
  /** When the latest PUBLISH was read, monotonic microseconds. */
  lastPublishAt = 0;
  private heldUntil = 0;
  private answerable = 0;
  private readonly mute = new Set<Socket>();
  private readonly sockets = new Set<Socket>();

  private constructor(
    private readonly server: Server,
    private readonly options: DelayingOptions,
  ) {
    server.on('connection', (socket) => this.serve(socket));
  }

  static open(options: DelayingOptions): Promise<DelayingServer> {
    const server = createServer({ noDelay: true });
    const delaying = new DelayingServer(server, options);
    return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(delaying)));
  }

  get port(): number {
    return (this.server.address() as { port: number }).port;
  }

  /** Answers nothing for this long from now on; what is due in the meantime is answered together at the end. */
  stall(millis: number): void {
    this.heldUntil = nowMicros() + millis * 1000;
  }

  /** Cuts every connection now and listens again after this long. */
  async vanish(millis: number): Promise<void> {
    const { port } = this;
    const at = nowMicros();
    const closed = new Promise((resolve) => this.server.close(resolve));
    for (const socket of this.sockets) socket.resetAndDestroy();
    await closed;
    await new Promise((resolve) => setTimeout(resolve, millis - (nowMicros() - at) / 1000));
    await new Promise<void>((resolve) => this.server.listen(port, '127.0.0.1', resolve));
  }

  /** Holds the connections there are, but answers nothing on them any more: a path that became a black hole. */
  goSilent(): void {
    for (const socket of this.sockets) this.mute.add(socket);
  }

  async close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private serve(socket: Socket): void {
    this.sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => this.sockets.delete(socket));
    let clientId = '';
    const reader = parser();
    reader.on('packet', (packet) => {
      const read = nowMicros();
      if (packet.cmd === 'connect') {
        clientId = packet.clientId;
        if (clientId.includes('warm-up')) {
          this.answer(socket, { cmd: 'connack', returnCode: 0, sessionPresent: false }, read, undefined);
          return;
        }
        this.connects++;
        this.answer(socket, { cmd: 'connack', returnCode: 0, sessionPresent: false }, read, this.connackDelay);
      } else if (packet.cmd === 'publish') {
        const warmUp = clientId.includes('warm-up');
        this.lastPublishAt = read;
        if (!warmUp) this.publishes.set(clientId, (this.publishes.get(clientId) ?? 0) + 1);
        if (packet.qos === 0) return;
        if (!warmUp && this.ignores()) return;
        const kept = warmUp ? undefined : this.pubackDelay;
        this.answer(socket, { cmd: 'puback', messageId: packet.messageId as number }, read, kept);
      } else if (packet.cmd === 'pingreq') {
        socket.write(generate({ cmd: 'pingresp' }));
      }
    });
    socket.on('data', (chunk) => {
      if (!this.mute.has(socket)) reader.parse(chunk);
    });
  }

  private ignores(): boolean {
    const { unanswered } = this.options;
    if (unanswered === undefined || ++this.answerable % unanswered !== 0) return false;
    this.ignored++;
    return true;
  }

  private answer(socket: Socket, packet: Packet, read: number, kept: Histogram | undefined): void {
    const wait = Math.max(this.options.delayMillis, (this.heldUntil - nowMicros()) / 1000);
    const send = (): void => {
      if (!socket.writable || this.mute.has(socket)) return;
      kept?.record(nowMicros() - read);
      socket.write(generate(packet));
    };
    if (wait > 0) setTimeout(send, wait);
    else send();
  }
}
