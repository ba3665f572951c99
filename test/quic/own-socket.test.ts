import { afterEach, expect, it } from 'vitest';
import type { QuicSettings } from '../../src/transport/quic/settings.js';
import { quicTransport } from '../../src/transport/quic/transport.js';
import { certificates } from './wire.js';

const transport = quicTransport();
const undo: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

/** The ports that so many clients of one address dial from. */
async function portsOf(clients: number, quic: Partial<QuicSettings>): Promise<Set<number>> {
  const tls = { cert: certificates.cert, key: certificates.key };
  const listener = await transport.listen({ port: 0, tls }, ({ duplex }) => void duplex.on('error', () => {}));
  undo.push(
    () => transport.close(),
    () => listener.close(),
  );
  const to = { host: '127.0.0.1', port: listener.address.port, tls: { ca: certificates.ca }, quic };
  const dialled = await Promise.all(Array.from({ length: clients }, () => transport.dial(to)));
  for (const { duplex } of dialled) duplex.on('error', () => {});
  const ports = new Set(dialled.map(({ localAddress }) => localAddress.port));
  await Promise.all(dialled.map((connection) => connection.close()));
  return ports;
}

it('clients of one address share a socket, and with ownSocket each has its own', async () => {
  expect((await portsOf(4, {})).size).toBe(1);
  expect((await portsOf(4, { ownSocket: true })).size).toBe(4);
});
