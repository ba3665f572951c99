import { randomBytes } from 'node:crypto';
import { afterEach, describe, expect, it } from 'vitest';
import type { Connection } from '../../src/transport/contract.js';
import { quicTransport } from '../../src/transport/quic/transport.js';
import { UdpRelay } from '../broker/udp-relay.js';
import { certificates, exchange, pause } from './wire.js';

const undo: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

describe.each(['auto', 'dgram'] as const)('a NAT between real sockets, io %s', (io) => {
  it('may rebind 22 times in one connection, in traffic and in pauses', async () => {
    const transport = quicTransport({ io });
    const accepted: Connection[] = [];
    const tls = { cert: certificates.cert, key: certificates.key };
    const listener = await transport.listen({ port: 0, tls }, (connection) => {
      accepted.push(connection);
      connection.duplex.on('error', () => {});
      connection.duplex.pipe(connection.duplex);
    });
    undo.push(
      () => transport.close(),
      () => listener.close(),
    );
    const relay = await UdpRelay.start(listener.address.port, 5);
    undo.push(() => relay.close());
    const client = await transport.dial({ host: '127.0.0.1', port: relay.port, tls: { ca: certificates.ca } });
    client.duplex.on('error', () => {});
    // Until the handshake is confirmed nobody may follow an address (RFC 9000, section 9), and docs/quic.md has what happens then.
    await exchange(client as Parameters<typeof exchange>[0], randomBytes(10));
    const seen = new Set<number>();
    for (let i = 0; i < 22; i++) {
      const bytes = randomBytes(20_000);
      const echoed = exchange(client as Parameters<typeof exchange>[0], bytes);
      if (i % 2 === 0) await pause(3); // half of them while answers are on their way to the old port
      await relay.rebind();
      expect((await echoed).equals(bytes)).toBe(true);
      const confirm = randomBytes(10);
      expect((await exchange(client as Parameters<typeof exchange>[0], confirm)).equals(confirm)).toBe(true);
      expect(accepted[0]?.peerAddress.port).toBe(relay.outerPort);
      seen.add(relay.outerPort);
    }
    expect(accepted).toHaveLength(1);
    expect(seen.size).toBeGreaterThan(15); // the kernel may give a port twice
    expect(accepted[0]?.stats().pathChanges).toBeGreaterThanOrEqual(seen.size - 1);
  }, 60_000);
});
