import { isEncrypted } from '../../transport/contract.js';
import type { Rule } from '../asked.js';

/** Pre-shared keys instead of certificates (RFC 4279, and RFC 8446, 4.2.11). */
export interface PskPlan {
  /** Of a client, with the variables of topics. */
  readonly identity: string;
  /** Path of a file with a line for each identity, `identity:key`, the key in hexadecimal: as mosquitto's psk_file. */
  readonly file: string;
}

export const usualIdentity = '%c';

/** What pre-shared keys cannot be. */
export const pskRule: Rule = (asked, { name, use, subject }, wrong) => {
  const { pskFile, pskIdentity, transport } = asked;
  if (pskFile === undefined) {
    if (pskIdentity !== undefined) wrong('pskIdentity', `needs ${name('pskFile')}, which has its key`);
    return;
  }
  if (transport !== undefined && (!isEncrypted(transport) || transport === 'quic'))
    wrong('pskFile', `is of TLS over TCP, and ${subject} uses ${transport}: ${use('tls')}`);
  for (const at of ['ca', 'cert', 'key', 'insecure'] as const)
    if (asked[at]) wrong('pskFile', `is in the place of certificates: leave ${name(at)} out`);
  // OpenSSL tells a key from outside and a ticket apart in no way, so a handshake could not be told from a resumed one.
  for (const at of ['ticketsFile', 'resumption'] as const)
    if (asked[at] && asked[at] !== 'none') wrong('pskFile', `has no tickets beside it: leave ${name(at)} out`);
};
