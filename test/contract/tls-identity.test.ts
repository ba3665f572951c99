import { connect } from 'node:tls';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { transportFor } from '../../src/transport/registry.js';
import { createAuthority, issueLeaf } from '../../src/transport/tls/certs.js';
import { checkIdentity, readCertificateOnce } from '../../src/transport/tls/peer-identity.js';
import type { Traits } from './suite.js';
import { Fixture } from './suite-fixture.js';

const traits: Traits = { name: 'tls', secure: true, halfClose: false, refused: ['MQB_REFUSED'] };
const make = () => transportFor('tls');
const versions = ['1.2', '1.3'] as const;

const authority = await createAuthority();
const here = ['localhost', '127.0.0.1', '::1'];
const leaves = {
  good: await issueLeaf(authority, here),
  renewed: await issueLeaf(authority, here),
  elsewhere: await issueLeaf(authority, ['elsewhere.example']),
  stranger: await issueLeaf(await createAuthority(), here),
};

describe.each(versions)('the certificate of a TLS %s server, which is looked at once', (version) => {
  const fixtures: Fixture[] = [];
  afterEach(async () => {
    await Promise.all(fixtures.splice(0).map((fixture) => fixture.end()));
  });
  const serve = async (leaf: keyof typeof leaves): Promise<Fixture> => {
    const fixture = await Fixture.start(traits, make, { tls: { ...leaves[leaf], version } });
    fixtures.push(fixture);
    return fixture;
  };
  const trusting = { ca: authority.cert, version };

  it('is accepted again, by name and by address', async () => {
    const good = await serve('good');
    for (const serverName of ['localhost', '127.0.0.1', 'localhost', '127.0.0.1']) {
      await good.dial({ tls: { ...trusting, serverName } });
    }
  });

  it('is checked anew when the same host shows another one', async () => {
    await (await serve('good')).dial({ tls: trusting });
    await (await serve('renewed')).dial({ tls: trusting });
    const elsewhere = await serve('elsewhere');
    for (let i = 0; i < 2; i++) {
      await expect(elsewhere.dial({ tls: trusting })).rejects.toMatchObject({ code: 'MQB_CERTIFICATE' });
    }
    await elsewhere.dial({ tls: { ...trusting, serverName: 'elsewhere.example' } });
  });

  it('is checked anew for another host, however often it was right for the first', async () => {
    const good = await serve('good');
    for (let i = 0; i < 2; i++) {
      await good.dial({ tls: trusting });
      const other = { ...trusting, serverName: 'other.example' };
      await expect(good.dial({ tls: other })).rejects.toMatchObject({ code: 'MQB_CERTIFICATE' });
    }
  });

  it('is refused by whoever does not trust its authority, also after others did', async () => {
    const stranger = await serve('stranger');
    await stranger.dial({ tls: { version, verify: false } }); // read, and not checked
    await expect(stranger.dial({ tls: trusting })).rejects.toMatchObject({ code: 'MQB_CERTIFICATE' });
    const good = await serve('good');
    await good.dial({ tls: trusting });
    const distrusting = { ...trusting, ca: (await createAuthority()).cert };
    await expect(good.dial({ tls: distrusting })).rejects.toMatchObject({ code: 'MQB_CERTIFICATE' });
  });

  it('is read and checked once for many connections', async () => {
    const { host, port } = (await serve('good')).listener.address;
    const seen = new Set<object>();
    for (let i = 0; i < 3; i++) {
      const socket = connect({ host, port, ca: authority.cert, checkServerIdentity: checkIdentity });
      readCertificateOnce(socket);
      await new Promise((resolve, reject) => socket.once('secureConnect', resolve).once('error', reject));
      seen.add(socket.getPeerCertificate());
      expect(socket.getPeerCertificate().subject.CN).toBe('localhost');
      socket.destroy();
    }
    expect(seen.size).toBe(1);
    const [certificate] = seen;
    const names = vi.fn(() => 'DNS:localhost');
    Object.defineProperty(certificate, 'subjectaltname', { get: names, configurable: true });
    expect(checkIdentity('127.0.0.1', certificate as never)).toBeUndefined();
    expect(names).not.toHaveBeenCalled(); // remembered
    expect(checkIdentity('other.example', certificate as never)).toBeInstanceOf(Error);
    expect(names).toHaveBeenCalled();
  });
});
