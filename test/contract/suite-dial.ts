import { createSocket } from 'node:dgram';
import { createServer } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { nowMicros } from '../../src/base/clock.js';
import { MqbenchError } from '../../src/base/errors.js';
import type { DialOptions } from '../../src/transport/contract.js';
import { createAuthority, issueLeaf } from '../../src/transport/tls/certs.js';
import { freePort } from '../helpers/free-port.js';
import type { Traits } from './suite.js';
import { certificates, Fixture, listenOptions, type Make, readExactly } from './suite-fixture.js';
import { fullListener } from './suite-full-port.js';

/** What the promise was rejected with; fails the test when it was not. */
async function rejection(promise: Promise<unknown>): Promise<MqbenchError> {
  const error = await promise.then(
    () => new Error('resolved, but a failure was expected'),
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(MqbenchError);
  return error as MqbenchError;
}

/** Connecting: when it is ready, how it fails, and in which words. */
export function describeDialling(traits: Traits, make: Make): void {
  describe('dial and listen', () => {
    let fixture: Fixture;
    const silent: Closable[] = [];
    afterEach(async () => {
      await fixture.end();
      for (const server of silent.splice(0)) server.close();
    });

    it('orders its timings and names both ends alike', async () => {
      fixture = await Fixture.start(traits, make);
      const before = nowMicros();
      const { client, server } = await fixture.pair();
      const { started, socket, ready } = client.timings;
      const inOrder = [before, started, socket, ready, nowMicros()];
      expect(inOrder).toEqual(inOrder.toSorted((a, b) => a - b));
      expect(client.peerAddress).toEqual(fixture.listener.address);
      expect(server.peerAddress).toEqual(client.localAddress);
      expect(server.localAddress).toEqual(fixture.listener.address);
      expect(client.transport).toBe(traits.name);
      expect(client.stats().handshake).toBe(traits.secure ? 'full' : 'none');
    });

    it('leaves from the local address asked for', async () => {
      fixture = await Fixture.start(traits, make);
      const { client, server } = await fixture.pair({ localAddress: '127.0.0.2' });
      expect(client.localAddress.host).toBe('127.0.0.2');
      expect(server.peerAddress.host).toBe('127.0.0.2');
    });

    it('says which URL was refused when nobody listens', async () => {
      fixture = await Fixture.start(traits, make);
      const port = await freePort();
      const error = await rejection(fixture.transport.dial(fixture.dialOptions({ port, timeoutMs: 3000 })));
      expect(traits.refused).toContain(error.code);
      expect(error.message).toContain(`127.0.0.1:${port}`);
      expect(error.hint).toBeTruthy();
    });

    it('says that a name cannot be found', async () => {
      fixture = await Fixture.start(traits, make);
      // RFC 6761 section 6.4: names under "invalid" never resolve.
      const error = await rejection(fixture.transport.dial(fixture.dialOptions({ host: 'broker.invalid' })));
      expect(error.code).toBe('MQB_UNREACHABLE');
      expect(error.message).toContain('broker.invalid');
    });

    it('gives up after the time limit when the peer says nothing', async () => {
      fixture = await Fixture.start(traits, make);
      const options = await unanswered(fixture, silent);
      const before = performance.now();
      const error = await rejection(fixture.transport.dial({ ...options, timeoutMs: 300 }));
      expect(error.code).toBe('MQB_DIAL_TIMEOUT');
      expect(error.message).toContain('300 ms');
      expect(performance.now() - before).toBeGreaterThan(290);
    });

    it('ends at once when the dial is aborted', async () => {
      fixture = await Fixture.start(traits, make);
      const options = await unanswered(fixture, silent);
      const controller = new AbortController();
      const dial = rejection(fixture.transport.dial({ ...options, signal: controller.signal }));
      setTimeout(() => controller.abort(), 50);
      expect((await dial).code).toBe('MQB_ABORTED');
      const late = await rejection(fixture.transport.dial({ ...options, signal: controller.signal }));
      expect(late.code).toBe('MQB_ABORTED');
    });

    it('names a port that is in use and how to move', async () => {
      fixture = await Fixture.start(traits, make);
      const { port } = fixture.listener.address;
      const error = await rejection(fixture.transport.listen(listenOptions(traits, { port }), () => {}));
      expect(error.code).toBe('MQB_PORT_IN_USE');
      expect(error.message).toContain(String(port));
      expect(error.hint).toMatch(/port/);
    });

    it('names an address that this machine does not have', async () => {
      fixture = await Fixture.start(traits, make);
      const options = listenOptions(traits, { host: '192.0.2.1' });
      expect((await rejection(fixture.transport.listen(options, () => {}))).code).toBe('MQB_LISTEN');
    });

    if (!traits.secure) return;

    it('refuses a certificate of an unknown authority and says what to trust', async () => {
      fixture = await Fixture.start(traits, make);
      const tls = { ...traits.dial?.tls, ca: (await createAuthority('somebody else')).cert };
      const error = await rejection(fixture.transport.dial(fixture.dialOptions({ tls })));
      expect(error.code).toBe('MQB_CERTIFICATE');
      expect(error.message).toContain(String(fixture.listener.address.port));
      expect(error.hint).toMatch(/CA/);
    });

    it('refuses a certificate for another name', async () => {
      fixture = await Fixture.start(traits, make);
      const tls = { ...traits.dial?.tls, ca: certificates.ca, serverName: 'other.example' };
      expect((await rejection(fixture.transport.dial(fixture.dialOptions({ tls })))).code).toBe('MQB_CERTIFICATE');
    });

    it('verifies an IP address against the IP SANs', async () => {
      const authority = await createAuthority();
      const { cert, key } = await issueLeaf(authority, ['localhost', '127.0.0.9']);
      fixture = await Fixture.start(traits, make, { tls: { ...traits.listen?.tls, cert, key } });
      const tls = { ...traits.dial?.tls, ca: authority.cert };
      expect((await rejection(fixture.transport.dial(fixture.dialOptions({ tls })))).code).toBe('MQB_CERTIFICATE');
      // In TLS 1.2 the server has accepted the client that refused it: do not wait for "the next one".
      await fixture.dial({ tls: { ...tls, serverName: 'localhost' } });
    });

    it('connects to anything when verification is off', async () => {
      fixture = await Fixture.start(traits, make);
      const { client, server } = await fixture.pair({
        tls: { ...traits.dial?.tls, verify: false, serverName: 'other.example' },
      });
      server.duplex.write('x');
      expect((await readExactly(client.duplex, 1)).toString()).toBe('x');
    });

    it('resumes with a ticket kept from an earlier connection', async () => {
      fixture = await Fixture.start(traits, make);
      const kept = new Map<string, Uint8Array>();
      const store = {
        get: (key: string) => kept.get(key),
        set: (key: string, ticket: Uint8Array) => void kept.set(key, ticket),
        delete: (key: string) => void kept.delete(key),
      };
      const first = await fixture.pair({ tickets: { store, key: 'c1' } });
      first.server.duplex.write('x');
      await readExactly(first.client.duplex, 1);
      await first.client.close();
      expect(kept.has('c1')).toBe(true);
      const second = await fixture.pair({ tickets: { store, key: 'c1' } });
      expect(['resumed', 'early-data']).toContain(second.client.stats().handshake);
      expect(['resumed', 'early-data']).toContain(second.server.stats().handshake);
    });
  });
}

interface Closable {
  close(): void;
}

/** Options of a dial that reaches somebody who never answers. */
async function unanswered(fixture: Fixture, silent: Closable[]): Promise<DialOptions> {
  if (fixture.traits.name === 'tcp') {
    const full = await fullListener();
    silent.push(full);
    return fixture.dialOptions({ port: full.port });
  }
  if (fixture.traits.name === 'quic') {
    const socket = createSocket('udp4');
    await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
    silent.push(socket);
    return fixture.dialOptions({ port: socket.address().port });
  }
  const server = createServer((socket) =>
    socket
      .on('error', () => {})
      .resume()
      .unref(),
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  silent.push(server);
  return fixture.dialOptions({ port: (server.address() as { port: number }).port });
}
