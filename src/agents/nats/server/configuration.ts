import { agentPermissions, coordinatorPermissions } from '../../subjects.js';
import type { Doorkeeper, KnownKey } from './keyring.js';

/** Where a server listens. */
export interface Listening {
  readonly host: string;
  /** 0: one that is free. */
  readonly port: number;
}

/** Files of its certificate, as the server is to open them. */
export interface CertificateFiles {
  readonly cert: string;
  readonly key: string;
}

/** Reports are cut below this by whoever sends them. */
const mostBytes = 1024 * 1024;
/** What may wait for somebody who does not read: then the server cuts him off, and he is told why (slow consumer). */
const mostWaiting = 64 * mostBytes;

/**
 * Configuration of a server for agents, in the server's own language, of which JSON is a part (docs.nats.io, "Configuration").
 * There is no JetStream: what nobody listens to is gone, and nobody is given it later.
 */
export function configurationOf({ known }: Doorkeeper, { host, port }: Listening, files?: CertificateFiles): string {
  const configuration = {
    server_name: 'mqbench',
    host,
    port: port === 0 ? -1 : port,
    max_payload: mostBytes,
    max_pending: mostWaiting,
    // Who is gone without a word is seen within three seconds; beats see it sooner.
    ping_interval: '1s',
    ping_max: 2,
    write_deadline: '2s',
    authorization: { timeout: 5, users: known.map(userOf) },
    ...(files === undefined ? {} : { tls: { cert_file: files.cert, key_file: files.key, timeout: 5 } }),
  };
  return `${JSON.stringify(configuration, null, 2)}\n`;
}

/** Nothing is allowed that is not written here. */
function userOf({ name, publicKey }: KnownKey): unknown {
  const { publish, subscribe } = name === undefined ? coordinatorPermissions : agentPermissions(name);
  return { nkey: publicKey, permissions: { publish: { allow: publish }, subscribe: { allow: subscribe } } };
}
