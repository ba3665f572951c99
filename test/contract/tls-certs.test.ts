import { X509Certificate } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { certificateCovers, createAuthority, issueLeaf, throwAwayCertificates } from '../../src/transport/tls/certs.js';

describe('throw-away certificates', () => {
  it('are a CA and a leaf that it signed, for servers and clients', async () => {
    const authority = await createAuthority('ours');
    const ca = new X509Certificate(authority.cert);
    const leaf = new X509Certificate((await issueLeaf(authority, ['broker.lab', '10.0.0.1', 'fd00::1'])).cert);
    expect([ca.ca, leaf.ca]).toEqual([true, false]);
    expect(leaf.verify(ca.publicKey)).toBe(true);
    expect(leaf.checkIssued(ca)).toBe(true);
    expect(leaf.subject).toBe('CN=broker.lab');
    expect(leaf.subjectAltName).toBe('DNS:broker.lab, IP Address:10.0.0.1, IP Address:FD00:0:0:0:0:0:0:1');
    expect(leaf.keyUsage).toEqual(['1.3.6.1.5.5.7.3.1', '1.3.6.1.5.5.7.3.2']); // serverAuth, clientAuth (RFC 5280 4.2.1.12)
    expect(leaf.publicKey.asymmetricKeyDetails).toEqual({ namedCurve: 'prime256v1' });
  });

  it('are valid now, since an hour, for 30 days', async () => {
    const { validFrom, validTo } = new X509Certificate((await throwAwayCertificates()).cert);
    const now = Date.now();
    expect(now - Date.parse(validFrom)).toBeGreaterThanOrEqual(3600_000);
    expect(now - Date.parse(validFrom)).toBeLessThan(3660_000);
    expect(Date.parse(validTo) - now).toBeGreaterThan(29.9 * 24 * 3600_000);
  });

  it('differ every time', async () => {
    const made = await Promise.all([throwAwayCertificates(), throwAwayCertificates()]);
    const [one, two] = made.map(({ cert }) => new X509Certificate(cert));
    expect(one?.serialNumber).not.toBe(two?.serialNumber);
    expect(one?.publicKey.equals(two?.publicKey as never)).toBe(false);
  });

  it('cover loopback and the names asked for, and nothing else', async () => {
    const { cert } = await throwAwayCertificates(['a.example', '192.0.2.7']);
    const covered = ['localhost', '127.0.0.1', '::1', 'a.example', '192.0.2.7', 'b.example', '192.0.2.8'];
    expect(covered.map((name) => certificateCovers(cert, name))).toEqual([true, true, true, true, true, false, false]);
  });
});
