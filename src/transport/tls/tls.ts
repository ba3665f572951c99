import { isIP } from 'node:net';
import { type checkServerIdentity, connect, createServer, type Server, type TLSSocket } from 'node:tls';
import { nowMicros } from '../../base/clock.js';
import { addressBook } from '../address-book.js';
import { attempt, type Outcome } from '../attempt.js';
import type {
  ClientTls,
  Connection,
  DialOptions,
  Listener,
  ListenOptions,
  ServerTls,
  Transport,
  TransportName,
} from '../contract.js';
import { dialAddresses } from '../dial-addresses.js';
import { certificateError, type DialStage, dialError, listenError } from '../dial-errors.js';
import type { Begin } from '../race.js';
import { SocketConnection } from '../socket-connection.js';
import { SocketListener } from '../socket-listener.js';
import { setCongestionControl } from '../tcp/options.js';
import { discard } from '../tcp/tcp.js';
import { formatBrokerUrl } from '../url.js';
import { clientContext, keyLogger, tlsSettingsError, versionRange } from './context.js';
import { checkIdentity, readCertificateOnce } from './peer-identity.js';

/** MQTT over TLS 1.2 or 1.3. */
export const tlsTransport: Transport = {
  name: 'tls',

  async dial(options: DialOptions): Promise<Connection> {
    const started = nowMicros();
    const { socket, connected } = await dialTls('tls', options);
    const timings = { started, socket: connected, ready: nowMicros() };
    return new SocketConnection('tls', socket, socket, timings, handshakeOf(socket));
  },

  async listen(options: ListenOptions, onConnection: (connection: Connection) => void): Promise<Listener> {
    const server = createTlsServer('tls', options);
    const listener = await SocketListener.open('tls', server, options, onConnection);
    server.on('secureConnection', (socket) => {
      socket.on('error', () => {});
      socket.setNoDelay(true);
      listener.accept(socket, socket, handshakeOf(socket));
    });
    return listener;
  },

  close: () => Promise.resolve(),
};

const noTls: ClientTls = {};

/**
 * A TLS socket that has finished its handshake with a verified peer.
 * @param name the transport it is for, for messages (WebSocket uses it too)
 */
export function dialTls(name: TransportName, options: DialOptions): Promise<{ socket: TLSSocket; connected: number }> {
  const { host, port, localAddress, addresses = addressBook } = options;
  const url = formatBrokerUrl(name, host, port);
  let stage: DialStage = 'connect';
  let connected = Number.NaN;
  const waitingFor = (): string => (stage === 'connect' ? 'the TCP handshake' : 'the TLS handshake');
  const endpoint = { transport: name, host, port, localAddress };
  return attempt(url, options, waitingFor, (outcome) =>
    dialAddresses(
      { url, endpoint, book: addresses, begin: beginTls(url, options) },
      {
        done: (socket) => {
          connected = nowMicros();
          stage = 'tls';
          secure(socket, url, options, { ...outcome, done: () => outcome.done({ socket, connected }) });
        },
        fail: outcome.fail,
      },
    ),
  );
}

/** A TLS socket whose TCP handshake is done: the race between addresses is over, and the TLS handshake begins by itself. */
function beginTls(url: string, options: DialOptions): Begin<TLSSocket> {
  return (address, report) => {
    let socket: TLSSocket;
    try {
      socket = openTlsSocket(options, address);
    } catch (error) {
      report.fail(error as Error, true);
      return () => {};
    }
    const onError = (error: Error): void => report.fail(dialError(url, 'connect', error));
    socket.once('error', onError);
    socket.once('connect', () => {
      socket.off('error', onError);
      report.done(socket);
    });
    return () => discard(socket);
  };
}

/** Waits for the TLS handshake. */
function secure(socket: TLSSocket, url: string, options: DialOptions, outcome: Outcome<void>): void {
  const onError = (error: Error): void => {
    const reason = socket.authorizationError as unknown;
    const name = options.tls?.serverName ?? options.host;
    const version = options.tls?.version;
    outcome.fail(reason ? certificateError(url, String(reason), name, error) : dialError(url, 'tls', error, version));
  };
  const onEnd = (): void =>
    outcome.fail(dialError(url, 'tls', Object.assign(new Error('closed'), { code: 'ECONNRESET' })));
  socket.once('error', onError);
  socket.once('end', onEnd);
  socket.once('secureConnect', () => {
    socket.off('error', onError);
    socket.off('end', onEnd);
    outcome.done();
  });
  try {
    if (options.congestionControl !== undefined) setCongestionControl(socket, options.congestionControl);
  } catch (error) {
    outcome.fail(error as Error);
  }
}

function openTlsSocket(options: DialOptions, address: string): TLSSocket {
  const { host, port, localAddress, tickets, tls = noTls } = options;
  const { serverName = host, alpn, verify = true, keyLogFile } = tls;
  const session = tickets?.store.get(tickets.key);
  const socket = connect({
    host: address,
    port,
    ...{ localAddress }, // Node's types leave it out
    secureContext: clientContext(tls),
    // RFC 6066 section 3 forbids an address in SNI.
    servername: isIP(serverName) ? '' : serverName,
    ALPNProtocols: alpn && [...alpn],
    session: session && Buffer.from(session),
    rejectUnauthorized: verify,
    // Node would verify the address that was dialled where there is no SNI.
    checkServerIdentity: ((_, certificate) => checkIdentity(serverName, certificate)) as typeof checkServerIdentity,
  });
  readCertificateOnce(socket);
  socket.setNoDelay(true);
  // In TLS 1.3 tickets come after the handshake, several of them; the newest is kept (RFC 8446 section 4.6.1).
  if (tickets) socket.on('session', (ticket) => tickets.store.set(tickets.key, ticket));
  if (keyLogFile !== undefined) socket.on('keylog', keyLogger(keyLogFile));
  return socket;
}

/** Full or resumed; Node has no TLS early data. */
export function handshakeOf(socket: TLSSocket): 'full' | 'resumed' {
  return socket.isSessionReused() ? 'resumed' : 'full';
}

/** A TLS server that is not listening yet. @throws MQB_LISTEN without a certificate, MQB_TLS_SETTINGS with a bad one */
export function createTlsServer(name: TransportName, options: ListenOptions): Server {
  const { tls, host = '127.0.0.1', port } = options;
  if (!tls) throw listenError(name, host, port, new Error('no certificate was given'));
  let server: Server;
  try {
    server = createServer(serverSettings(tls));
  } catch (error) {
    throw tlsSettingsError(error);
  }
  if (tls.keyLogFile !== undefined) server.on('keylog', keyLogger(tls.keyLogFile));
  return server;
}

/** Also the settings of an HTTPS server. */
export function serverSettings(tls: ServerTls): import('node:https').ServerOptions {
  const { cert, key, clientCa, version, alpn, ticketKey } = tls;
  return {
    cert,
    key,
    ...versionRange(version),
    // Node's default is a hash of the command line, so that brokers with other arguments would refuse shared tickets.
    sessionIdContext: 'mqbench',
    noDelay: true,
    ca: clientCa,
    requestCert: clientCa !== undefined,
    ALPNProtocols: alpn && [...alpn],
    ticketKeys: ticketKey && Buffer.from(ticketKey),
  };
}
