import { X509Certificate } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  addressOctets,
  certificateCovers,
  createAuthority,
  issueLeaf,
  throwAwayCertificates,
} from '../../src/transport/certs.js';

describe('throw-away certificates', () => {
  it('are a CA and a leaf that it signed, for servers and clients', () => {
    const authority = createAuthority('ours');
    const ca = new X509Certificate(authority.cert);
    const leaf = new X509Certificate(issueLeaf(authority, ['broker.lab', '10.0.0.1', 'fd00::1']).cert);
    expect([ca.ca, leaf.ca]).toEqual([true, false]);
    expect(leaf.verify(ca.publicKey)).toBe(true);
    expect(leaf.checkIssued(ca)).toBe(true);
    expect(leaf.subject).toBe('CN=broker.lab');
    expect(leaf.subjectAltName).toBe('DNS:broker.lab, IP Address:10.0.0.1, IP Address:FD00:0:0:0:0:0:0:1');
    expect(leaf.keyUsage).toEqual(['1.3.6.1.5.5.7.3.1', '1.3.6.1.5.5.7.3.2']); // serverAuth, clientAuth (RFC 5280 4.2.1.12)
    expect(leaf.publicKey.asymmetricKeyDetails).toEqual({ namedCurve: 'prime256v1' });
  });

  it('are valid now, since an hour, for 30 days', () => {
    const { validFrom, validTo } = new X509Certificate(throwAwayCertificates().cert);
    const now = Date.now();
    expect(now - Date.parse(validFrom)).toBeGreaterThanOrEqual(3600_000);
    expect(now - Date.parse(validFrom)).toBeLessThan(3660_000);
    expect(Date.parse(validTo) - now).toBeGreaterThan(29.9 * 24 * 3600_000);
  });

  it('differ every time', () => {
    const [one, two] = [throwAwayCertificates(), throwAwayCertificates()].map(({ cert }) => new X509Certificate(cert));
    expect(one?.serialNumber).not.toBe(two?.serialNumber);
    expect(one?.publicKey.equals(two?.publicKey as never)).toBe(false);
  });

  it('cover loopback and the names asked for, and nothing else', () => {
    const { cert } = throwAwayCertificates(['a.example', '192.0.2.7']);
    const covered = ['localhost', '127.0.0.1', '::1', 'a.example', '192.0.2.7', 'b.example', '192.0.2.8'];
    expect(covered.map((name) => certificateCovers(cert, name))).toEqual([true, true, true, true, true, false, false]);
  });

  it('need a name', () => {
    expect(() => issueLeaf(createAuthority(), [])).toThrow(expect.objectContaining({ code: 'MQB_BAD_NAME' }));
  });

  it('write any IPv6 address so that it is found again', () => {
    const authority = createAuthority();
    fc.assert(
      fc.property(fc.ipV6(), (address) => {
        expect(addressOctets(address)).toHaveLength(16);
        expect(certificateCovers(issueLeaf(authority, [address]).cert, address)).toBe(true);
      }),
      { numRuns: 60, seed: 1 },
    );
  });
});
