import { MqbenchError } from './base/errors.js';
import { exitCodes } from './base/exit-codes.js';
import { BrokerStream } from './transport/broker-stream.js';
import {
  type ClientTls,
  type DialOptions,
  type TicketStore,
  type TransportName,
  transportNames,
} from './transport/contract.js';
import { dialFirst, type Route, type RouteOutcome } from './transport/fallback.js';
import { defaultPorts, formatBrokerUrl, parseBrokerUrl } from './transport/url.js';
import { checkRequest } from './transport/ws/request.js';

export { MqbenchError } from './base/errors.js';
export type { EventProof, Impairment, Lab, LabEvent, LabSpec, LinkProfile } from './lab/contract.js';
export { openLab } from './lab/lab.js';
export { profileNamed } from './lab/profiles.js';
export { BrokerStream } from './transport/broker-stream.js';
export type {
  Address,
  ClientTls,
  Connection,
  DialTimings,
  HandshakeKind,
  TicketStore,
  TransportName,
  TransportStats,
} from './transport/contract.js';
export type { RouteOutcome } from './transport/fallback.js';

/** How {@link connect} reaches a broker. */
export interface ConnectOptions {
  /**
   * Transports (or whole URLs) in the order in which they are tried, e.g. `['quic', 'tls']`. A transport is reached at
   * the URL's host, at the URL's port if it is the URL's own transport, otherwise at its default port. Default: only the URL's.
   */
  readonly fallback?: readonly string[];
  /** Milliseconds after which the next transport starts. Default 3,000; in a race 250. */
  readonly fallbackAfterMs?: number;
  /** Let the slow transport go on beside the next one; the first that is ready wins. Default: one after the other. */
  readonly race?: boolean;
  /** Milliseconds for all together. Default 30,000. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
  /** Certificates are verified unless `verify` is false. The default trust anchors are the system's. */
  readonly tls?: ClientTls;
  /** Where session tickets are kept for faster reconnects; a `Map` will do. */
  readonly tickets?: TicketStore;
  readonly ws?: DialOptions['ws'];
  readonly localAddress?: string;
  /** Settings of QUIC, see docs/quic.md. */
  readonly quic?: DialOptions['quic'];
  /** Told when it is settled which transport is used, with what became of those before it. */
  readonly onRoute?: (outcomes: readonly RouteOutcome[]) => void;
}

/**
 * One MQTT-ready duplex to `mqtt://`, `mqtts://`, `ws://`, `wss://` or `quic://`, usable at once as the stream of an MQTT
 * client: `new mqtt.MqttClient(() => connect('quic://broker', { fallback: ['quic', 'tls'] }), {})`.
 * A dial that fails is the stream's 'error' (an {@link MqbenchError} with a code) and rejects its `ready`.
 * @throws MQB_BAD_URL, MQB_OPTION at once
 */
export function connect(url: string, options: ConnectOptions = {}): BrokerStream {
  checkOptions(options);
  const routes = routesOf(url, options);
  const { timeoutMs, fallbackAfterMs: stepMs, race, signal, onRoute } = options;
  return new BrokerStream(async (closed) => {
    const outcomes: RouteOutcome[] = [];
    const anySignal = signal ? AbortSignal.any([signal, closed]) : closed;
    try {
      return await dialFirst(routes, { timeoutMs, stepMs, race, signal: anySignal }, outcomes);
    } finally {
      onRoute?.(outcomes);
    }
  });
}

const optionNames: Readonly<Record<keyof ConnectOptions, true>> = {
  ...{ fallback: true, fallbackAfterMs: true, race: true, timeoutMs: true, signal: true, tls: true },
  ...{ tickets: true, ws: true, localAddress: true, quic: true, onRoute: true },
};

/** JavaScript has no types: an option that would be ignored is told, and what could not be sent before it is tried. */
function checkOptions(options: ConnectOptions): void {
  if (options.ws !== undefined) checkRequest(options.ws);
  const unknown = Object.keys(options).find((name) => !Object.hasOwn(optionNames, name));
  if (unknown === undefined) return;
  const ofTls = ['ca', 'cert', 'key', 'verify', 'serverName', 'alpn'].includes(unknown);
  throw new MqbenchError('MQB_OPTION', `connect has no option "${unknown}"`, {
    hint: ofTls ? `write it as { tls: { ${unknown} } }` : `there are ${Object.keys(optionNames).join(', ')}`,
    exitCode: exitCodes.usage,
  });
}

function routesOf(text: string, options: ConnectOptions): Route[] {
  const asked = parseBrokerUrl(text);
  const urls = (options.fallback ?? [text]).map((entry) => {
    if (!isTransport(entry)) {
      if (entry.includes('://')) return entry;
      throw new MqbenchError('MQB_BAD_URL', `"${entry}" in fallback is neither a transport nor a URL`, {
        hint: `use ${transportNames.join(', ')}, or a URL with its scheme`,
        exitCode: exitCodes.usage,
      });
    }
    if (entry === asked.transport) return text;
    return formatBrokerUrl(entry, asked.host, defaultPorts[entry]);
  });
  return urls.map((url) => routeTo(url, options));
}

function isTransport(text: string): text is TransportName {
  return (transportNames as readonly string[]).includes(text);
}

function routeTo(text: string, { tls, tickets, ws, localAddress, quic }: ConnectOptions): Route {
  const { transport, host, port, path } = parseBrokerUrl(text);
  const url = formatBrokerUrl(transport, host, port, path);
  return {
    transport,
    url,
    options: {
      host,
      port,
      tls,
      localAddress,
      quic,
      ws: path === undefined ? ws : { path, ...ws },
      ...(tickets === undefined ? {} : { tickets: { store: tickets, key: url } }),
    },
  };
}
