import { createSecureContext, type SecureContextOptions } from 'node:tls';
import { isHost } from '../transport/url.js';
import type { Rule } from './asked.js';

/** What TLS over TCP may choose from, as OpenSSL calls it. */
const lists = { ciphers: 'ciphers', signatureAlgorithms: 'sigalgs', groups: 'ecdhCurve' } as const satisfies Record<
  string,
  keyof SecureContextOptions
>;

/** As {@link ./asked.ts Asked} has it. */
export interface TlsAsked {
  readonly ciphers?: readonly string[];
  readonly signatureAlgorithms?: readonly string[];
  readonly groups?: readonly string[];
  readonly serverName?: string;
  readonly alpn?: readonly string[];
}

/** Bytes of a protocol's name (RFC 7301, 3.1). */
const longestProtocol = 255;

/** What of these lists cannot be, and names that no handshake can hold. */
export const tlsNamesRule: Rule = (asked, { subject, name }, wrong) => {
  const { transport, ciphers = [], tlsVersion = '1.3', alpn, serverName } = asked;
  if (transport === undefined) return;
  for (const at of Object.keys(lists) as (keyof typeof lists)[]) {
    if (asked[at] === undefined) continue;
    const unknown = asked[at].filter((one) => !isTaken({ [lists[at]]: one }));
    if (transport === 'quic') wrong(at, 'is of TLS over TCP; the QUIC library chooses by itself');
    else if (transport !== 'tls' && transport !== 'wss')
      wrong(at, `needs tls or wss, and ${subject} uses ${transport}`);
    if (unknown.length > 0) wrong(at, `has what OpenSSL here does not know: ${unknown.join(', ')}`);
  }
  // OpenSSL keeps two lists and would quietly use its own suites of the version that none is given for.
  const fits = (one: string): boolean => one.startsWith('TLS_') === (tlsVersion === '1.3');
  const say =
    tlsVersion === '1.3' ? `those begin with TLS_; or add ${name('tlsVersion')} 1.2` : 'those do not begin with TLS_';
  if (ciphers.length > 0 && !ciphers.some(fits))
    wrong('ciphers', `names no suite of TLS ${tlsVersion}, which ${subject} uses: ${say}`);
  if (alpn?.length === 0) wrong('alpn', `names no protocol: leave it out, or give one, e.g. ${name('alpn')} mqtt`);
  for (const one of alpn ?? [])
    if (Buffer.byteLength(one) > longestProtocol)
      wrong('alpn', `has more than ${longestProtocol} bytes, and no protocol has (RFC 7301, 3.1)`, one);
  if (serverName !== undefined && !isHost(serverName))
    wrong('serverName', 'is neither an address nor the name of a host', serverName);
};

function isTaken(given: SecureContextOptions): boolean {
  try {
    createSecureContext(given);
    return true;
  } catch {
    return false;
  }
}
