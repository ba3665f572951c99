import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { messageOf } from '../../base/errors.js';

export const keyPairHint =
  'a certificate file is PEM: its own certificate first, then each issuer; the key is the one that it was made for, without a passphrase';

const pemCertificate = /-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g;

// A fleet of one certificate would have it parsed for every client.
const known = new Map<string, string | undefined>();
const knownLimit = 64;

/**
 * Why a certificate (or chain, its own certificate first) and a private key, both PEM, are no pair; undefined: they are.
 * OpenSSL takes a pair of two kinds of keys without a word, and sends no certificate then.
 */
export function keyPairProblem(cert: string, key: string): string | undefined {
  const both = `${cert}\0${key}`;
  if (known.has(both)) return known.get(both);
  const problem = find(cert, key);
  if (known.size >= knownLimit) known.clear();
  known.set(both, problem);
  return problem;
}

function find(cert: string, key: string): string | undefined {
  if (cert === '') return 'there is a key, and no certificate';
  if (key === '') return 'there is a certificate, and no key';
  const pems = cert.match(pemCertificate) ?? [];
  if (pems.length === 0) return 'there is no certificate in PEM';
  let chain: X509Certificate[];
  let privateKey: KeyObject;
  let what = 'certificate';
  try {
    chain = pems.map((pem) => new X509Certificate(pem));
    what = 'key';
    privateKey = createPrivateKey(key);
  } catch (error) {
    return `the ${what} cannot be read: ${messageOf(error)}`;
  }
  const own = chain.findIndex((one) => one.checkPrivateKey(privateKey));
  if (own < 0) return 'the key is not that of the certificate';
  if (own > 0) return `the key is that of certificate ${own + 1} of the file, which must be the first`;
  return orderProblem(chain);
}

/** Certificates beyond the chain are allowed (RFC 8446, 4.4.2); those of the chain stand in its order. */
function orderProblem(chain: readonly X509Certificate[]): string | undefined {
  for (const [i, certificate] of chain.slice(0, -1).entries()) {
    if (certificate.checkIssued(chain[i + 1] as X509Certificate)) continue;
    const issuer = chain.findIndex((other, at) => at !== i && certificate.checkIssued(other));
    if (issuer > i + 1) return `the issuer of certificate ${i + 1} is certificate ${issuer + 1}, which must come next`;
  }
  return undefined;
}
