import { generate } from 'selfsigned';
import { afterAll, describe, expect, it } from 'vitest';
import { transportFor } from '../../src/transport/registry.js';
import { createAuthority, issueLeaf, type KeyPair } from '../../src/transport/tls/certs.js';
import type { Traits } from './suite.js';
import { Fixture } from './suite-fixture.js';

// A certificate that was found right is not looked at again; any other is, whoever shows it.

const authority = await createAuthority();
const here = ['localhost', '127.0.0.1', '::1'];

/** As {@link issueLeaf} makes one, but its time is over. */
async function expiredLeaf(): Promise<KeyPair> {
  const day = 24 * 3600_000;
  const { cert, private: key } = await generate([{ name: 'commonName', value: 'localhost' }], {
    keyType: 'ec',
    curve: 'P-256',
    algorithm: 'sha256',
    notBeforeDate: new Date(Date.now() - 2 * day),
    notAfterDate: new Date(Date.now() - day),
    extensions: [
      { name: 'basicConstraints', cA: false, critical: true },
      {
        name: 'subjectAltName',
        altNames: [{ type: 2, value: 'localhost' }, ...here.slice(1).map((ip) => ({ type: 7 as const, ip }))],
      },
    ],
    ca: authority,
  });
  return { cert, key };
}

const good = await issueLeaf(authority, here);
const others = {
  'of another name': await issueLeaf(authority, ['elsewhere.example']),
  'of another authority': await issueLeaf(await createAuthority(), here),
  'that has expired': await expiredLeaf(),
};

describe.each(['tls', 'wss', 'quic'] as const)('a second certificate over %s', (name) => {
  const traits: Traits = { name, secure: true, halfClose: name === 'quic', refused: [] };
  const fixtures: Fixture[] = [];
  const serve = async (leaf: KeyPair): Promise<Fixture> => {
    const fixture = await Fixture.start(traits, () => transportFor(name), { tls: leaf });
    fixtures.push(fixture);
    return fixture;
  };
  afterAll(async () => {
    await Promise.all(fixtures.map((fixture) => fixture.end()));
  });

  it.each(Object.entries(others))('%s is refused, also after the first was accepted', async (_, leaf) => {
    const [first, second] = [await serve(good), await serve(leaf)];
    for (const serverName of ['localhost', '127.0.0.1']) {
      const tls = { ca: authority.cert, serverName };
      for (let i = 0; i < 2; i++) {
        await first.dial({ tls });
        await expect(second.dial({ tls })).rejects.toMatchObject({ code: 'MQB_CERTIFICATE' });
      }
    }
  });
});
