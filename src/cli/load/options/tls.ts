import { readText } from '../../../base/read-file.js';
import type { ClientTls } from '../../../transport/contract.js';
import { clientContext } from '../../../transport/tls/context.js';
import { keyPairHint, keyPairProblem } from '../../../transport/tls/key-pair.js';
import { list, usage } from '../../options/parsers.js';
import { group } from '../../options/rows.js';
import { all } from './flags.js';

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
