import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { connect as connectTcp, createServer as createPlainServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { afterEach, describe, expect, it } from 'vitest';
import { transportFor } from '../../src/transport/registry.js';
import { createAuthority, issueLeaf } from '../../src/transport/tls/certs.js';
import { describeTransport, type Traits } from './suite.js';
import { certificates, Fixture, readExactly } from './suite-fixture.js';

const traits: Traits = { name: 'tls', secure: true, halfClose: false, refused: ['MQB_REFUSED'] };
const make = () => transportFor('tls');

describeTransport(traits, make);
describeTransport(
  {
    ...traits,
    variant: 'TLS 1.2',
    listen: { tls: { cert: certificates.cert, key: certificates.key, version: '1.2' } },
    dial: { tls: { ca: certificates.ca, version: '1.2' } },
  },
  make,
);

describe('tls settings', () => {
  let fixture: Fixture;
  afterEach(() => fixture.end());
  const server = { cert: certificates.cert, key: certificates.key };

  it('uses exactly the version asked for', async () => {
    fixture = await Fixture.start(traits, make, { tls: { ...server, version: '1.2' } });
    await expect(fixture.dial({ tls: { ca: certificates.ca } })).rejects.toMatchObject({
      code: 'MQB_TLS',
      hint: expect.stringContaining('1.2'),
    });
    await fixture.pair({ tls: { ca: certificates.ca, version: '1.2' } });
  });

  it('asks for client certificates and refuses those of another CA', async () => {
    const authority = await createAuthority();
    fixture = await Fixture.start(traits, make, { tls: { ...server, clientCa: authority.cert, version: '1.2' } });
    const dial = (pair: { cert?: string; key?: string }) =>
      fixture.dial({ tls: { ca: certificates.ca, version: '1.2', ...pair } });
    await dial(await issueLeaf(authority, ['c1']));
    await expect(dial(await issueLeaf(await createAuthority(), ['c1']))).rejects.toMatchObject({
      code: expect.stringMatching(/MQB_(CERTIFICATE|TLS)/),
    });
    await expect(dial({})).rejects.toMatchObject({ code: expect.stringMatching(/MQB_(CERTIFICATE|TLS)/) });
    expect(fixture.listener.counters().handshakesFailed).toBe(2);
  });

  describe.each(['1.2', '1.3'] as const)('pre-shared keys in the place of certificates, TLS %s', (version) => {
    const psks = { 'device-0': 'aa00bb11cc22dd33aa00bb11cc22dd33' };
    const start = async () => {
      fixture = await Fixture.start(traits, make, { tls: { cert: '', key: '', psks, version } });
    };
    const dial = (identity: string, key: string) => fixture.dial({ tls: { version, psk: { identity, key } } });

    it('let in who knows one, and nothing is resumed', async () => {
      await start();
      const { client, server } = await fixture.pair({
        tls: { version, psk: { identity: 'device-0', key: psks['device-0'] } },
      });
      expect([client.handshake, server.handshake]).toEqual(['full', 'full']);
    });

    it.each([
      ['another key', 'device-0', 'bb00bb11cc22dd33aa00bb11cc22dd33'],
      ['an identity that is not known', 'device-1', psks['device-0']],
      ['a word that every object has', 'constructor', psks['device-0']],
    ])('let nobody in with %s', async (_, identity, key) => {
      await start();
      await expect(dial(identity, key)).rejects.toMatchObject({ code: expect.stringMatching(/^MQB_/) });
      expect(fixture.listener.counters().handshakesFailed).toBe(1);
    });

    it('let nobody in who looks for a certificate', async () => {
      await start();
      await expect(fixture.dial({ tls: { ca: certificates.ca, version } })).rejects.toMatchObject({
        code: expect.stringMatching(/^MQB_/),
      });
    });
  });

  it('agrees on an application protocol, and says when there is none in common', async () => {
    fixture = await Fixture.start(traits, make, { tls: { ...server, alpn: ['mqtt'] } });
    await fixture.pair({ tls: { ca: certificates.ca, alpn: ['x-amzn-mqtt-ca', 'mqtt'] } });
    await expect(fixture.dial({ tls: { ca: certificates.ca, alpn: ['h2'] } })).rejects.toMatchObject({
      code: 'MQB_ALPN',
    });
  });

  it('writes the key log of both sides in the NSS format', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'mqbench-'));
    const keyLogFile = join(folder, 'keys');
    fixture = await Fixture.start(traits, make, { tls: { ...server, keyLogFile } });
    await fixture.pair({ tls: { ca: certificates.ca, keyLogFile } });
    const lines = readFileSync(keyLogFile, 'utf8').trim().split('\n');
    const secrets = lines.filter((line) => /^CLIENT_TRAFFIC_SECRET_0 [0-9a-f]{64} [0-9a-f]{96}$/.test(line));
    expect(secrets).toHaveLength(2);
    expect(new Set(secrets).size).toBe(1); // both sides know the same secret
    expect(statSync(keyLogFile).mode & 0o077).toBe(0);
    rmSync(folder, { recursive: true });
  });

  it('resumes at another server that shares the ticket key, and not at one that does not', async () => {
    const kept = new Map<string, Uint8Array>();
    const store = {
      get: (key: string) => kept.get(key),
      set: (key: string, ticket: Uint8Array) => void kept.set(key, ticket),
      delete: (key: string) => void kept.delete(key),
    };
    const tickets = { store, key: 'c' };
    const ticketKey = Buffer.alloc(48, 7);
    fixture = await Fixture.start(traits, make, { tls: { ...server, ticketKey } });
    const sharing = await Fixture.start(traits, make, { tls: { ...server, ticketKey } });
    const stranger = await Fixture.start(traits, make, { tls: { ...server, ticketKey: Buffer.alloc(48, 8) } });
    const handshakes: string[] = [];
    for (const at of [fixture, sharing, stranger]) {
      const pair = await at.pair({ tickets });
      handshakes.push(pair.client.stats().handshake);
      pair.server.duplex.write('x');
      await readExactly(pair.client.duplex, 1); // TLS 1.3 tickets have come by then
    }
    expect(handshakes).toEqual(['full', 'resumed', 'full']);
    await Promise.all([sharing.end(), stranger.end()]);
  });

  it('says when a port does not speak TLS', async () => {
    fixture = await Fixture.start(traits, make);
    const plain = createPlainServer((socket) => socket.on('error', () => {}).end('no TLS here\n'));
    await new Promise<void>((resolve) => plain.listen(0, '127.0.0.1', resolve));
    const { port } = plain.address() as { port: number };
    await expect(fixture.dial({ port })).rejects.toMatchObject({
      code: 'MQB_TLS',
      message: expect.stringContaining('TLS'),
    });
    plain.close();
  });

  it('counts handshakes that fail and goes on', async () => {
    fixture = await Fixture.start(traits, make);
    const { host, port } = fixture.listener.address;
    const stranger = connect({ host, port, ca: [], rejectUnauthorized: true });
    await new Promise((resolve) => stranger.once('error', resolve));
    await fixture.pair();
    await expect.poll(() => fixture.listener.counters().handshakesFailed).toBe(1);
  });

  it('closes connections beyond the handshakes allowed, and takes clients when those are over', async () => {
    fixture = await Fixture.start(traits, make, { tls: server, maxHandshakes: 2 });
    const { host, port } = fixture.listener.address;
    const silent = [0, 1, 2].map(() => connectTcp(port, host));
    const closed = silent.map((socket) => new Promise<number>((resolve) => socket.once('close', () => resolve(1))));
    for (const socket of silent) socket.on('error', () => {}).resume();
    expect(await Promise.race(closed)).toBe(1);
    expect(fixture.listener.counters()).toMatchObject({ handshakesRefused: 1, handshaking: 2 });
    await expect(fixture.dial()).rejects.toMatchObject({ code: 'MQB_TLS' });
    for (const socket of silent) socket.destroy();
    await expect.poll(() => fixture.listener.counters().handshaking).toBe(0);
    await fixture.pair();
  });

  it('says which settings OpenSSL cannot read', async () => {
    fixture = await Fixture.start(traits, make);
    await expect(fixture.dial({ tls: { ca: certificates.ca, ciphers: 'NONESUCH' } })).rejects.toMatchObject({
      code: 'MQB_TLS_SETTINGS',
      exitCode: 2,
    });
    const listen = fixture.transport.listen({ port: 0, tls: { cert: 'x', key: 'y' } }, () => {});
    await expect(listen).rejects.toMatchObject({ code: 'MQB_TLS_SETTINGS' });
  });
});
