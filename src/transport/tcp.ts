import { connect, createServer, type Socket } from 'node:net';
import { nowMicros } from '../base/clock.js';
import { attempt } from './attempt.js';
import type { Connection, DialOptions, Listener, ListenOptions, Transport } from './contract.js';
import { dialError } from './dial-errors.js';
import { acceptedAt, SocketConnection } from './socket-connection.js';
import { SocketListener } from './socket-listener.js';
import { setCongestionControl } from './tcp-options.js';
import { formatBrokerUrl } from './url.js';

/** MQTT over plain TCP. Nagle's algorithm is off on both sides: it would add a round trip to small packets. */
export const tcpTransport: Transport = {
  name: 'tcp',

  dial(options: DialOptions): Promise<Connection> {
    const started = nowMicros();
    const url = formatBrokerUrl('tcp', options.host, options.port);
    return attempt(
      url,
      options,
      () => 'the TCP handshake',
      (outcome) => {
        const socket = openSocket(options);
        const onError = (error: Error): void => outcome.fail(dialError(url, 'connect', error));
        socket.once('error', onError);
        socket.once('connect', () => {
          socket.off('error', onError);
          const connected = nowMicros();
          try {
            if (options.congestionControl !== undefined) setCongestionControl(socket, options.congestionControl);
          } catch (error) {
            return outcome.fail(dialError(url, 'connect', error));
          }
          const timings = { started, socket: connected, ready: connected };
          outcome.done(new SocketConnection('tcp', socket, socket, timings, 'none'));
        });
        return () => discard(socket);
      },
    );
  },

  async listen(options: ListenOptions, onConnection: (connection: Connection) => void): Promise<Listener> {
    const server = createServer({ noDelay: true });
    const listener = await SocketListener.open('tcp', server, options);
    server.on('connection', (socket) => {
      const connection = new SocketConnection('tcp', socket, socket, acceptedAt(nowMicros()), 'none');
      listener.add(connection);
      onConnection(connection);
    });
    return listener;
  },

  close: () => Promise.resolve(),
};

/** A TCP socket on its way to the host. */
export function openSocket({ host, port, localAddress }: DialOptions): Socket {
  return connect({ host, port, noDelay: true, ...(localAddress === undefined ? {} : { localAddress }) });
}

/** Tears down a socket that is not needed any more; what it still has to say is of no interest. */
export function discard(socket: Socket): void {
  socket.on('error', () => {});
  socket.destroy();
}
