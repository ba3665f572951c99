import {
  createServer as createHttpServer,
  type Server as HttpServer,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http';
import { createServer as createHttpsServer, type Server as HttpsServer } from 'node:https';
import { isIPv6, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { WebSocket, WebSocketServer } from 'ws';
import { nowMicros } from '../../base/clock.js';
import { MqbenchError } from '../../base/errors.js';
import { attempt } from '../attempt.js';
import type { Connection, DialOptions, Listener, ListenOptions, Transport } from '../contract.js';
import { dialError } from '../dial-errors.js';
import { SocketConnection } from '../sockets/connection.js';
import { SocketListener } from '../sockets/listener.js';
import { dialTcp, discard } from '../tcp/tcp.js';
import { dialTls, secureServer } from '../tls/tls.js';
import { formatBrokerUrl } from '../url.js';
import { WebSocketDuplex } from './duplex.js';

type WebSocketName = 'ws' | 'wss';

export const defaultPath = '/mqtt';
/** MQTT 3.1.1 and 5 section 6: subprotocol `mqtt` [MQTT-6.0.0-3]; MQTT 3.1 clients say `mqttv3.1`. */
const subprotocols = ['mqtt', 'mqttv3.1'];
/** A frame larger than this ends the connection; MQTT's own limit is 256 MB per packet. */
const maxFrameBytes = 64 * 1024 * 1024;

/** MQTT over WebSocket, plain and under TLS. No compression: MQTT payloads are small and it costs 300 KB per client. */
export const wsTransport: Transport = webSocketTransport('ws');
export const wssTransport: Transport = webSocketTransport('wss');

function webSocketTransport(name: WebSocketName): Transport {
  return {
    name,
    dial: (options) => dial(name, options),
    listen: (options, onConnection) => listen(name, options, onConnection),
    close: () => Promise.resolve(),
  };
}

async function dial(name: WebSocketName, options: DialOptions): Promise<Connection> {
  const started = nowMicros();
  const { host, port, ws: settings } = options;
  // Its query may be a signature, and errors are kept in results.
  const url = formatBrokerUrl(name, host, port, (settings?.path ?? defaultPath).replace(/[?#].*/s, ''));
  // Its errors name the WebSocket's URL.
  const { socket, connected } = await (name === 'wss' ? dialTls : dialTcp)(name, options);
  const duplex = await attempt<Duplex>(
    url,
    options,
    () => 'the WebSocket handshake',
    (outcome) => {
      const client = openWebSocket(options, socket);
      client.once('error', (error) => outcome.fail(dialError(url, 'websocket', error)));
      client.once('unexpected-response', (_, response) => outcome.fail(answeredOtherwise(url, response)));
      client.once('open', () => outcome.done(new WebSocketDuplex(client)));
      return () => {
        client.on('error', () => {});
        client.terminate();
        discard(socket);
      };
    },
    (nowMicros() - started) / 1000,
  ).catch((error: unknown) => {
    discard(socket); // the handshake may never have begun
    throw error;
  });
  return new SocketConnection(name, duplex, socket, { started, socket: connected, ready: nowMicros() });
}

/** An upgrade request on a socket that is connected (and, for wss, secured) already. */
function openWebSocket(options: DialOptions, socket: Socket): WebSocket {
  const { host, port, ws: settings } = options;
  const authority = `${isIPv6(host) ? `[${host}]` : host}:${port}`;
  return new WebSocket(`ws://${authority}${settings?.path ?? defaultPath}`, subprotocols[0], {
    headers: settings?.headers,
    perMessageDeflate: false,
    skipUTF8Validation: true,
    maxPayload: maxFrameBytes,
    createConnection: () => socket,
  });
}

function answeredOtherwise(url: string, response: IncomingMessage): MqbenchError {
  response.resume();
  return new MqbenchError(
    'MQB_WEBSOCKET',
    `connect to ${url}: the server answered ${response.statusCode} ${response.statusMessage} instead of opening a WebSocket`,
    { hint: 'check the path (MQTT brokers use /mqtt as a rule) and the headers' },
  );
}

async function listen(
  name: WebSocketName,
  options: ListenOptions,
  onConnection: (connection: Connection) => void,
): Promise<Listener> {
  const server = createUpgradeServer(name, options);
  const sockets = new WebSocketServer({
    server,
    path: options.ws?.path ?? defaultPath,
    perMessageDeflate: false,
    skipUTF8Validation: true,
    maxPayload: maxFrameBytes,
    clientTracking: false,
    handleProtocols: (offered) => subprotocols.find((protocol) => offered.has(protocol)) ?? false,
    verifyClient: ({ req }, answer) => {
      if (speaksMqtt(req)) return answer(true);
      listener.countFailure();
      answer(false, 400, `MQTT is spoken here, subprotocol ${subprotocols.join(' or ')}`);
    },
  });
  sockets.on('error', () => {}); // the server's own, reported by SocketListener.open
  const listener = await SocketListener.open(name, server, options, onConnection);
  sockets.on('wsClientError', () => listener.countFailure());
  sockets.on('connection', (client, request) => {
    const { socket } = request;
    const duplex = new WebSocketDuplex(client);
    duplex.on('error', () => {});
    listener.accept(duplex, socket);
  });
  return listener;
}

/** Whoever asks for other subprotocols only means another server; who asks for none is taken at his word. */
function speaksMqtt({ headers }: IncomingMessage): boolean {
  const offered = headers['sec-websocket-protocol'];
  return offered === undefined || offered.split(',').some((one) => subprotocols.includes(one.trim()));
}

function createUpgradeServer(name: WebSocketName, options: ListenOptions): HttpServer | HttpsServer {
  const refuse = (_: IncomingMessage, response: ServerResponse): void => {
    response.writeHead(426, { Upgrade: 'websocket', Connection: 'close' }).end('MQTT over WebSocket is served here.\n');
  };
  if (name === 'ws') return createHttpServer({ noDelay: true }, refuse);
  return secureServer(name, options, (settings) => createHttpsServer(settings, refuse));
}
