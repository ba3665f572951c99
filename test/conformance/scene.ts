import type { IConnectPacket } from 'mqtt-packet';
import type { TransportName } from '../../src/transport/contract.js';
import type { BrokerUnderTest } from './broker-under-test.js';
import type { Level } from './bytes.js';
import { codeOf, type Publish, RawClient } from './raw-client.js';

let scenes = 0;
/** Topics of markers; of one that matches other subscriptions too, further copies may follow. */
const markers = 'm/';
/** Differs in every process, for brokers that were there before it. */
const run = (process.pid * 1000 + (Date.now() % 1000)).toString(36);

/** What a statement is tried with: clients and topics of its own on a broker that it shares with others. */
export class Scene {
  /** Begins every name of this scene. */
  readonly tag = `${run}${(++scenes).toString(36)}`;
  private readonly clients: RawClient[] = [];
  private names = 0;

  constructor(
    private readonly broker: BrokerUnderTest,
    readonly transport: TransportName,
    readonly level: Level,
  ) {}

  topic(name: string): string {
    return `${this.tag}/${name}`;
  }

  /** PUBLISH to a topic of this scene, whole but for its packet id. */
  message<Qos extends 0 | 1 | 2>(name: string, qos: Qos) {
    return { cmd: 'publish', topic: this.topic(name), payload: 'x', qos, dup: false, retain: false } as const;
  }

  /** A client id that no one else has: at most 23 characters, letters and digits ([MQTT-3.1.3-5]). */
  id(): string {
    return `${this.tag}x${++this.names}`;
  }

  /** A connection on which nothing was sent. */
  async open(): Promise<RawClient> {
    const client = new RawClient(await this.broker.dial(this.transport), this.level);
    this.clients.push(client);
    return client;
  }

  /** A client that is connected. */
  async client(options: Partial<IConnectPacket> = {}): Promise<RawClient> {
    const client = await this.open();
    const connack = await client.connect(options.clientId ?? this.id(), options);
    if (codeOf(connack) !== 0) throw new Error(`CONNECT was refused: ${JSON.stringify(connack)}`);
    return client;
  }

  /** Options of a session that outlives its connection: CleanSession 0, or Clean Start 0 and a time to live. */
  lasting(clientId: string, seconds = 60): Partial<IConnectPacket> {
    const own = this.level === 5 ? { properties: { sessionExpiryInterval: seconds } } : {};
    return { clientId, clean: false, ...own };
  }

  /**
   * Sends a marker from the publisher to the subscriber, on a subscription of its own.
   * @returns the messages of this scene that the subscriber got before it and that nobody had taken
   */
  async arrived(subscriber: RawClient, publisher: RawClient, qos: 0 | 1 = 1): Promise<Publish[]> {
    const marker = `${markers}${this.tag}${++this.names}`;
    await subscriber.subscribe(marker, { qos });
    await publisher.publish(marker, 'm', { qos });
    const all: Publish[] = [];
    while (!all.some(({ topic }) => topic === marker)) all.push(await subscriber.next('publish'));
    await subscriber.unsubscribe(marker);
    return all.filter(({ topic }) => !topic.startsWith(markers) && topic.includes(this.tag));
  }

  /** Whatever the broker sent to whom, it was MQTT. */
  check(): void {
    for (const { fault } of this.clients) if (fault !== undefined) throw new Error(fault);
  }

  end(): void {
    for (const client of this.clients) client.cut();
  }
}

export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
