import type { ServerOptions } from 'node:https';
import { isIP } from 'node:net';
import { type checkServerIdentity, connect, createServer, type Server, type TLSSocket } from 'node:tls';
import { nowMicros } from '../../base/clock.js';
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
import { certificateError, dialError, listenError } from '../dial-errors.js';
import { keyLogger } from '../key-log.js';
import { SocketConnection } from '../sockets/connection.js';
import { SocketListener } from '../sockets/listener.js';
import { beginTcp, type Connected } from '../tcp/tcp.js';
import { formatBrokerUrl } from '../url.js';
import { clientContext, tlsSettingsError, versionRange } from './context.js';
import { keyedSockets } from './keyed-sockets.js';
import { checkIdentity, readCertificateOnce } from './peer-identity.js';

export const tlsTransport: Transport = {
  name: 'tls',

  async dial(options: DialOptions): Promise<Connection> {
    const started = nowMicros();
    const { socket, connected } = await dialTls('tls', options);
    const timings = { started, socket: connected, ready: nowMicros() };
    return new SocketConnection('tls', socket, socket, timings);
  },

  async listen(options: ListenOptions, onConnection: (connection: Connection) => void): Promise<Listener> {
    const { halfOpen: allowHalfOpen = false } = options;
    const server = secureServer('tls', options, (settings) => createServer({ ...settings, allowHalfOpen }));
    const listener = await SocketListener.open('tls', server, options, onConnection);
    server.on('secureConnection', (socket) => {
      socket.on('error', () => {});
      socket.setNoDelay(true);
      listener.accept(socket, socket);
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
export function dialTls(name: TransportName, options: DialOptions): Promise<Connected<TLSSocket>> {
  const url = formatBrokerUrl(name, options.host, options.port);
  let stage = 'the TCP handshake';
  const begin = beginTcp(url, options, (address) => openTlsSocket(options, address));
  return attempt(
    url,
    options,
    () => stage,
    (outcome: Outcome<Connected<TLSSocket>>) => {
      const done = (connected: Connected<TLSSocket>): void => {
        stage = 'the TLS handshake';
        secure(connected.socket, url, options, { ...outcome, done: () => outcome.done(connected) });
      };
      return dialAddresses(name, url, options, begin, { ...outcome, done });
    },
  );
}

/** Waits for the TLS handshake, which began by itself when the TCP handshake was done. */
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
    // Whoever has the key is the right one; a certificate means that the key was not asked for.
    if (options.tls?.psk !== undefined && socket.getPeerX509Certificate() !== undefined)
      outcome.fail(dialError(url, 'tls', new Error('it showed a certificate and did not ask for the pre-shared key')));
    else outcome.done();
  });
}

function openTlsSocket(options: DialOptions, address: string): TLSSocket {
  const { host, port, localAddress, tickets, tls = noTls } = options;
  const { serverName = host, alpn, verify = true, keyLogFile, psk } = tls;
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
    pskCallback: psk && (() => ({ psk: Buffer.from(psk.key, 'hex'), identity: psk.identity })),
    // Node would verify the address that was dialled where there is no SNI.
    checkServerIdentity: ((_, certificate) =>
      psk === undefined ? checkIdentity(serverName, certificate) : undefined) as typeof checkServerIdentity,
  });
  if (psk !== undefined) keyedSockets.add(socket);
  readCertificateOnce(socket);
  socket.setNoDelay(true);
  // In TLS 1.3 tickets come after the handshake, several of them; the newest is kept (RFC 8446 section 4.6.1).
  if (tickets) socket.on('session', (ticket) => tickets.store.set(tickets.key, ticket));
  if (keyLogFile !== undefined) socket.on('keylog', keyLogger(keyLogFile));
  return socket;
}

/**
 * A TLS server that is not listening yet.
 * @param create makes it, one of TLS or of HTTPS
 * @throws MQB_LISTEN without a certificate, MQB_TLS_SETTINGS with a bad one
 */
export function secureServer<S extends Server>(
  name: TransportName,
  { tls, host = '127.0.0.1', port }: ListenOptions,
  create: (settings: ServerOptions) => S,
): S {
  if (!tls) throw listenError(name, host, port, new Error('no certificate was given'));
  try {
    const server = create(serverSettings(tls));
    if (tls.keyLogFile !== undefined) server.on('keylog', keyLogger(tls.keyLogFile));
    return server;
  } catch (error) {
    throw tlsSettingsError(error);
  }
}

function serverSettings(tls: ServerTls): ServerOptions {
  const { clientCa, version, alpn, ticketKey, psks } = tls;
  return {
    ...versionRange(version),
    ...(psks === undefined ? { cert: tls.cert, key: tls.key } : keyedSettings(psks, version)),
    // Node's default is a hash of the command line, so that brokers with other arguments would refuse shared tickets.
    sessionIdContext: 'mqbench',
    noDelay: true,
    ca: clientCa,
    requestCert: clientCa !== undefined,
    ALPNProtocols: alpn && [...alpn],
    ticketKeys: ticketKey && Buffer.from(ticketKey),
  };
}

/** No certificate: whoever has no key that is known gets no further. */
function keyedSettings(psks: NonNullable<ServerTls['psks']>, version: ServerTls['version']): ServerOptions {
  const keys = new Map(Object.entries(psks).map(([identity, key]) => [identity, Buffer.from(key, 'hex')]));
  return {
    // Among the suites that OpenSSL takes by itself there are none for keys in TLS 1.2; TLS 1.3 has no others.
    ...(version === '1.2' ? { ciphers: 'PSK' } : {}),
    pskCallback: (socket, identity) => {
      keyedSockets.add(socket);
      return keys.get(identity) ?? null;
    },
  };
}
