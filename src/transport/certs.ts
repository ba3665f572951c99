import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign, X509Certificate } from 'node:crypto';
import { isIP, isIPv4 } from 'node:net';
import { MqbenchError } from '../base/errors.js';
import { exitCodes } from '../base/exit-codes.js';
import * as der from './der.js';

/** A certificate and its private key (PKCS #8), both PEM. */
export interface KeyPair {
  readonly cert: string;
  readonly key: string;
}

/** A certificate authority of one run; its key never leaves the process that made it. */
export interface Authority {
  readonly cert: string;
  readonly commonName: string;
  readonly privateKey: KeyObject;
  readonly keyId: Buffer;
}

/** Clocks of lab machines differ: valid from an hour ago, and long enough for any run. */
const backdatedMs = 3600_000;
const lifetimeMs = 30 * 24 * 3600_000;

const ecdsaWithSha256 = der.sequence(der.oid('1.2.840.10045.4.3.2'));

/** Makes a throw-away authority (ECDSA P-256, valid 30 days). Takes about a millisecond. */
export function createAuthority(commonName = 'mqbench throw-away CA'): Authority {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const keyId = keyIdentifier(publicKey);
  const cert = certificate({
    subject: commonName,
    issuer: commonName,
    publicKey,
    signer: privateKey,
    extensions: [
      extension('2.5.29.19', true, der.sequence(der.boolean(true))), // basicConstraints: CA
      extension('2.5.29.15', true, der.bitString(Buffer.of(0b0000_0110), 1)), // keyCertSign, cRLSign
      extension('2.5.29.14', false, der.octetString(keyId)),
    ],
  });
  return { cert, commonName, privateKey, keyId };
}

/**
 * Issues a leaf (CA:FALSE, for servers and clients) for the given DNS names and
 * IP addresses; addresses become IP SANs, which is where RFC 6125 clients look.
 * @throws MQB_BAD_NAME when there is no name
 */
export function issueLeaf(authority: Authority, names: readonly string[], commonName = names[0] ?? ''): KeyPair {
  if (names.length === 0) {
    throw new MqbenchError('MQB_BAD_NAME', 'issue a certificate without a name', {
      hint: 'give at least one host name or IP address',
      exitCode: exitCodes.usage,
    });
  }
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const cert = certificate({
    subject: commonName,
    issuer: authority.commonName,
    publicKey,
    signer: authority.privateKey,
    extensions: [
      extension('2.5.29.19', true, der.sequence()), // basicConstraints: cA defaults to FALSE, DER omits it
      extension('2.5.29.15', true, der.bitString(Buffer.of(0b1000_0000), 7)), // digitalSignature
      extension('2.5.29.37', false, der.sequence(der.oid('1.3.6.1.5.5.7.3.1'), der.oid('1.3.6.1.5.5.7.3.2'))),
      extension('2.5.29.17', false, der.sequence(...[...new Set(names)].map(generalName))),
      extension('2.5.29.14', false, der.octetString(keyIdentifier(publicKey))),
      extension('2.5.29.35', false, der.sequence(der.implicit(0, authority.keyId))),
    ],
  });
  return { cert, key: privateKey.export({ type: 'pkcs8', format: 'pem' }) as string };
}

/** What a server and those who verify it need, PEM. */
export interface ServerCertificates extends KeyPair {
  readonly ca: string;
}

/** A fresh authority and one leaf for localhost, both loopback addresses and the further names. */
export function throwAwayCertificates(names: readonly string[] = []): ServerCertificates {
  const authority = createAuthority();
  return { ca: authority.cert, ...issueLeaf(authority, ['localhost', '127.0.0.1', '::1', ...names]) };
}

interface Body {
  readonly subject: string;
  readonly issuer: string;
  readonly publicKey: KeyObject;
  readonly signer: KeyObject;
  readonly extensions: readonly Buffer[];
}

/** RFC 5280 section 4.1: the fields in their order, then the signature over them. */
function certificate(body: Body): string {
  const now = Math.floor(Date.now() / 1000) * 1000;
  const serial = randomBytes(16);
  serial[0] = (serial[0] as number) & 0x7f || 1;
  const toBeSigned = der.sequence(
    der.explicit(0, der.integer(Buffer.of(2))), // v3
    der.integer(serial),
    ecdsaWithSha256,
    distinguishedName(body.issuer),
    der.sequence(der.time(new Date(now - backdatedMs)), der.time(new Date(now + lifetimeMs))),
    distinguishedName(body.subject),
    body.publicKey.export({ type: 'spki', format: 'der' }),
    der.explicit(3, der.sequence(...body.extensions)),
  );
  const signature = sign('sha256', toBeSigned, body.signer);
  return der.pem('CERTIFICATE', der.sequence(toBeSigned, ecdsaWithSha256, der.bitString(signature)));
}

function distinguishedName(commonName: string): Buffer {
  return der.sequence(der.set(der.sequence(der.oid('2.5.4.3'), der.utf8String(commonName))));
}

function extension(id: string, critical: boolean, value: Buffer): Buffer {
  return der.sequence(der.oid(id), ...(critical ? [der.boolean(true)] : []), der.octetString(value));
}

/** dNSName [2] or iPAddress [7] (RFC 5280 section 4.2.1.6). */
function generalName(name: string): Buffer {
  return isIP(name) ? der.implicit(7, addressOctets(name)) : der.implicit(2, Buffer.from(name, 'ascii'));
}

/** Method 1 of RFC 5280 section 4.2.1.2: SHA-1 of the public key; an identifier, not a protection. */
function keyIdentifier(publicKey: KeyObject): Buffer {
  return createHash('sha1')
    .update(publicKey.export({ type: 'spki', format: 'der' }).subarray(-65))
    .digest();
}

/** 4 or 16 octets of an address in text form, in network order. */
export function addressOctets(address: string): Buffer {
  if (isIPv4(address)) return Buffer.from(address.split('.').map(Number));
  const mapped = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(address);
  if (mapped) {
    const tail = addressOctets(mapped[2] as string).toString('hex');
    return addressOctets(`${mapped[1]}${tail.slice(0, 4)}:${tail.slice(4)}`);
  }
  const [head = '', tail] = address.split('::');
  const words = (text: string): number[] =>
    text === '' ? [] : text.split(':').map((word) => Number.parseInt(word, 16));
  const left = words(head);
  const right = words(tail ?? '');
  const middle = tail === undefined ? [] : new Array<number>(8 - left.length - right.length).fill(0);
  const octets = Buffer.alloc(16);
  for (const [i, word] of [...left, ...middle, ...right].entries()) octets.writeUInt16BE(word, i * 2);
  return octets;
}

/** Whether the leaf is valid for this DNS name or IP address; for stacks that cannot check an IP SAN themselves. */
export function certificateCovers(cert: string | Buffer, name: string): boolean {
  const parsed = new X509Certificate(cert);
  return (isIP(name) ? parsed.checkIP(name) : parsed.checkHost(name, { subject: 'never' })) !== undefined;
}
