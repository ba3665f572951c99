import { type Duplex, duplexPair } from 'node:stream';
import { generate, type IPublishPacket, parser } from 'mqtt-packet';
import { afterEach, beforeEach } from 'vitest';
import { type Clock, nowMicros } from '../../../../src/base/clock.js';
import { MqbenchError } from '../../../../src/base/errors.js';
import type { Dialer } from '../../../../src/load/client/dialer.js';
import type { Hook } from '../../../../src/load/hook/hook.js';
import type { ProgressEvent } from '../../../../src/load/messages.js';
import type { Share } from '../../../../src/load/pace/split.js';
import { Loop } from '../../../../src/load/worker/loop.js';
import { Worker } from '../../../../src/load/worker/worker.js';
import { highestOf } from '../../../../src/metrics/histogram.js';
import type { DistributionName } from '../../../../src/metrics/registry.js';
import type { LoadPlan } from '../../../../src/plan/plan.js';
import { AddressBook } from '../../../../src/transport/address-book.js';
import type { Connection } from '../../../../src/transport/contract.js';
import { atRate, filler } from '../../../helpers/plans.js';
import { VirtualClock } from '../../../helpers/virtual-clock.js';

/** How long the path and the broker take for what, in milliseconds; a test may change it at any time. */
export interface Times {
  dial: number;
  connack: number;
  suback: number;
  puback: number;
}

/**
 * A broker in memory, at the end of a path in memory. It knows enough MQTT to be connected to, and does at exact
 * virtual times what it is told: answers late, refuses, falls silent, cuts, is away.
 */
export class VirtualBroker {
  readonly times: Times = { dial: 10, connack: 20, suback: 5, puback: 30 };
  /** Answers nothing. */
  silent = false;
  /** Nobody listens. */
  away = false;
  /** Of CONNACK; 0 accepts. */
  returnCode = 0;
  refuseSubscriptions = false;
  /** How often a subscriber gets each message. */
  copies = 1;
  /** Messages come with RETAIN, as those do that were kept from before a subscription. */
  retained = false;
  readonly publishes: { readonly at: number; readonly clientId: string; readonly dup: boolean }[] = [];
  private readonly living = new Set<Duplex>();

  /** Ends every connection now, as a host that resets them does. */
  cut(): void {
    for (const side of this.living) side.destroy();
    this.living.clear();
  }

  get connections(): number {
    return this.living.size;
  }

  async dial(): Promise<Connection> {
    const started = nowMicros();
    await new Promise((resolve) => setTimeout(resolve, this.times.dial));
    if (this.away) throw new MqbenchError('MQB_REFUSED', 'refused by the host');
    const [near, far] = duplexPair();
    this.serve(far);
    far.once('close', () => near.destroy());
    near.once('close', () => far.destroy());
    return connectionOf(near, started);
  }

  private serve(side: Duplex): void {
    this.living.add(side);
    side.once('close', () => this.living.delete(side));
    side.on('error', () => {});
    const { times } = this;
    let clientId = '';
    const filters = new Set<string>();
    const answer = (packet: Parameters<typeof generate>[0], millis: number): void => {
      setTimeout(() => {
        if (!this.silent && !side.destroyed) side.write(generate(packet));
      }, millis);
    };
    const reader = parser();
    reader.on('packet', (packet) => {
      if (this.silent) return;
      if (packet.cmd === 'connect') {
        clientId = packet.clientId;
        answer({ cmd: 'connack', returnCode: this.returnCode, sessionPresent: false }, times.connack);
      } else if (packet.cmd === 'subscribe') {
        for (const { topic } of packet.subscriptions) filters.add(topic);
        const granted = this.refuseSubscriptions ? 0x80 : 1;
        answer(
          { cmd: 'suback', messageId: packet.messageId ?? 0, granted: packet.subscriptions.map(() => granted) },
          times.suback,
        );
      } else if (packet.cmd === 'publish') {
        this.publishes.push({ at: nowMicros(), clientId, dup: packet.dup });
        if (packet.qos === 1) answer({ cmd: 'puback', messageId: packet.messageId ?? 0 }, times.puback);
        // What a client publishes to itself comes back with its acknowledgement.
        if (!filters.has(packet.topic)) return;
        const copy = { ...(packet as IPublishPacket), dup: false, qos: 0 as const, retain: this.retained };
        for (let i = 0; i < this.copies; i++) answer(copy, times.puback);
      } else if (packet.cmd === 'pingreq') {
        answer({ cmd: 'pingresp' }, 0);
      }
    });
    side.on('data', (chunk: Buffer) => reader.parse(chunk));
  }
}

