import { isIP } from 'node:net';
import { MqbenchError } from '../../../base/errors.js';
import { defaultDialTimeoutMs } from '../../attempt.js';
import type { Address, ClientTls, DialOptions } from '../../contract.js';
import { certificateCovers } from '../../tls/certs.js';
import type { QuicConnection } from '../connection/connection.js';
import { handshakeFailure } from '../connection/failure.js';
import type { Config, Quiche } from '../native.js';
import type { QuicSettings } from '../settings.js';
import { askPort, type PortState } from '../udp/source.js';
import type { Endpoint } from './endpoint.js';

/** What one dial works with. */
export interface DialParts {
  readonly endpoint: Endpoint;
  readonly config: Config;
  readonly settings: QuicSettings;
  readonly to: Address;
  /** There are further addresses to try: whether this one's port is closed is asked at once. */
  readonly oneOfSeveral: boolean;
  /** What the kernel sends from; the socket itself may be bound to every address. */
  readonly from: Address;
  readonly started: number;
  /** How long this address may take, ms. */
  readonly leftMs: number;
}

/** quiche verifies names, not addresses: for an address it must get no name, and the address is checked by {@link checkAddress}. */
export function nameToVerify(options: DialOptions): string | null {
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

interface DialFailure {
  readonly code: string;
  readonly says: string;
  readonly hint?: string;
}

const noAnswer = (afterMs: number): DialFailure => ({
  code: 'MQB_DIAL_TIMEOUT',
  says: `no answer for ${afterMs} ms`,
  hint: 'check host and UDP port, and that no firewall drops UDP',
});

const notFor = (address: string): DialFailure => ({
  code: 'MQB_CERTIFICATE',
  says: `the server's certificate is not valid for ${address}`,
  hint: 'connect by a name that it covers, or give one (--servername <name>), or issue it with that IP address as SAN',
});

/** What it means for a dial that the kernel knows this of the port. */
const failureOf: Readonly<Record<PortState, DialFailure | undefined>> = {
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
export function establish(parts: DialParts, options: DialOptions, where: string): Promise<QuicConnection> {
  const { endpoint } = parts;
  const name = nameToVerify(options);
  const address = name === null ? (options.tls?.serverName ?? options.host) : undefined;
  const { signal } = options;
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      fail(noAnswer(options.timeoutMs ?? defaultDialTimeoutMs));
    }, parts.leftMs);
    const probe = setTimeout(
      async () => {
        if (connection.quiche.stats().recv > 0) return;
        const { host, port } = parts.to;
        const answer = failureOf[await askPort(host, port, options.localAddress, 2 * probeAfterMs)];
        if (answer !== undefined) fail(answer);
      },
      parts.oneOfSeveral ? 0 : probeAfterMs,
    );
    const onAbort = () => fail({ code: 'MQB_ABORTED', says: 'given up' });
    let settled = false;
    const fail = ({ code, says, hint }: DialFailure): void => {
      if (settled) return;
      settle();
      reject(new MqbenchError(code, `${where}: ${says}`, hint === undefined ? {} : { hint }));
      connection.abort();
    };
    const settle = (): void => {
      settled = true;
      clearTimeout(timer);
      clearTimeout(probe);
      signal?.removeEventListener('abort', onAbort);
    };
    const ready = (): void => {
      if (
        address !== undefined &&
        connection.confirmed &&
        !checkAddress(connection.quiche, options.tls ?? {}, address)
      ) {
        fail(notFor(address));
        return;
      }
      settle();
      // An aborted connection lingers for its draining period; whoever dials again at once needs its ticket now.
      if (options.tickets) connection.duplex.once('close', () => keepTicket(connection, options));
      // Whoever dialled listens a microtask later; an end in this very turn must not be an unhandled error.
      connection.duplex.once('error', () => {});
      resolve(connection);
    };
    const ended = (): void => {
      settle();
      if (options.tickets) keepTicket(connection, options);
      reject(handshakeFailure(connection.quiche, where, name));
    };
    const prepare = (quiche: Quiche): void => resume(quiche, options);
    const connection = endpoint.connect({
      ...parts,
      name,
      hooks: { ready, ended },
      prepare,
      keyLogFile: options.tls?.keyLogFile,
    });
    signal?.addEventListener('abort', onAbort);
    if (signal?.aborted) onAbort();
  });
}
