import { connect, createServer, type Socket } from 'node:net';
import { nowMicros } from '../../base/clock.js';
import { attempt } from '../attempt.js';
import type { Connection, DialOptions, Listener, ListenOptions, Transport, TransportName } from '../contract.js';
import { dialAddresses } from '../dial-addresses.js';
import { dialError } from '../dial-errors.js';
import type { Begin } from '../race.js';
import { SocketConnection } from '../sockets/connection.js';
import { SocketListener } from '../sockets/listener.js';
import { formatBrokerUrl } from '../url.js';
import { setCongestionControl } from './options.js';

/** MQTT over plain TCP. Nagle's algorithm is off on both sides: it would add a round trip to small packets. */
export const tcpTransport: Transport = {
  name: 'tcp',

  async dial(options: DialOptions): Promise<Connection> {
    const started = nowMicros();
    const { socket, connected } = await dialTcp('tcp', options);
    return new SocketConnection('tcp', socket, socket, { started, socket: connected, ready: connected });
  },

  async listen(options: ListenOptions, onConnection: (connection: Connection) => void): Promise<Listener> {
    const server = createServer({ noDelay: true });
    const listener = await SocketListener.open('tcp', server, options, onConnection);
    server.on('connection', (socket) => listener.accept(socket, socket));
    return listener;
  },

  close: () => Promise.resolve(),
};

/** A socket whose TCP handshake is done, and when it was: monotonic microseconds. */
export interface Connected<S> {
  readonly socket: S;
  readonly connected: number;
}

/** Tries at one address each, that are over with the TCP handshake. @param open begins it */
export function beginTcp<S extends Socket>(
  url: string,
  { congestionControl }: DialOptions,
  open: (address: string) => S,
): Begin<Connected<S>> {
  return (address, report) => {
    let socket: S;
    try {
      socket = open(address);
    } catch (error) {
      report.fail(error as Error, true);
      return () => {};
    }
    const onError = (error: Error): void => report.fail(dialError(url, 'connect', error));
    socket.once('error', onError);
    socket.once('connect', () => {
      socket.off('error', onError);
      const connected = nowMicros();
      try {
        if (congestionControl !== undefined) setCongestionControl(socket, congestionControl);
        report.done({ socket, connected });
      } catch (error) {
        report.fail(dialError(url, 'connect', error), true);
      }
    });
    return () => discard(socket);
  };
}

/** @param name the transport it is for, for messages (WebSocket uses it too) */
export function dialTcp(name: TransportName, options: DialOptions): Promise<Connected<Socket>> {
  const { host, port, localAddress } = options;
  const url = formatBrokerUrl(name, host, port);
  const open = (address: string): Socket => connect({ host: address, port, noDelay: true, localAddress });
  const begin = beginTcp(url, options, open);
  const stage = (): string => 'the TCP handshake';
  return attempt(url, options, stage, (outcome) => dialAddresses(name, url, options, begin, outcome));
}

/** Tears down a socket that is not needed any more; what it still has to say is of no interest. */
export function discard(socket: Socket): void {
  socket.on('error', () => {});
  socket.destroy();
}
