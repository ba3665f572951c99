import { type ServerCertificates, throwAwayCertificates } from '../../transport/tls/certs.js';

const made = new Map<string, Promise<ServerCertificates>>();

/**
 * Throw-away certificates of whatever listens on this host, the same for all cells of this process: to make them takes 0.3 s
 * of a slow core, and every cell would. Tickets do not outlive a cell for all that: each broker has a key of its own for them.
 */
export function certificatesFor(host: string): Promise<ServerCertificates> {
  const known = made.get(host) ?? throwAwayCertificates([host]);
  made.set(host, known);
  return known;
}
