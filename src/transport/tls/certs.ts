import { X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import type { SelfsignedOptions } from 'selfsigned';

/** A certificate and its private key (PKCS #8), both PEM. */
export interface KeyPair {
  readonly cert: string;
  readonly key: string;
}

/** Clocks of lab machines differ: valid from an hour ago, and long enough for any run. */
const backdatedMs = 3600_000;
const usualDays = 30;
const dayMs = 24 * 3600_000;

/** Makes a throw-away certificate authority (ECDSA P-256). @param days that it is valid for */
export function createAuthority(commonName = 'mqbench throw-away CA', days = usualDays): Promise<KeyPair> {
  const extensions: SelfsignedOptions['extensions'] = [
    { name: 'basicConstraints', cA: true, critical: true },
    { name: 'keyUsage', keyCertSign: true, cRLSign: true, critical: true },
  ];
  return generate(commonName, extensions, days);
}

/**
 * Issues a leaf (CA:FALSE, for servers and clients) for the given DNS names and
 * IP addresses; addresses become IP SANs, which is where RFC 6125 clients look.
 * @param names at least one, which is the common name
 * @param days that it is valid for
 */
export function issueLeaf(authority: KeyPair, names: readonly string[], days = usualDays): Promise<KeyPair> {
  const extensions: SelfsignedOptions['extensions'] = [
    { name: 'basicConstraints', cA: false, critical: true },
    { name: 'keyUsage', digitalSignature: true, critical: true },
    { name: 'extKeyUsage', serverAuth: true, clientAuth: true },
    { name: 'subjectAltName', altNames: [...new Set(names)].map(alternativeName) },
  ];
  return generate(names[0] as string, extensions, days, authority);
}

/** What a server and those who verify it need, PEM. */
export interface ServerCertificates extends KeyPair {
  readonly ca: string;
}

/** A fresh authority and one leaf for localhost, both loopback addresses and the further names. */
export async function throwAwayCertificates(
  names: readonly string[] = [],
  days = usualDays,
): Promise<ServerCertificates> {
  const authority = await createAuthority(undefined, days);
  const leaf = await issueLeaf(authority, ['localhost', '127.0.0.1', '::1', ...names], days);
  return { ca: authority.cert, ...leaf };
}

async function generate(
  name: string,
  extensions: SelfsignedOptions['extensions'],
  days: number,
  ca?: KeyPair,
): Promise<KeyPair> {
  // Loaded when it is used: it takes 0.2 s, and most starts make no certificate.
  const selfsigned = await import('selfsigned');
  const now = Math.floor(Date.now() / 1000) * 1000;
  const made = await selfsigned.generate([{ name: 'commonName', value: name }], {
    keyType: 'ec',
    curve: 'P-256',
    algorithm: 'sha256',
    notBeforeDate: new Date(now - backdatedMs),
    notAfterDate: new Date(now + days * dayMs),
    ...{ extensions, ca },
  });
  return { cert: made.cert, key: made.private };
}

/** dNSName [2] or iPAddress [7] (RFC 5280 section 4.2.1.6). */
function alternativeName(name: string): { type: 2; value: string } | { type: 7; ip: string } {
  return isIP(name) ? { type: 7, ip: name } : { type: 2, value: name };
}

/** Whether the leaf is valid for this DNS name or IP address; for stacks that cannot check an IP SAN themselves. */
export function certificateCovers(cert: string | Buffer, name: string): boolean {
  const parsed = new X509Certificate(cert);
  return (isIP(name) ? parsed.checkIP(name) : parsed.checkHost(name, { subject: 'never' })) !== undefined;
}
