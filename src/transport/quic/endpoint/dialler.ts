import { isIP } from 'node:net';
import { nowMicros } from '../../../base/clock.js';
import { attempt, type Outcome } from '../../attempt.js';
import type { ClientTls, DialOptions } from '../../contract.js';
import { fromWords, type Words } from '../../dial-errors.js';
import { certificateCovers } from '../../tls/certs.js';
import type { QuicConnection } from '../connection/connection.js';
import { handshakeFailure } from '../connection/failure.js';
import type { Quiche } from '../native.js';
import { askPort, type PortState } from '../udp/source.js';
import type { Endpoint, Start } from './endpoint.js';

/** What one dial works with. */
interface DialParts extends Pick<Start, 'config' | 'settings' | 'to' | 'from' | 'started' | 'peerBuffer'> {
  readonly endpoint: Endpoint;
  /** There are further addresses to try: whether this one's port is closed is asked at once. */
  readonly oneOfSeveral: boolean;
}

/** quiche verifies names, not addresses: for an address it must get no name, and the address is checked by {@link checkAddress}. */
function nameToVerify(options: DialOptions): string | null {
  const name = options.tls?.serverName ?? options.host;
  return isIP(name) ? null : name;
}

let lastChecked: { der: Buffer; address: string } | undefined;

/** Whether the leaf certificate is valid for an IP address (RFC 6125: only an iPAddress SAN counts). */
function checkAddress(quiche: Quiche, tls: ClientTls, address: string): boolean {
  if (tls.verify === false || quiche.isResumed()) return true; // a ticket exists only after a verified handshake
  const leaf = quiche.peerCertChain()?.[0];
  if (!leaf) return false;
  if (lastChecked?.address === address && lastChecked.der.equals(leaf)) return true;
  if (!certificateCovers(Buffer.from(leaf), address)) return false;
  lastChecked = { der: Buffer.from(leaf), address };
  return true;
}

/** Gives quiche the ticket of an earlier session, if there is a usable one. */
function resume(quiche: Quiche, options: DialOptions): void {
  const { tickets } = options;
  const ticket = tickets?.store.get(tickets.key);
  if (!tickets || !ticket) return;
  try {
    quiche.setSession(ticket);
  } catch {
    tickets.store.delete(tickets.key);
  }
}

/** Keeps the newest ticket; servers send it right after the handshake. */
function keepTicket(connection: QuicConnection, options: DialOptions): void {
  const ticket = connection.quiche.session();
  if (ticket) options.tickets?.store.set(options.tickets.key, ticket);
}

/** After so long without a datagram from the server we ask whether the port is closed, ms. */
const probeAfterMs = 250;

const notFor = (address: string): Words => ({
  code: 'MQB_CERTIFICATE',
  says: `the server's certificate is not valid for ${address}`,
  hint: 'connect by a name that it covers, or give one (--servername <name>), or issue it with that IP address as SAN',
});

/** What it means for a dial that the kernel knows this of the port. */
const failureOf: Readonly<Record<PortState, Words | undefined>> = {
  silent: undefined,
  closed: {
    code: 'MQB_REFUSED',
    says: 'nobody listens on that UDP port',
    hint: 'start the broker, or check its QUIC port (14567/udp)',
  },
  unreachable: {
    code: 'MQB_UNREACHABLE',
    says: 'there is no route to it',
    hint: 'check the address, the routes and the local address',
  },
};

/**
 * One dial to one address, until MQTT bytes may flow.
 * @throws MqbenchError as the contract of dial() says
 */
export function establish(parts: DialParts, options: DialOptions, url: string): Promise<QuicConnection> {
  const name = nameToVerify(options);
  const address = name === null ? (options.tls?.serverName ?? options.host) : undefined;
  let answered = (): boolean => false;
  const stage = (): string => (answered() ? 'QUIC handshake' : 'no answer over UDP');
  const begin = ({ done, fail }: Outcome<QuicConnection>): (() => void) => {
    const failAs = (words: Words): void => fail(fromWords(url, words));
    const probe = setTimeout(
      async () => {
        if (answered()) return;
        const { host, port } = parts.to;
        const answer = failureOf[await askPort(host, port, options.localAddress, 2 * probeAfterMs)];
        if (answer !== undefined) failAs(answer);
      },
      parts.oneOfSeveral ? 0 : probeAfterMs,
    );
    const ready = (): void => {
      const { quiche, confirmed, duplex } = connection;
      if (address !== undefined && confirmed && !checkAddress(quiche, options.tls ?? {}, address)) {
        failAs(notFor(address));
        return;
      }
      clearTimeout(probe);
      // An aborted connection lingers for its draining period; whoever dials again at once needs its ticket now.
      if (options.tickets) duplex.once('close', () => keepTicket(connection, options));
      // Whoever dialled listens a microtask later; an end in this very turn must not be an unhandled error.
      duplex.once('error', () => {});
      done(connection);
    };
    const ended = (): void => {
      if (options.tickets) keepTicket(connection, options);
      fail(handshakeFailure(connection.quiche, `connect to ${url}`, name));
    };
    const connection = parts.endpoint.connect({
      ...{ ...parts, name, hooks: { ready, ended } },
      prepare: (quiche) => resume(quiche, options),
      keyLogFile: options.tls?.keyLogFile,
    });
    answered = () => connection.quiche.stats().recv > 0;
    return () => {
      clearTimeout(probe);
      connection.abort();
    };
  };
  return attempt(url, options, stage, begin, (nowMicros() - parts.started) / 1000);
}
