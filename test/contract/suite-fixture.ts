import type { Duplex } from 'node:stream';
import type { Connection, DialOptions, Listener, ListenOptions, Transport } from '../../src/transport/contract.js';
import { type ServerCertificates, throwAwayCertificates } from '../../src/transport/tls/certs.js';
import type { Traits } from './suite.js';

/** Certificates are made once per test file. */
export const certificates: ServerCertificates = await throwAwayCertificates();

export type Make = () => Transport | Promise<Transport>;

/** One transport with one listener; what it opened is gone after `end`. */
export class Fixture {
  /** Connections in the order in which the server saw them. */
  readonly accepted: Connection[] = [];
  readonly dialled: Connection[] = [];
  private readonly waiting: ((connection: Connection) => void)[] = [];
  private taken = 0;

  private constructor(
    readonly traits: Traits,
    readonly transport: Transport,
    public listener: Listener,
  ) {}

  static async start(traits: Traits, make: Make, options: Partial<ListenOptions> = {}): Promise<Fixture> {
    const transport = await make();
    let fixture: Fixture | undefined;
    const early: Connection[] = [];
    const listener = await transport.listen(listenOptions(traits, options), (connection) => {
      // A peer that aborts is not this test's failure; tests that care listen themselves.
      connection.duplex.on('error', () => {});
      if (fixture) fixture.accept(connection);
      else early.push(connection);
    });
    fixture = new Fixture(traits, transport, listener);
    for (const connection of early) fixture.accept(connection);
    return fixture;
  }

  /** The options of a dial to this listener. */
  dialOptions(options: Partial<DialOptions> = {}): DialOptions {
    const { host, port } = this.listener.address;
    const tls = this.traits.secure ? { tls: { ca: certificates.ca, ...this.traits.dial?.tls } } : {};
    return { host, port, timeoutMs: 10_000, ...tls, ...this.traits.dial, ...options };
  }

  async dial(options: Partial<DialOptions> = {}): Promise<Connection> {
    const connection = await this.transport.dial(this.dialOptions(options));
    connection.duplex.on('error', () => {});
    this.dialled.push(connection);
    return connection;
  }

  /** A connected pair. QUIC servers see a client when its first bytes arrive, so one byte goes ahead. */
  async pair(options: Partial<DialOptions> = {}): Promise<{ client: Connection; server: Connection }> {
    const client = await this.dial(options);
    const arrived = this.nextAccepted();
    client.duplex.write(Buffer.of(0x21));
    const server = await arrived;
    await readExactly(server.duplex, 1);
    return { client, server };
  }

  nextAccepted(): Promise<Connection> {
    const known = this.accepted[this.taken];
    this.taken++;
    if (known) return Promise.resolve(known);
    return new Promise((resolve) => this.waiting.push(resolve));
  }

  async end(): Promise<void> {
    for (const connection of [...this.dialled, ...this.accepted]) connection.abort();
    await this.listener.close();
    await this.transport.close();
  }

  private accept(connection: Connection): void {
    this.accepted.push(connection);
    this.waiting.shift()?.(connection);
  }
}

export function listenOptions(traits: Traits, options: Partial<ListenOptions> = {}): ListenOptions {
  const tls = traits.secure ? { tls: { cert: certificates.cert, key: certificates.key } } : {};
  return { host: '127.0.0.1', port: 0, ...tls, ...traits.listen, ...options };
}

/** The next `length` bytes; what came beyond them is put back. @throws when the stream ends before */
export function readExactly(duplex: Duplex, length: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const parts: Buffer[] = [];
    let have = 0;
    const done = (error?: Error): void => {
      duplex.off('readable', onReadable);
      duplex.off('end', onEnd);
      duplex.off('close', onEnd);
      if (error) {
        reject(error);
        return;
      }
      const all = Buffer.concat(parts);
      if (all.length > length) duplex.unshift(all.subarray(length));
      resolve(all.subarray(0, length));
    };
    const onEnd = (): void => done(new Error(`ended after ${have} of ${length} bytes`));
    const onReadable = (): void => {
      for (let chunk = duplex.read() as Buffer | null; chunk && have < length; chunk = duplex.read() as Buffer | null) {
        parts.push(chunk);
        have += chunk.length;
        if (have >= length) break;
      }
      if (have >= length) done();
    };
    duplex.on('readable', onReadable);
    duplex.on('end', onEnd);
    duplex.on('close', onEnd);
    onReadable();
  });
}

/** Everything until the peer finished. */
export function readAll(duplex: Duplex): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const parts: Buffer[] = [];
    duplex.on('data', (chunk: Buffer) => parts.push(chunk));
    duplex.on('end', () => resolve(Buffer.concat(parts)));
    duplex.on('error', reject);
  });
}

/** Resolves at 'close', with how often 'error' and 'close' were seen until a little later. */
export function closeOf(duplex: Duplex): Promise<{ errors: Error[]; closes: number; order: string }> {
  return new Promise((resolve) => {
    const errors: Error[] = [];
    const seen: string[] = [];
    duplex.on('error', (error) => {
      errors.push(error);
      seen.push('error');
    });
    duplex.on('close', () => {
      seen.push('close');
      if (seen.filter((name) => name === 'close').length > 1) return;
      setTimeout(() => {
        resolve({ errors, closes: seen.filter((name) => name === 'close').length, order: seen.join(' ') });
      }, 50);
    });
    duplex.resume(); // 'end' and so 'close' come only to a stream that is read
  });
}

/** Polls until the condition holds. @throws naming what was waited for */
export async function until(what: string, condition: () => boolean, withinMs = 10_000): Promise<void> {
  const deadline = performance.now() + withinMs;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error(`${what}: not within ${withinMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** Bytes that tell their position, so that loss, order and duplication show. */
export function pattern(length: number, seed = 1): Buffer {
  const bytes = Buffer.alloc(length);
  let state = seed >>> 0 || 1;
  for (let i = 0; i < length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    bytes[i] = state >>> 24;
  }
  return bytes;
}
