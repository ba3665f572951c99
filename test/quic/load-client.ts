import type { Aedes } from 'aedes';
import { nowMicros } from '../../src/base/clock.js';
import { Broker } from '../../src/broker/broker.js';
import type { BrokerOptions } from '../../src/broker/contract.js';
import type { DirectEmitter } from '../../src/broker/delivery/emitter.js';
import type { VirtualClient } from '../../src/load/client/client.js';
import { Dialer } from '../../src/load/client/dialer.js';
import { Loop } from '../../src/load/worker/loop.js';
import { Worker } from '../../src/load/worker/worker.js';
import { readStamp, type Stamp } from '../../src/mqtt/stamp/stamp.js';
import type { LoadPlan } from '../../src/plan/plan.js';
import type { QuicConnection } from '../../src/transport/quic/connection/connection.js';
import { until } from './wire.js';

/** A SUBSCRIBE or PUBLISH as the broker saw it: on which QUIC stream. */
export interface Seen {
  readonly topic: string;
  readonly stream: number;
  /** Topic and sequence number of the message's stamp; undefined for a SUBSCRIBE. */
  readonly message?: string;
}

/** The load generator's clients in this process against our broker, both real, over QUIC on loopback. */
export class LoadLab {
  readonly published: Seen[] = [];
  readonly subscribed: Seen[] = [];
  worker!: Worker;
  private loop!: Loop;
  private dialer!: Dialer;

  private constructor(readonly broker: Broker) {
    const { aedes, mq } = broker as unknown as { aedes: Aedes; mq: DirectEmitter };
    // Clients of data streams are called "<client id>:stream-<id>" (src/broker/quic/streams.ts).
    const streamOf = (id: string): number => Number(/:stream-(\d+)$/.exec(id)?.[1] ?? 0);
    // Every message is handed on here, whichever way it takes through the broker.
    const pass = mq.pass.bind(mq);
    mq.pass = (message, done) => {
      const { topic, payload, clientId } = message;
      if (clientId !== undefined) {
        const stamp: Stamp = { run: 0, publisher: 0, slot: 0, sequence: 0, dueMicros: 0 };
        readStamp(payload as Buffer, 0, payload.length, undefined, stamp);
        this.published.push({ topic, stream: streamOf(clientId), message: `${stamp.slot}:${stamp.sequence}` });
      }
      return pass(message, done);
    };
    aedes.on('subscribe', (subscriptions, client) => {
      for (const { topic } of subscriptions) this.subscribed.push({ topic, stream: streamOf(client.id) });
    });
  }

  static async start(options: Partial<BrokerOptions> = {}): Promise<LoadLab> {
    return new LoadLab(await Broker.start({ listeners: { quic: { port: 0 } }, ...options }));
  }

  /** Connects the plan's clients; resolves when all are up or have given up. */
  async connect(target: Partial<LoadPlan['target']>, over: Partial<LoadPlan> = {}): Promise<void> {
    const { addresses, ca } = this.broker.ready;
    const plan: LoadPlan = {
      target: { transport: 'quic', hosts: [addresses.quic as { host: string; port: number }], tls: { ca }, ...target },
      clients: 1,
      localAddresses: [],
      clientIdPrefix: 'device-',
      mqttVersion: 4,
      keepaliveSeconds: 60,
      clean: true,
      connectRate: 1000,
      dialTimeoutMicros: 10e6,
      deadAfterMicros: 30e6,
      seed: 1,
      ...over,
    };
    this.dialer = new Dialer(plan);
    this.worker = new Worker(
      { plan, share: { worker: 0, workers: 1 }, run: 7, epochMicros: nowMicros() },
      this.dialer,
      nowMicros,
    );
    this.loop = new Loop(this.worker, nowMicros(), () => {}, undefined);
    this.loop.connect(nowMicros());
    await this.worker.whenSettled(10_000);
  }

  get client(): VirtualClient {
    return this.worker.clients[0] as VirtualClient;
  }

  get connection(): QuicConnection {
    return this.client.connection as QuicConnection;
  }

  get counts() {
    return this.worker.books.recorder.totals();
  }

  /** Publishes at the plan's rate until so many messages are sent and, at QoS 1 and 2, acknowledged. */
  async publish(messages: number): Promise<void> {
    this.start();
    await until(() => this.counts.sent >= messages);
    this.loop.stopPublishing(nowMicros());
    if (this.worker.plan.publish?.qos === 0) return;
    await until(() => !this.worker.publishing.isOn && this.counts.acknowledged === this.counts.offered);
  }

  start(): void {
    this.loop.startPublishing(nowMicros());
  }

  stop(): void {
    this.loop.stopPublishing(nowMicros());
  }

  async close(): Promise<void> {
    await this.loop?.stop(false);
    await this.dialer?.close();
    await this.broker.close();
  }
}

/** The streams on which each topic was seen. */
export function streamsOf(seen: readonly Seen[]): Record<string, number[]> {
  const found: Record<string, Set<number>> = {};
  for (const { topic, stream } of seen) {
    found[topic] ??= new Set();
    found[topic].add(stream);
  }
  return Object.fromEntries(Object.entries(found).map(([topic, streams]) => [topic, [...streams]]));
}