function connectionOf(duplex: Duplex, started: number): Connection {
  const address = { host: '127.0.0.1', port: 1883 };
  const closed = new Promise<void>((resolve) => duplex.once('close', () => resolve()));
  return {
    transport: 'tcp',
    duplex,
    timings: { started, socket: nowMicros(), ready: nowMicros() },
    localAddress: address,
    peerAddress: address,
    bytesSent: 0,
    bytesReceived: 0,
    handshake: 'none',
    stats: () => ({ bytesSent: 0, bytesReceived: 0, handshake: 'none' }),
    close: () => {
      duplex.end();
      duplex.destroy();
      return closed;
    },
    abort: () => void duplex.destroy(),
  };
}

/** Four clients that connect ten a second and publish to themselves twenty times a second in all. */
export const virtualPlan = (over: Partial<LoadPlan> = {}): LoadPlan => ({
  target: { transport: 'tcp', hosts: [{ host: '127.0.0.1', port: 1883 }] },
  clients: 4,
  localAddresses: [],
  clientIdPrefix: 'virtual-',
  mqttVersion: 4,
  keepaliveSeconds: 60,
  clean: true,
  connectRate: 10,
  dialTimeoutMicros: 2e6,
  subscribe: { topic: 'v/%c', qos: 1 },
  publish: { topic: 'v/%c', qos: 1, payload: filler(64), pace: atRate(20), inflight: 10 },
  deadAfterMicros: 1e6,
  seed: 1,
  ...over,
});

/** A worker of the load in this process, on whatever clock runs, with the loop that drives it. */
export function startFleet(
  broker: VirtualBroker,
  plan: LoadPlan,
  share: Share = { worker: 0, workers: 1 },
  { clock = nowMicros, hook }: { readonly clock?: Clock; readonly hook?: Hook } = {},
): { worker: Worker; loop: Loop; progress: ProgressEvent[] } {
  const dialer = {
    addresses: new AddressBook(),
    tickets: new Map(),
    dial: () => broker.dial(),
    where: () => 'mqtt://127.0.0.1:1883',
    addressOf: (number: number) => plan.localAddresses[number],
    moveTo: () => {},
    move: () => undefined,
    ticketKey: () => '',
    close: async () => {},
  } as unknown as Dialer;
  const progress: ProgressEvent[] = [];
  const epochMicros = nowMicros();
  const worker = new Worker({ plan, share, run: 7, epochMicros }, dialer, clock, { hook });
  const loop = new Loop(worker, epochMicros, (event) => progress.push(event), undefined);
  return { worker, loop, progress };
}

/** What the tests of a file on a virtual clock play with; each begins with a new clock and broker, and starts its fleet. */
export class VirtualScene {
  clock!: VirtualClock;
  broker!: VirtualBroker;
  fleet!: ReturnType<typeof startFleet>;

  static forEachTest<Scene extends VirtualScene>(this: new () => Scene): Scene {
    const scene = new this(); // of the class that it is called on
    beforeEach(() => scene.begin());
    afterEach(() => scene.end());
    return scene;
  }

  begin(): void {
    this.clock = VirtualClock.start();
    this.broker = new VirtualBroker();
  }

  /** Stops the fleet and gives the time back to the machine. */
  private async end(): Promise<void> {
    const stopped = this.fleet.loop.stop(false);
    await this.clock.pass(1_000);
    await stopped;
    this.clock.stop();
  }
}

/** All samples of a metric so far, in milliseconds and in order of size. */
export function samplesOf(worker: Worker, name: DistributionName): number[] {
  const found: number[] = [];
  for (const { histograms } of worker.books.recorder.segments(nowMicros())) {
    const sparse = histograms[name]?.sparse ?? [];
    for (let i = 0; i < sparse.length; i += 2)
      found.push(...Array<number>(sparse[i + 1] as number).fill(Math.round(highestOf(sparse[i] as number) / 1000)));
  }
  return found.sort((a, b) => a - b);
}
