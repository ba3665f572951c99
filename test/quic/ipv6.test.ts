import { randomBytes } from 'node:crypto';
import { networkInterfaces } from 'node:os';
import { afterEach, describe, expect, it } from 'vitest';
import { connect } from '../../src/index.js';
import type { Connection } from '../../src/transport/contract.js';
import type { QuicConnection } from '../../src/transport/quic/connection/connection.js';
import { quicTransport } from '../../src/transport/quic/transport.js';
import { certificates, exchange, until } from './wire.js';

const loopback = Object.values(networkInterfaces()).some((list) => list?.some(({ address }) => address === '::1'));
const undo: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

const tls = { cert: certificates.cert, key: certificates.key };

/** A listener on ::1 that echoes. */
async function echo(io: 'auto' | 'dgram') {
  const transport = quicTransport({ io });
  const accepted: Connection[] = [];
  const listener = await transport.listen({ host: '::1', port: 0, tls }, (connection) => {
    accepted.push(connection);
    connection.duplex.on('error', () => {});
    connection.duplex.pipe(connection.duplex);
  });
  undo.push(
    () => transport.close(),
    () => listener.close(),
  );
  return { transport, accepted, port: listener.address.port, listener };
}

describe.skipIf(!loopback).each(['auto', 'dgram'] as const)('QUIC over IPv6 (skipped without ::1), io %s', (io) => {
  it('carries bytes both ways, unchanged, between the addresses it names', async () => {
    const { transport, accepted, port, listener } = await echo(io);
    expect(listener.address.host).toBe('::1');
    const client = await transport.dial({ host: '::1', port, tls: { ca: certificates.ca } });
    client.duplex.on('error', () => {});
    const bytes = randomBytes(500_000);
    expect((await exchange(client, bytes)).equals(bytes)).toBe(true);
    expect(client.peerAddress).toEqual({ host: '::1', port });
    expect(accepted[0]?.peerAddress).toEqual({ host: '::1', port: client.localAddress.port });
    await client.close();
    await until(() => accepted[0]?.duplex.destroyed === true);
  });

  it('verifies the address against the certificate, and resumes with a ticket', async () => {
    const { transport, port } = await echo(io);
    const tickets = { store: new Map<string, Uint8Array>(), key: 'a' };
    const handshakes: string[] = [];
    for (let i = 0; i < 2; i++) {
      const client = await transport.dial({ host: '::1', port, tls: { ca: certificates.ca }, tickets });
      await exchange(client, Buffer.from('hello'));
      handshakes.push(client.stats().handshake);
      await client.close();
    }
    expect(handshakes).toEqual(['full', 'resumed']);
    const wrong = transport.dial({ host: '::1', port, tls: { ca: certificates.ca, serverName: 'other.example' } });
    await expect(wrong).rejects.toMatchObject({ code: 'MQB_CERTIFICATE' });
  });

  it('moves to another socket', async () => {
    const { transport, accepted, port } = await echo(io);
    const client = (await transport.dial({ host: '::1', port, tls: { ca: certificates.ca } })) as QuicConnection;
    client.duplex.on('error', () => {});
    await exchange(client, Buffer.from('here'));
    const before = accepted[0]?.peerAddress.port;
    await transport.move(client);
    expect((await exchange(client, Buffer.from('there'))).toString()).toBe('there');
    expect(accepted[0]?.peerAddress.port).not.toBe(before);
    expect(accepted[0]?.peerAddress.host).toBe('::1');
  });
});

describe.skipIf(!loopback)('a URL with an IPv6 address (skipped without ::1)', () => {
  it('connects', async () => {
    const { port } = await echo('auto');
    const duplex = await connect(`quic://[::1]:${port}`, { tls: { ca: certificates.ca } });
    duplex.on('error', () => {});
    const echoed = new Promise<string>((resolve) => duplex.once('data', (bytes: Buffer) => resolve(bytes.toString())));
    duplex.write('by URL');
    expect(await echoed).toBe('by URL');
    duplex.destroy();
  });
});

describe('a UDP port in use', () => {
  it('is named, with the option of the broker that moves it', async () => {
    const transport = quicTransport();
    const listener = await transport.listen({ host: '127.0.0.1', port: 0, tls }, () => {});
    undo.push(
      () => transport.close(),
      () => listener.close(),
    );
    const { port } = listener.address;
    await expect(transport.listen({ host: '127.0.0.1', port, tls }, () => {})).rejects.toMatchObject({
      code: 'MQB_PORT_IN_USE',
      hint: expect.stringContaining(`--quic ${port + 1}`),
    });
  });
});
