import type { Random } from '../../src/base/numbers/random.js';
import type { RawClient } from './raw-client.js';
import { pause, type Scene } from './scene.js';

/** A message that the subscriber has not finished: its number, and how far it is. */
interface Unfinished {
  readonly number: number;
  readonly qos: 1 | 2;
  state: 'published' | 'received' | 'released';
}

/**
 * A subscriber with a lasting session that acknowledges what it likes when it likes, leaves and comes back, and knows of each
 * packet that comes whether it may: by what the specification says of QoS 1 and 2, packet ids, DUP and receive maximum.
 */
export class SessionModel {
  /** Numbers of messages in the order in which they came first. */
  readonly got: number[] = [];
  readonly faults: string[] = [];
  private readonly unfinished = new Map<number, Unfinished>();
  /** Of these packet ids this connection has brought something. */
  private readonly here = new Set<number>();
  private client!: RawClient;
  private receiveMaximum = 65_535;

  constructor(
    private readonly at: Scene,
    private readonly random: Random,
    private readonly clientId = at.id(),
  ) {}

  get isDone(): boolean {
    return this.unfinished.size === 0;
  }

  async connect(): Promise<void> {
    this.here.clear();
    const own = this.at.lasting(this.clientId);
    if (own.properties) {
      this.receiveMaximum = 1 + this.random.below(5);
      const topicAliasMaximum = this.random.below(3);
      own.properties = { ...own.properties, receiveMaximum: this.receiveMaximum, topicAliasMaximum };
    }
    this.client = await this.at.open();
    this.client.acknowledges = false;
    await this.client.connect(this.clientId, own);
  }

  async subscribe(filter: string): Promise<void> {
    await this.client.subscribe(filter, { qos: 2 });
  }

  async leave(): Promise<void> {
    await this.client.ping();
    this.read();
    if (this.random.below(2) === 0) this.client.cut();
    else await this.client.leave();
    this.read();
  }

  /** Takes the next step with one message, whichever, that this connection has brought. */
  async acknowledgeOne(): Promise<void> {
    this.read();
    const ids = [...this.here];
    if (ids.length > 0) this.acknowledge(ids[this.random.below(ids.length)] as number);
    await this.client.ping();
  }

  /** Acknowledges everything as it comes, until the condition holds. */
  async acknowledgeAll(until: () => boolean): Promise<void> {
    const deadline = performance.now() + 20_000;
    while (!until() && performance.now() < deadline) {
      this.read();
      for (const id of [...this.here]) this.acknowledge(id);
      await pause(1);
    }
  }

  private acknowledge(messageId: number): void {
    const one = this.unfinished.get(messageId);
    if (one === undefined || one.state === 'received') return; // PUBREL is to come
    if (one.state === 'published' && one.qos === 2) {
      this.client.send({ cmd: 'pubrec', messageId });
      one.state = 'received';
      return;
    }
    this.client.send({ cmd: one.qos === 1 ? 'puback' : 'pubcomp', messageId });
    this.unfinished.delete(messageId);
    this.here.delete(messageId);
  }

  /** Judges what has come. */
  private read(): void {
    for (const { packet } of this.client.heard.splice(0)) {
      if (packet.cmd === 'publish')
        this.published(packet.messageId as number, packet.qos as 1 | 2, packet.dup, packet.payload);
      else if (packet.cmd === 'pubrel') this.released(packet.messageId as number);
      if (this.here.size > this.receiveMaximum) this.faults.push(`${this.here.size} of ${this.receiveMaximum} at once`);
    }
  }

  private published(id: number, qos: 1 | 2, dup: boolean, payload: string | Buffer): void {
    const number = Number(String(payload));
    const before = this.unfinished.get(id);
    if (before && before.number !== number) this.faults.push(`${number} has the id of ${before.number}`);
    if (before && before.state !== 'published') this.faults.push(`${number} again behind its PUBREC`);
    if (before && this.here.has(id)) this.faults.push(`${number} twice on a connection`);
    if (dup !== (before !== undefined)) this.faults.push(`${number} ${dup ? 'with' : 'without'} DUP`);
    if (!before) this.got.push(number);
    this.unfinished.set(id, { number, qos, state: 'published' });
    this.here.add(id);
  }

  private released(id: number): void {
    const one = this.unfinished.get(id);
    if (one === undefined || one.state === 'published') this.faults.push(`PUBREL ${id} without a PUBREC`);
    else one.state = 'released';
    this.here.add(id);
  }
}
