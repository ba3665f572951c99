import { randomBytes } from 'node:crypto';
import { Random } from '../../src/base/numbers/random.js';
import type { Address } from '../../src/transport/contract.js';
import { clientConfig, serverConfig } from '../../src/transport/quic/config.js';
import type { QuicConnection } from '../../src/transport/quic/connection/connection.js';
import { Endpoint } from '../../src/transport/quic/endpoint/endpoint.js';
import { realTime, TimerWheel, type TimeSource } from '../../src/transport/quic/endpoint/scheduler.js';
import { loadNative, type Quiche } from '../../src/transport/quic/native.js';
import {
  clientDefaults,
  type QuicSettings,
  resolveSettings,
  serverDefaults,
} from '../../src/transport/quic/settings.js';
import type { UdpCounters, UdpIo } from '../../src/transport/quic/udp/io.js';
import { throwAwayCertificates } from '../../src/transport/tls/certs.js';
import { bounded, stateOf } from './bounded.js';

export const certificates = await throwAwayCertificates();

/** What the wire does to one datagram: how many copies arrive, and after how many milliseconds. */
export interface Fate {
  readonly copies: number;
  readonly delayMs: number;
}

export const delivered: Fate = { copies: 1, delayMs: 0 };
export const lost: Fate = { copies: 0, delayMs: 0 };

/** Datagrams between endpoints in one process, each with a fate that the test decides. */
export class Wire {
  fate: (packet: Buffer, from: Address, to: Address) => Fate = () => delivered;
  /** Every datagram as it was sent, newest last. */
  readonly sent: { packet: Buffer; from: Address; to: Address }[] = [];
  private readonly ends = new Map<string, (packet: Buffer, from: Address) => void>();
  /** For each address: see {@link tripsOf}. */
  private readonly chains = new Map<string, number>();

  /** Gives an endpoint a socket on this wire. */
  attach(address: Address, onPacket: (packet: Buffer, from: Address) => void): WireIo {
    this.ends.set(keyOf(address), onPacket);
    return new WireIo(this, address);
  }

  /** The same socket is reached, and sends, from another address: what a NAT rebind does. */
  move(io: WireIo, address: Address): void {
    const handler = this.ends.get(keyOf(io.outer)) as (packet: Buffer, from: Address) => void;
    this.ends.delete(keyOf(io.outer));
    this.ends.set(keyOf(address), handler);
    io.outer = address;
  }

  carry(packet: Buffer, from: Address, to: Address): void {
    const kept = Buffer.from(packet); // the sender's buffer is reused at once
    this.sent.push({ packet: kept, from, to });
    const { copies, delayMs } = this.fate(kept, from, to);
    const chain = (this.chains.get(keyOf(from)) ?? 0) + 1;
    for (let i = 0; i < copies; i++) {
      setTimeout(() => {
        this.chains.set(keyOf(to), Math.max(chain, this.chains.get(keyOf(to)) ?? 0));
        this.inject(Buffer.from(kept), from, to);
      }, delayMs + i);
    }
  }

  /** From now on an end is as far as nobody has told it anything. */
  startTrips(): void {
    this.chains.clear();
  }

  /** How many round trips led to what an end knows: datagrams, each sent by somebody who had got the one before, by two. */
  tripsOf(address: Address): number {
    return (this.chains.get(keyOf(address)) ?? 0) / 2;
  }

  /** Delivers a datagram now. */
  inject(packet: Buffer, from: Address, to: Address): void {
    this.ends.get(keyOf(to))?.(packet, from);
  }
}

const keyOf = (address: Address): string => `${address.host}:${address.port}`;

/** A socket on a {@link Wire}. */
export class WireIo implements UdpIo {
  outer: Address;
  bytesTo = new Map<string, number>();
  private readonly buffer = Buffer.alloc(16_384);

  constructor(
    private readonly wire: Wire,
    readonly address: Address,
  ) {
    this.outer = address;
  }

  slot(): Buffer {
    return this.buffer;
  }

  commit(length: number, to: Address): void {
    this.bytesTo.set(keyOf(to), (this.bytesTo.get(keyOf(to)) ?? 0) + length);
    this.wire.carry(this.buffer.subarray(0, length), this.outer, to);
  }

  flush(): void {}
  ref(): void {}
  close(): void {}

  counters(): UdpCounters {
    return { datagramsReceived: 0, datagramsSent: 0, sendErrors: 0, receiveDrops: 0 };
  }
}

/** Random fates from a seed, so that a failing run can be repeated. */
export function randomFates(seed: number, loss: number, duplicate: number, reorder: number): Wire['fate'] {
  const random = new Random(seed);
  return () => ({
    copies: random.next() < loss ? 0 : random.next() < duplicate ? 2 : 1,
    delayMs: random.next() < reorder ? 1 + random.below(8) : 1,
  });
}

export const serverAddress: Address = { host: '192.0.2.1', port: 14_567 };
export const clientAddress: Address = { host: '198.51.100.7', port: 40_000 };

