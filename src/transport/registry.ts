import type { Transport, TransportName } from './contract.js';
import { tcpTransport } from './tcp/tcp.js';
import { tlsTransport } from './tls/tls.js';

let quic: Promise<Required<Transport>> | undefined;
const loadQuic = (): Promise<Required<Transport>> =>
  (quic ??= import('./quic/transport.js').then(({ quicTransport }) => quicTransport()));

/** The modules of QUIC are loaded at the first use, as its native binding is: a machine without that can do everything else. */
const lazyQuic: Transport = {
  name: 'quic',
  dial: async (options) => (await loadQuic()).dial(options),
  listen: async (options, onConnection) => (await loadQuic()).listen(options, onConnection),
  move: async (connection, localAddress) => (await loadQuic()).move(connection, localAddress),
  async close() {
    const loaded = quic;
    quic = undefined;
    await (await loaded)?.close();
  },
};

/** WebSocket's are 17 modules that others do without. */
let webSocket: Promise<typeof import('./ws/ws.js')> | undefined;
const loadWebSocket = (): Promise<typeof import('./ws/ws.js')> => (webSocket ??= import('./ws/ws.js'));

function lazyWebSocket(name: 'ws' | 'wss'): Transport {
  const load = async (): Promise<Transport> => (await loadWebSocket())[`${name}Transport`];
  return {
    name,
    dial: async (options) => (await load()).dial(options),
    listen: async (options, onConnection) => (await load()).listen(options, onConnection),
    close: () => Promise.resolve(),
  };
}

const transports: Readonly<Record<TransportName, Transport>> = {
  tcp: tcpTransport,
  tls: tlsTransport,
  ws: lazyWebSocket('ws'),
  wss: lazyWebSocket('wss'),
  quic: lazyQuic,
};

/** Says before a run that this machine cannot. @throws MQB_QUIC_UNAVAILABLE (exit code 3) */
export async function requireTransport(name: TransportName): Promise<void> {
  if (name === 'quic') await (await import('./quic/native.js')).loadNative();
}

/**
 * Loads what the transport needs, so that the first connection is not measured with it.
 * @throws MQB_QUIC_UNAVAILABLE (exit code 3)
 */
export async function loadTransport(name: TransportName): Promise<void> {
  if (name === 'quic') await loadQuic();
  else if (name === 'ws' || name === 'wss') await loadWebSocket();
}

/**
 * The transport of that name. One instance serves the whole process.
 * Dialling or listening over QUIC may throw MQB_QUIC_UNAVAILABLE.
 */
export function transportFor(name: TransportName): Transport {
  return transports[name];
}
