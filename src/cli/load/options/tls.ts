import { createSecureContext, type SecureContextOptions } from 'node:tls';
import { readText } from '../../../base/read-file.js';
import { shortened } from '../../../base/text/shortened.js';
import type { ClientTls, TransportName } from '../../../transport/contract.js';
import { clientContext } from '../../../transport/tls/context.js';
import { keyPairHint, keyPairProblem } from '../../../transport/tls/key-pair.js';
import { isHost, noHost } from '../../../transport/url.js';
import { list, told, usage } from '../../options/parsers.js';
import { dashed, group } from '../../options/rows.js';
import { all, type LoadFlags } from './flags.js';

/** What TLS may choose from. OpenSSL separates names by colon, emqtt-bench by comma; both are understood. */
export const tlsOptions = group('Security', all, {
  pskFile: [
    '--psk-file <file>',
    'pre-shared keys instead of certificates (tls and wss): lines of identity:key, the key in hexadecimal, as mosquitto’s psk_file',
  ],
  pskIdentity: [
    '--psk-identity <text>',
    'identity of a client in that file, with the variables of topics (default %c)',
  ],
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
});

function names(text: string): string[] {
  const found = list(text.replaceAll(':', ','));
  if (found.length === 0) throw usage('the list is empty');
  return found.map((name) => name.replace(/^eddsa_(?=ed)/, '')); // Erlang's name of ed25519 and ed448
}

const settings = { ciphers: 'ciphers', signatureAlgs: 'sigalgs', keyexAlgs: 'ecdhCurve' } as const satisfies Partial<
  Record<keyof LoadFlags, keyof SecureContextOptions>
>;

/** Bytes of a protocol's name (RFC 7301, 3.1). */
const longestProtocol = 255;

/** What of these lists cannot be, and names that no handshake can hold. */
export function tlsProblems(transport: TransportName, flags: LoadFlags): string[] {
  const { ciphers = [], sslVersion = '1.3', alpn, servername } = flags;
  const needed =
    transport === 'quic'
      ? 'is of TLS over TCP; the QUIC library chooses by itself'
      : `needs tls or wss, and this run uses ${transport}`;
  // OpenSSL keeps two lists and would quietly use its own suites of the version that none is given for.
  const fits = (name: string): boolean => name.startsWith('TLS_') === (sslVersion === '1.3');
  const say = sslVersion === '1.3' ? 'those begin with TLS_; or add --ssl-version 1.2' : 'those do not begin with TLS_';
  return told([
    ...(Object.keys(settings) as (keyof typeof settings)[]).flatMap((key) => {
      const unknown = (flags[key] ?? []).filter((name) => !isTaken({ [settings[key]]: name }));
      const isElsewhere = flags[key] !== undefined && transport !== 'tls' && transport !== 'wss';
      return [
        [isElsewhere, `${dashed(key)} ${needed}`],
        [unknown.length > 0, `${dashed(key)}: OpenSSL here does not know ${unknown.join(', ')}`],
      ] as const;
    }),
    [
      ciphers.length > 0 && !ciphers.some(fits),
      `--ciphers names no suite of TLS ${sslVersion}, which this run uses: ${say}`,
    ],
    [alpn?.length === 0, '--alpn names no protocol: leave it out, or give one, e.g. --alpn mqtt'],
    ...(alpn ?? []).map((name) => {
      const isLong = Buffer.byteLength(name) > longestProtocol;
      const says = `has more than ${longestProtocol} bytes, and no protocol has (RFC 7301, 3.1)`;
      return [isLong, `--alpn "${shortened(name)}" ${says}`] as const;
    }),
    [servername !== undefined && !isHost(servername), `--servername: ${noHost(shortened(servername ?? ''))}`],
  ]);
}

function isTaken(given: SecureContextOptions): boolean {
  try {
    createSecureContext(given);
    return true;
  } catch {
    return false;
  }
}

/**
 * Certificates and a key from the files that options name: what is wrong with them is told before the load.
 * @throws MQB_TLS_SETTINGS, MQB_USAGE
 */
export function readCertificates(cwd: string, files: Certificates): Certificates {
  const read = (file: string | undefined): string | undefined => (file === undefined ? undefined : readText(cwd, file));
  const [ca, cert, key] = [read(files.ca), read(files.cert), read(files.key)];
  if (ca !== undefined && !ca.includes('-----BEGIN CERTIFICATE-----'))
    throw usage(`${files.ca} has no certificate in PEM`, 'it has "-----BEGIN CERTIFICATE-----" in it');
  const problem = cert === undefined || key === undefined ? undefined : keyPairProblem(cert, key);
  if (problem !== undefined) throw usage(`${files.cert} and ${files.key}: ${problem}`, keyPairHint);
  if (ca !== undefined || cert !== undefined) clientContext({ ca, cert, key });
  return { ca, cert, key };
}
type Certificates = Pick<ClientTls, 'ca' | 'cert' | 'key'>;
