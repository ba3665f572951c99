import { createSecureContext, type SecureContextOptions } from 'node:tls';
import { shortened } from '../../../base/text/shortened.js';
import type { ClientTls, TransportName } from '../../../transport/contract.js';
import { clientContext } from '../../../transport/tls/context.js';
import { keyPairHint, keyPairProblem } from '../../../transport/tls/key-pair.js';
import { isHost, noHost } from '../../../transport/url.js';
import { dashed, rows } from '../../option-rows.js';
import { list, usage } from '../../parsers.js';
import type { LoadFlags } from './flags.js';

/** What TLS may choose from. OpenSSL separates names by colon, emqtt-bench by comma; both are understood. */
export const tlsOptions = rows(
  {
    ciphers: ['--ciphers <list>', 'cipher suites by OpenSSL’s names, separated by commas (tls and wss)', names],
    signatureAlgs: [
      '--signature-algs <list>',
      'signature algorithms separated by commas, e.g. ecdsa_secp256r1_sha256,ed25519 (tls and wss)',
      names,
    ],
    keyexAlgs: [
      '--keyex-algs <list>',
      'groups of the key exchange separated by commas, e.g. x25519,secp256r1 (tls and wss)',
      names,
    ],
  },
  { group: 'Security' },
);

function names(text: string): string[] {
  const found = list(text.replaceAll(':', ','));
  if (found.length === 0) throw usage('the list is empty');
  return found.map((name) => name.replace(/^eddsa_(?=ed)/, '')); // Erlang's name of ed25519 and ed448
}

const settings = { ciphers: 'ciphers', signatureAlgs: 'sigalgs', keyexAlgs: 'ecdhCurve' } as const satisfies Partial<
  Record<keyof LoadFlags, keyof SecureContextOptions>
>;

/** What of these lists cannot be. */
export function tlsProblems(transport: TransportName, flags: LoadFlags): string[] {
  const problems: string[] = [];
  for (const key of Object.keys(settings) as (keyof typeof settings)[]) {
    const given = flags[key];
    if (given === undefined) continue;
    const option = dashed(key);
    if (transport === 'quic') problems.push(`${option} is of TLS over TCP; the QUIC library chooses by itself`);
    else if (transport !== 'tls' && transport !== 'wss')
      problems.push(`${option} needs tls or wss, and this run uses ${transport}`);
    const unknown = given.filter((name) => !isTaken({ [settings[key]]: name }));
    if (unknown.length > 0) problems.push(`${option}: OpenSSL here does not know ${unknown.join(', ')}`);
  }
  // OpenSSL keeps two lists and would quietly use its own suites of the version that none is given for.
  const { ciphers = [], sslVersion = '1.3' } = flags;
  const fits = (name: string): boolean => name.startsWith('TLS_') === (sslVersion === '1.3');
  if (ciphers.length > 0 && !ciphers.some(fits)) {
    const say =
      sslVersion === '1.3' ? 'those begin with TLS_; or add --ssl-version 1.2' : 'those do not begin with TLS_';
    problems.push(`--ciphers names no suite of TLS ${sslVersion}, which this run uses: ${say}`);
  }
  return [...problems, ...nameProblems(flags)];
}

/** Bytes of a protocol's name (RFC 7301, 3.1). */
const longestProtocol = 255;

/** Names that no handshake can hold. */
function nameProblems({ alpn, servername }: LoadFlags): string[] {
  const problems: string[] = [];
  if (alpn?.length === 0) problems.push('--alpn names no protocol: leave it out, or give one, e.g. --alpn mqtt');
  for (const name of alpn ?? []) {
    if (Buffer.byteLength(name) <= longestProtocol) continue;
    problems.push(
      `--alpn "${shortened(name)}" has more than ${longestProtocol} bytes, and no protocol has (RFC 7301, 3.1)`,
    );
  }
  if (servername !== undefined && !isHost(servername)) problems.push(`--servername: ${noHost(shortened(servername))}`);
  return problems;
}

function isTaken(given: SecureContextOptions): boolean {
  try {
    createSecureContext(given);
    return true;
  } catch {
    return false;
  }
}

/** Certificates and keys that cannot be read are told before the load. @throws MQB_TLS_SETTINGS, MQB_USAGE */
export function checkCertificates(
  { ca, cert, key }: ClientTls,
  flags: Pick<LoadFlags, 'cacertfile' | 'certfile' | 'keyfile'>,
): void {
  if (ca !== undefined && !ca.includes('-----BEGIN CERTIFICATE-----'))
    throw usage(`${flags.cacertfile} has no certificate in PEM`, 'it has "-----BEGIN CERTIFICATE-----" in it');
  const problem = cert === undefined || key === undefined ? undefined : keyPairProblem(cert, key);
  if (problem !== undefined) throw usage(`${flags.certfile} and ${flags.keyfile}: ${problem}`, keyPairHint);
  if (ca !== undefined || cert !== undefined) clientContext({ ca, cert, key });
}
