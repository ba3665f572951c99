import { randomBytes } from 'node:crypto';
import { afterEach, describe, expect, it } from 'vitest';
import { parseLong } from '../../src/transport/quic/endpoint/packet.js';
import { RetryTokens } from '../../src/transport/quic/endpoint/retry-token.js';
import type { Quiche } from '../../src/transport/quic/native.js';
import { quicTransport } from '../../src/transport/quic/transport.js';
import { certificates, clientAddress, delivered, Lab, lost, pause, serverAddress } from './wire.js';

let lab: Lab | undefined;
afterEach(() => {
  lab?.end();
  lab = undefined;
});

describe('a client that cannot be served', () => {
  it.each([['h3'], ['hq-interop'], ['mqtt5', 'h3']])('learns at once that nobody speaks %s', async (...alpn) => {
    const transport = quicTransport();
    const tls = { cert: certificates.cert, key: certificates.key };
    const listener = await transport.listen({ port: 0, tls }, () => {});
    const started = performance.now();
    const dialled = transport.dial({
      host: '127.0.0.1',
      port: listener.address.port,
      tls: { ca: certificates.ca, alpn },
    });
    await expect(dialled).rejects.toMatchObject({ code: 'MQB_ALPN' });
    expect(performance.now() - started).toBeLessThan(500);
    expect(listener.counters()).toMatchObject({ handshakesFailed: 1, handshakesRefused: 1 });
    await listener.close();
    await transport.close();
  });

  it('learns at once that the token of its Retry does not hold at its new port', async () => {
    lab = await Lab.start({ retry: 'always' });
    const { wire } = lab;
    const rebound = { host: clientAddress.host, port: 40_001 };
    wire.fate = (packet, from, to) => {
      const hasToken = from === clientAddress && (parseLong(packet)?.token.length ?? 0) > 0;
      if (hasToken) wire.inject(Buffer.from(packet), rebound, to);
      else if (to.port === rebound.port) wire.inject(Buffer.from(packet), from, clientAddress);
      else return delivered;
      return lost;
    };
    let quiche: Quiche | undefined;
    const started = performance.now();
    await expect(lab.dial((it) => (quiche = it))).rejects.toThrow('the handshake failed');
    expect(performance.now() - started).toBeLessThan(500);
    expect(quiche?.peerError()).toMatchObject({ isApp: false, errorCode: 0x0b });
    expect(lab.server.counters).toMatchObject({ retriesSent: 1, tokensRefused: 1, handshakesRefused: 1 });
  });

  it('may bring the token of another server: only those of a Retry of ours are refused', () => {
    const tokens = new RetryTokens();
    const [original, retryId] = [randomBytes(12), randomBytes(12)];
    const ours = tokens.issue(clientAddress, original, retryId, 0);
    expect(tokens.check(ours, clientAddress, retryId, 10)).toEqual(original);
    expect(tokens.check(ours, { ...clientAddress, port: 1 }, retryId, 10)).toBeUndefined();
    expect(tokens.check(ours, clientAddress, retryId, 11_000)).toBeUndefined();
    expect(tokens.isOurs(ours)).toBe(true);
    for (const bytes of [1, 20, ours.length, 100]) expect(tokens.isOurs(randomBytes(bytes))).toBe(false);
  });
});

describe('a server before the client has shown that it is where it says', () => {
  it('sends at most three times what it received, in bytes of datagrams, however long it waits', async () => {
    lab = await Lab.start();
    lab.firstDatagram(lab.client);
    await pause(5500); // quiche's probes of the handshake come after 1, 3 and 7 s
    const bytes = (from: object): number =>
      (lab as Lab).wire.sent.filter((one) => one.from === from).reduce((sum, { packet }) => sum + packet.length, 0);
    expect(bytes(clientAddress)).toBeGreaterThanOrEqual(1200);
    expect(bytes(serverAddress)).toBeGreaterThan(1200);
    expect(bytes(serverAddress) / bytes(clientAddress)).toBeLessThanOrEqual(3);
  }, 15_000);
});