/** A server and a client endpoint on one wire. */
export class Lab {
  readonly wire = new Wire();
  readonly accepted: QuicConnection[] = [];
  /** Told of every connection the server gets. */
  onAccept: ((connection: QuicConnection) => void) | undefined;
  server!: Endpoint;
  client!: Endpoint;
  serverIo!: WireIo;
  clientIo!: WireIo;
  private clientSettings!: QuicSettings;
  private serverSettings!: QuicSettings;
  private dialConfig!: ReturnType<typeof clientConfig>;

  /** @param time what our own deadlines go by; quiche's timers run in real time whatever it is */
  static async start(
    server: Partial<QuicSettings> = {},
    client: Partial<QuicSettings> = {},
    time: TimeSource = realTime,
  ): Promise<Lab> {
    const lab = new Lab();
    const native = await loadNative();
    const wheel = new TimerWheel(time);
    lab.serverSettings = resolveSettings(serverDefaults, server);
    lab.clientSettings = resolveSettings(clientDefaults, client);
    lab.client = new Endpoint(native, lab.clientSettings, wheel);
    lab.client.io = lab.clientIo = lab.wire.attach(clientAddress, lab.client.onPacket);
    lab.dialConfig = clientConfig(native, { ca: certificates.ca }, lab.clientSettings);
    await lab.serve(Buffer.alloc(32, 7));
    return lab;
  }

  /**
   * A server that knows of no connection takes the address: what comes after a crash.
   * @param resetKey of its stateless resets
   */
  async serve(resetKey: Uint8Array): Promise<void> {
    const native = await loadNative();
    const { wheel } = this.client;
    this.server = new Endpoint(native, this.serverSettings, wheel);
    this.server.io = this.serverIo = this.wire.attach(serverAddress, this.server.onPacket);
    this.server.accept({
      config: serverConfig(
        native,
        { cert: certificates.cert, key: certificates.key, ticketKey: Buffer.alloc(48, 9) },
        this.serverSettings,
      ),
      resetKey,
      hooks: {
        ready: (connection) => {
          connection.duplex.on('error', () => {});
          this.accepted.push(connection);
          this.onAccept?.(connection);
        },
        ended: () => {},
      },
    });
  }

  /** Sends one ClientHello and never looks at an answer. */
  firstDatagram(endpoint: Endpoint): void {
    const { native, io } = endpoint;
    const quiche = native.Connection.connect('localhost', randomBytes(12), io.address, serverAddress, this.dialConfig);
    const out = quiche.send(io.slot());
    if (out) io.commit(out[0], serverAddress);
  }

  /** Dials; resolves when ready, rejects when the handshake fails. */
  dial(prepare: (quiche: Quiche) => void = () => {}): Promise<QuicConnection> {
    return new Promise((resolve, reject) => {
      this.client.connect({
        config: this.dialConfig,
        settings: this.clientSettings,
        name: 'localhost',
        from: clientAddress,
        to: serverAddress,
        started: 0,
        prepare,
        hooks: {
          ready: (connection) => {
            connection.duplex.on('error', () => {});
            resolve(connection);
          },
          ended: () => reject(new Error('the handshake failed')),
        },
      });
    });
  }

  /** A further client endpoint, at another address. */
  async another(address: Address): Promise<Endpoint> {
    const endpoint = new Endpoint(await loadNative(), this.clientSettings, this.client.wheel);
    endpoint.io = this.wire.attach(address, endpoint.onPacket);
    return endpoint;
  }

  /** A connected pair whose server echoes. */
  async echoPair(): Promise<{ client: QuicConnection; server: QuicConnection }> {
    const before = this.accepted.length;
    const client = await this.dial();
    client.duplex.write('!');
    await until(() => this.accepted.length > before);
    const server = this.accepted.at(-1) as QuicConnection;
    server.duplex.pipe(server.duplex);
    await until(() => client.duplex.readableLength === 1);
    client.duplex.read();
    return { client, server };
  }

  end(): void {
    this.client.close();
    this.server.close();
  }
}

/**
 * Polls until something holds.
 * @param state what is the case instead when it does not in time
 */
export async function until(condition: () => boolean, withinMs = 10_000, state?: () => string): Promise<void> {
  const deadline = performance.now() + withinMs;
  while (!condition()) {
    if (performance.now() > deadline) {
      throw new Error(`not within ${withinMs} ms: ${condition}${state ? `; ${state()}` : ''}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Writes bytes and reads as many back. */
export function exchange(connection: QuicConnection, bytes: Buffer): Promise<Buffer> {
  const parts: Buffer[] = [];
  let have = 0;
  const back = new Promise<Buffer>((resolve, reject) => {
    const onData = (chunk: Buffer): void => {
      parts.push(chunk);
      have += chunk.length;
      if (have < bytes.length) return;
      connection.duplex.off('data', onData);
      connection.duplex.off('close', onClose);
      resolve(Buffer.concat(parts));
    };
    const onClose = (): void => reject(new Error(`closed after ${have} of ${bytes.length} bytes`));
    connection.duplex.on('data', onData);
    connection.duplex.once('close', onClose);
    connection.duplex.write(bytes);
  });
  return bounded(back, () => `${have} of ${bytes.length} bytes have come back; ${stateOf(connection)}`);
}
