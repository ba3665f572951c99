import { checkServerIdentity, type PeerCertificate, type TLSSocket } from 'node:tls';

/** The leaf that came last, as Node shows it (without its issuers), and the hosts that it was found valid for. */
interface Known {
  readonly leaf: Buffer;
  readonly certificate: PeerCertificate;
  readonly hosts: Set<string>;
}
let last: Known | undefined;

/** One certificate serves few names; a set that outgrows this is begun anew. */
const mostHosts = 256;

/**
 * Option checkServerIdentity of tls.connect(): Node's own check, once per leaf and host. Only what was found valid is
 * remembered, and only for exactly that certificate.
 */
export function checkIdentity(host: string, certificate: PeerCertificate): Error | undefined {
  const known = last?.certificate === certificate ? last : undefined;
  if (known?.hosts.has(host)) return undefined;
  const error = checkServerIdentity(host, certificate);
  if (error === undefined && known) {
    if (known.hosts.size >= mostHosts) known.hosts.clear();
    known.hosts.add(host);
  }
  return error;
}

/**
 * Lets a socket hand over the certificate that the last connection read, when it got the very same one. Node turns the
 * peer's certificate and all that signed it into objects for every connection before it checks the name; a QUIC client
 * of ours reads and checks a leaf once as well (quic/dialler.ts). The chain, its dates and the signature of the
 * handshake are OpenSSL's business, and are verified for every connection.
 *
 * In Node 20 every look at the certificate takes it out of the connection's chain, so that a second look finds the
 * issuer, or nothing: this is the only one, and whoever asks the socket later gets what it found.
 */
export function readCertificateOnce(socket: TLSSocket): void {
  let found: PeerCertificate | undefined;
  const read = (): PeerCertificate => {
    const peer = socket.getPeerX509Certificate();
    if (peer === undefined) return {} as PeerCertificate; // as Node says it; no name is valid for it
    if (!last?.leaf.equals(peer.raw)) {
      last = { leaf: peer.raw, certificate: peer.toLegacyObject() as PeerCertificate, hosts: new Set() };
    }
    return last.certificate;
  };
  socket.getPeerCertificate = (() => (found ??= read())) as TLSSocket['getPeerCertificate'];
}
