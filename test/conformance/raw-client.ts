import {
  generate,
  type IConnackPacket,
  type IConnectPacket,
  type ISubscription,
  type Packet,
  parser,
} from 'mqtt-packet';
import type { Connection } from '../../src/transport/contract.js';
import type { Level } from './bytes.js';

type Cmd = Packet['cmd'];
type Of<C extends Cmd> = Extract<Packet, { cmd: C }>;
export type Publish = Of<'publish'>;

/** What came from the broker: parsed, and as it was on the wire. */
interface Heard {
  readonly packet: Packet;
  readonly bytes: Buffer;
  taken: boolean;
}

/** Longer than any answer takes, also on a busy machine; only a test that fails waits for it. */
const patienceMs = 8000;

/**
 * A client that does what it is told and nothing else: bytes in, packets out, on whatever carries a stream. It acknowledges
 * what it receives unless that is switched off.
 */
export class RawClient {
  readonly heard: Heard[] = [];
  /** Whether PUBLISH and PUBREL of the broker are answered at once. */
  acknowledges = true;
  /** What the broker sent that no client can read; a test ends by looking at it. */
  fault: string | undefined;
  private isClosed = false;
  private ids = 0;
  private last = Buffer.alloc(0);
  private rest = Buffer.alloc(0);
  private readonly waiting = new Set<() => void>();

  constructor(
    readonly connection: Connection,
    readonly level: Level,
  ) {
    const { duplex } = connection;
    const gone = (): void => {
      this.isClosed = true;
      this.wake();
    };
    duplex.on('data', (chunk: Buffer) => this.read(chunk));
    duplex.on('error', gone).once('end', gone).once('close', gone);
  }

  /** Writes a packet, or bytes as they are. */
  send(...packets: readonly (Packet | Buffer)[]): void {
    const all = packets.map((packet) =>
      Buffer.isBuffer(packet) ? packet : generate(packet, { protocolVersion: this.level }),
    );
    this.last = Buffer.concat(all);
    this.connection.duplex.write(this.last);
  }

  /** The CONNECT that {@link connect} sends. */
  connectPacket(clientId: string, options: Partial<IConnectPacket> = {}): IConnectPacket {
    const usual = { protocolId: 'MQTT', protocolVersion: this.level, clean: true, keepalive: 0 } as const;
    return { cmd: 'connect', clientId, ...usual, ...options };
  }

  /** Sends CONNECT. @returns the CONNACK, whatever it says */
  connect(clientId: string, options: Partial<IConnectPacket> = {}): Promise<IConnackPacket> {
    this.send(this.connectPacket(clientId, options));
    return this.next('connack');
  }

  /** The next packet of that kind that nobody has taken yet. */
  async next<C extends Cmd>(cmd: C, withinMs?: number): Promise<Of<C>> {
    const heard = await this.take(cmd, withinMs);
    return heard.packet as Of<C>;
  }

  /** As {@link next}, with its bytes. */
  async take(cmd: Cmd, withinMs = patienceMs): Promise<Heard> {
    const find = (): Heard | undefined => this.heard.find(({ packet, taken }) => packet.cmd === cmd && !taken);
    await this.until(() => find() !== undefined || this.isClosed || this.fault !== undefined, withinMs);
    const heard = find();
    if (!heard)
      throw new Error(
        this.fault ?? `no ${cmd} ${this.isClosed ? 'before the broker closed' : 'in time'}; ${this.story()}`,
      );
    heard.taken = true;
    return heard;
  }

  /** Waits for the broker to end the connection. */
  async closed(withinMs = patienceMs): Promise<void> {
    await this.until(() => this.isClosed, withinMs);
    if (!this.isClosed) throw new Error(`the broker did not close the connection; ${this.story()}`);
  }

  /**
   * Waits for the broker to end the connection. A reason may be told before (MQTT 5: a DISCONNECT, or a CONNACK for a
   * CONNECT): it must be one of these then.
   */
  async closedFor(...reasons: readonly number[]): Promise<void> {
    await this.closed();
    for (const reason of this.reasons()) {
      if (!reasons.includes(reason)) throw new Error(`closed for 0x${reason.toString(16)}; ${this.story()}`);
    }
  }

  /** Of DISCONNECT, and of CONNACK that refuses. */
  reasons(): number[] {
    return this.heard.flatMap(({ packet }) =>
      packet.cmd === 'disconnect' || (packet.cmd === 'connack' && codeOf(packet) !== 0) ? [codeOf(packet)] : [],
    );
  }

  /** PINGREQ and its answer: what was sent before has been read. */
  async ping(): Promise<void> {
    this.send({ cmd: 'pingreq' });
    await this.next('pingresp');
  }

  nextId(): number {
    this.ids++;
    return this.ids;
  }

