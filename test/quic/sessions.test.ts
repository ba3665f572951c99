import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { Connection, Listener, TicketStore } from '../../src/transport/contract.js';
import type { QuicConnection } from '../../src/transport/quic/connection/connection.js';
import { type QuicTransport, quicTransport } from '../../src/transport/quic/transport.js';
import { certificates, until } from './wire.js';

const undo: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

const tls = { ca: certificates.ca };
const key = Buffer.alloc(48, 5);

async function listen(
  options: { ticketKey?: Buffer; quic?: object; keyLogFile?: string } = {},
): Promise<{ listener: Listener; accepted: Connection[] }> {
  const transport = quicTransport();
  const accepted: Connection[] = [];
  const { quic, ...rest } = options;
  const server = { cert: certificates.cert, key: certificates.key, ticketKey: key, ...rest };
  const listener = await transport.listen({ port: 0, tls: server, quic }, (connection) => {
    accepted.push(connection);
    connection.duplex.on('error', () => {});
    connection.duplex.pipe(connection.duplex);
  });
  undo.push(() => listener.close());
  return { listener, accepted };
}

function client(): QuicTransport {
  const transport = quicTransport();
  undo.push(() => transport.close());
  return transport;
}

class Store implements TicketStore {
  readonly kept = new Map<string, Uint8Array>();
  get = (name: string): Uint8Array | undefined => this.kept.get(name);
  set = (name: string, ticket: Uint8Array): void => void this.kept.set(name, ticket);
  delete = (name: string): void => void this.kept.delete(name);
}

/** One visit: dials, has one line echoed, goes. */
async function visit(to: Listener, tickets: Store, quic: object): Promise<QuicConnection> {
  const { host, port } = to.address;
  const connection = await client().dial({ host, port, tls, quic, tickets: { store: tickets, key: 'c1' } });
  connection.duplex.on('error', () => {});
  connection.duplex.write('hello');
  const answer = await new Promise((resolve) => connection.duplex.once('data', resolve));
  expect(String(answer)).toBe('hello');
  await until(() => connection.confirmed);
  connection.duplex.resume();
  await connection.close();
  return connection;
}

describe('QUIC sessions', () => {
  it('are full, then resumed, then with early data, and both ends count them', async () => {
    const { listener, accepted } = await listen();
    const tickets = new Store();
    const kinds = [];
    for (const quic of [{}, {}, { earlyData: true }]) {
      const connection = await visit(listener, tickets, quic);
      kinds.push([connection.handshake, connection.stats().earlyData, accepted.at(-1)?.stats().handshake]);
    }
    expect(kinds).toEqual([
      ['full', 'none', 'full'],
      ['resumed', 'none', 'resumed'],
      ['early-data', 'accepted', 'early-data'],
    ]);
    expect(listener.counters()).toMatchObject({ handshakesFull: 1, handshakesResumed: 1, handshakesEarlyData: 1 });
  });

  it('resume at another listener with the same ticket key', async () => {
    const [first, second] = [await listen(), await listen()];
    const tickets = new Store();
    await visit(first.listener, tickets, { earlyData: true });
    expect((await visit(second.listener, tickets, { earlyData: true })).stats().earlyData).toBe('accepted');
  });

  it('with early data that is rejected lose nothing: it is sent again after the handshake', async () => {
    const { listener } = await listen();
    const other = await listen({ ticketKey: Buffer.alloc(48, 6) });
    const tickets = new Store();
    await visit(listener, tickets, { earlyData: true });
    const connection = await visit(other.listener, tickets, { earlyData: true });
    expect([connection.handshake, connection.stats().earlyData]).toEqual(['full', 'rejected']);
  });

  it('do not resume after the key was rotated, and do so again with the new one', async () => {
    const { listener } = await listen();
    const tickets = new Store();
    await visit(listener, tickets, {});
    listener.setTicketKey?.(Buffer.alloc(48, 9));
    expect((await visit(listener, tickets, {})).handshake).toBe('full');
    expect((await visit(listener, tickets, {})).handshake).toBe('resumed');
  });

  it('survive a ticket that is not one', async () => {
    const { listener } = await listen();
    const tickets = new Store();
    tickets.set('c1', Buffer.from('not a ticket'));
    expect((await visit(listener, tickets, { earlyData: true })).handshake).toBe('full');
  });

  it('write their secrets in the SSLKEYLOGFILE format, appended for every connection', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'mqbench-keys-'));
    undo.push(() => rmSync(folder, { recursive: true }));
    const keyLogFile = join(folder, 'keys.log');
    const { listener } = await listen({ keyLogFile });
    await visit(listener, new Store(), {});
    await visit(listener, new Store(), {});
    const lines = readFileSync(keyLogFile, 'utf8').trim().split('\n');
    expect(lines.filter((line) => /^CLIENT_TRAFFIC_SECRET_0 [0-9a-f]{64} [0-9a-f]{64,96}$/.test(line))).toHaveLength(2);
    expect(readdirSync(folder)).toEqual(['keys.log']);
  });
});