  /** @returns what SUBACK says of each filter */
  async subscribe(
    filters: string | ISubscription | readonly ISubscription[],
    more: Partial<ISubscription> & { readonly properties?: Of<'subscribe'>['properties'] } = {},
  ): Promise<number[]> {
    const { properties, ...options } = more;
    const list = typeof filters === 'string' ? [{ topic: filters, qos: 0 as const, ...options }] : [filters].flat();
    const messageId = this.nextId();
    this.send({ cmd: 'subscribe', messageId, subscriptions: list as ISubscription[], properties });
    return (await this.next('suback')).granted as number[];
  }

  /** @returns what UNSUBACK says of each filter (MQTT 5) */
  async unsubscribe(...filters: string[]): Promise<number[]> {
    this.send({ cmd: 'unsubscribe', messageId: this.nextId(), unsubscriptions: filters });
    return (await this.next('unsuback')).granted;
  }

  /**
   * Publishes, and waits until it is acknowledged as its QoS asks.
   * @returns the reason code of PUBACK or PUBREC (MQTT 5), 0 where there is none
   */
  async publish(topic: string, payload: string | Buffer = 'x', more: Partial<Publish> = {}): Promise<number> {
    const { qos = 0 } = more;
    const messageId = qos > 0 ? (more.messageId ?? this.nextId()) : undefined;
    this.send({ cmd: 'publish', topic, payload, qos, dup: false, retain: false, ...more, messageId });
    if (qos === 0) return 0;
    const first = await this.next(qos === 1 ? 'puback' : 'pubrec');
    if (qos === 1 || codeOf(first) >= 0x80) return codeOf(first);
    this.send({ cmd: 'pubrel', messageId });
    await this.next('pubcomp');
    return codeOf(first);
  }

  /** The PUBLISH packets of these topics that nobody has taken; they are now. */
  messages(topic: (topic: string) => boolean): Publish[] {
    const all = this.heard.filter(({ packet, taken }) => packet.cmd === 'publish' && !taken && topic(packet.topic));
    for (const one of all) one.taken = true;
    return all.map(({ packet }) => packet as Publish);
  }

  /** Ends the connection without DISCONNECT. */
  cut(): void {
    this.connection.abort();
  }

  /** DISCONNECT, and the end of the connection. */
  async leave(more: Partial<Of<'disconnect'>> = {}): Promise<void> {
    this.send({ cmd: 'disconnect', ...more });
    await this.connection.close();
  }

  private async until(condition: () => boolean, withinMs: number): Promise<void> {
    if (condition()) return;
    await new Promise<void>((resolve) => {
      const end = (): void => {
        clearTimeout(timer);
        this.waiting.delete(look);
        resolve();
      };
      const look = (): void => {
        if (condition()) end();
      };
      const timer = setTimeout(end, withinMs);
      this.waiting.add(look);
    });
  }

  private wake(): void {
    for (const look of [...this.waiting]) look();
  }

  private read(chunk: Buffer): void {
    this.rest = Buffer.concat([this.rest, chunk]);
    for (;;) {
      const length = packetLength(this.rest);
      if (length === undefined || length > this.rest.length) break;
      this.got(Buffer.from(this.rest.subarray(0, length)));
      this.rest = this.rest.subarray(length);
    }
    this.wake();
  }

  private got(bytes: Buffer): void {
    const one = parser({ protocolVersion: this.level });
    one.on('packet', (packet) => {
      this.heard.push({ packet, bytes, taken: false });
      if (this.acknowledges) this.acknowledge(packet);
    });
    one.on('error', (error) => {
      this.fault ??= `the broker sent what is no MQTT (${error.message}): ${bytes.toString('hex')}`;
    });
    one.parse(bytes);
  }

  private acknowledge(packet: Packet): void {
    const { messageId } = packet;
    if (packet.cmd === 'publish' && packet.qos > 0)
      this.send({ cmd: packet.qos === 1 ? 'puback' : 'pubrec', messageId });
    if (packet.cmd === 'pubrel') this.send({ cmd: 'pubcomp', messageId });
  }

  private story(): string {
    const hex = (bytes: Buffer): string => bytes.toString('hex').slice(0, 80);
    const heard = this.heard.map(({ packet, bytes }) => `${packet.cmd} ${hex(bytes)}`);
    return `sent last: ${hex(this.last)}; heard: ${heard.join(', ') || 'nothing'}`;
  }
}

/** Return code (MQTT 3.1.1) or reason code (5). */
export function codeOf(packet: Packet): number {
  const { reasonCode, returnCode } = packet as { reasonCode?: number; returnCode?: number };
  return reasonCode ?? returnCode ?? 0;
}

/** Of the first packet in the bytes; undefined while its length has not come. */
function packetLength(bytes: Buffer): number | undefined {
  let value = 0;
  for (let i = 1; i < bytes.length && i <= 4; i++) {
    const byte = bytes[i] as number;
    value += (byte & 0x7f) * 128 ** (i - 1);
    if (byte < 0x80) return 1 + i + value;
  }
  return undefined;
}
