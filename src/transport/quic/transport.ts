import { isIP, isIPv6 } from 'node:net';
import { nowMicros } from '../../base/clock.js';
import { codeOf, MqbenchError } from '../../base/errors.js';
import { exitCodes } from '../../base/exit-codes.js';
import { addressBook, familyProblem } from '../address-book.js';
import type { Address, ClientTls, Connection, DialOptions, Listener, ListenOptions, Transport } from '../contract.js';
import { dialAddresses } from '../dial-addresses.js';
import { type Begin, tryPromise } from '../race.js';
import { formatBrokerUrl } from '../url.js';
import { clientConfig, serverConfig } from './config.js';
import type { QuicConnection } from './connection/connection.js';
import { migrate } from './connection/migration.js';
import { establish } from './endpoint/dialler.js';
import { Endpoint } from './endpoint/endpoint.js';
import { QuicListener } from './endpoint/listener.js';
import { PeerBuffer } from './endpoint/peer-buffer.js';
import { TimerWheel } from './endpoint/scheduler.js';
import { type Config, loadNative, type Native } from './native.js';
import { clientDefaults, type QuicSettings, resolveSettings, serverDefaults } from './settings.js';
import { PeerSocket } from './udp/peer-socket.js';
import { isDirect } from './udp/segmentation.js';
import { sourceAddress } from './udp/source.js';

/** Failures that say nothing about the other addresses of a name. */
const onlyThere = new Set(['MQB_REFUSED', 'MQB_UNREACHABLE', 'MQB_DIAL_TIMEOUT', 'MQB_LOCAL_ADDRESS', 'MQB_LISTEN']);

/** MQTT over QUIC; see docs/quic.md. */
export class QuicTransport implements Transport {
  readonly name = 'quic' as const;
  private readonly wheel = new TimerWheel();
  /** Client endpoints that are shared, by source address. */
  private readonly shared = new Map<string, Promise<Endpoint>>();
  private readonly resolved = new Map<string, QuicSettings>();
  private readonly configs = new Map<QuicSettings, Map<string, Config>>();
  private readonly own = new Set<Endpoint>();
  /** Receive buffers of servers on this machine, by address. */
  private readonly buffers = new Map<string, PeerBuffer>();

  constructor(private readonly settings: Partial<QuicSettings>) {}

  async dial(options: DialOptions): Promise<QuicConnection> {
    const started = nowMicros();
    const { host, port, localAddress, addresses = addressBook, signal } = options;
    const url = formatBrokerUrl('quic', host, port);
    const endpoint = { transport: this.name, host, port, localAddress };
    // An address has nothing to be looked up, and no race.
    const isFit = localAddress === undefined || familyProblem(host, localAddress) === undefined;
    if (isIP(host) !== 0 && isFit) return this.dialAt(host, options, started, false);
    // Early data makes a connection usable before anybody has answered: not while it is open which address does.
    const isOpen =
      addresses.known(endpoint) === undefined && (await addresses.find(endpoint).catch(() => [])).length > 1;
    const settled = isOpen ? { ...options, quic: { ...options.quic, earlyData: false } } : options;
    return new Promise((resolve, reject) => {
      const begin: Begin<QuicConnection> = (address, report) => {
        const dial = (end: AbortSignal): Promise<QuicConnection> => {
          const giveUp = signal === undefined ? end : AbortSignal.any([signal, end]);
          return this.dialAt(address, { ...settled, signal: giveUp }, started, isOpen);
        };
        return tryPromise(dial, report, (error) => !onlyThere.has(codeOf(error)));
      };
      dialAddresses(this.name, url, options, begin, { done: resolve, fail: reject });
    });
  }

  /**
   * Dials one address, in what is left of the time for the dial.
   * @param started when dial() was called, monotonic microseconds
   */
  private async dialAt(
    host: string,
    options: DialOptions,
    started: number,
    oneOfSeveral: boolean,
  ): Promise<QuicConnection> {
    const url = formatBrokerUrl('quic', options.host, options.port);
    const settings = this.clientSettings(options);
    const config = this.configFor(await loadNative(), options.tls ?? {}, settings);
    const endpoint = await this.endpointFor(host, options.localAddress, settings);
    const to = { host, port: options.port };
    const from = {
      host: options.localAddress ?? (await sourceAddress(host, options.port)),
      port: endpoint.io.address.port,
    };
    const peerBuffer = this.bufferOf(to, from, settings);
    return establish({ endpoint, config, settings, to, from, started, oneOfSeveral, peerBuffer }, options, url);
  }

  async listen(options: ListenOptions, onConnection: (connection: Connection) => void): Promise<Listener> {
    const { congestionControl, maxHandshakes } = options;
    const settings = resolveSettings(serverDefaults, this.settings, { congestionControl, maxHandshakes }, options.quic);
    const native = await loadNative();
    if (!options.tls) {
      throw new MqbenchError('MQB_CERTIFICATE', 'listen on quic: no certificate given', {
        hint: 'QUIC always encrypts (RFC 9001): give a certificate and its key',
        exitCode: exitCodes.usage,
      });
    }
    const config = serverConfig(native, options.tls, settings);
    const endpoint = new Endpoint(native, settings, this.wheel);
    await endpoint.open(options.host ?? '127.0.0.1', options.port);
    return new QuicListener(endpoint, config, options.tls, onConnection);
  }

  /**
   * Moves a dialled connection to another socket, at another local address if
   * one is given; the MQTT session does not notice.
   * @throws MqbenchError MQB_MIGRATION_REFUSED, MQB_MIGRATION_FAILED; the connection then stays where it was
   */
  async move(connection: QuicConnection, localAddress?: string): Promise<{ micros: number }> {
    const settings = resolveSettings(clientDefaults, this.settings);
    const endpoint = await this.openEndpoint(localAddress ?? wildcard(connection.peerAddress.host), settings, true);
    const host = localAddress ?? connection.localAddress.host;
    try {
      return { micros: await migrate(connection, endpoint, { host, port: endpoint.io.address.port }) };
    } catch (error) {
      endpoint.close();
      throw error;
    }
  }

  async close(): Promise<void> {
    const opened = await Promise.allSettled(this.shared.values());
    const shared = opened.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
    const endpoints = [...shared, ...this.own];
    this.shared.clear();
    this.own.clear();
    for (const endpoint of endpoints) endpoint.close();
  }

  /** One configuration per combination of settings and TLS: making one parses certificates. */
  private configFor(native: Native, tls: ClientTls, settings: QuicSettings): Config {
    const configs = kept(this.configs, settings, () => new Map<string, Config>());
    const key = `${tls.ca}\0${tls.cert}\0${tls.verify}\0${tls.alpn?.join()}\0${tls.keyLogFile !== undefined}`;
    return kept(configs, key, () => clientConfig(native, tls, settings));
  }

  /** Checked once per combination, not once per dial. */
  private clientSettings({ congestionControl, quic }: DialOptions): QuicSettings {
    return kept(this.resolved, JSON.stringify([congestionControl, quic]), () =>
      resolveSettings(clientDefaults, this.settings, { congestionControl }, quic),
    );
  }

  /** Of clients on loopback, unless they need not care. */
  private bufferOf(to: Address, from: Address, { bursts }: QuicSettings): PeerBuffer | undefined {
    if (bursts === 'free' || !isDirect(to.host)) return undefined;
    return kept(this.buffers, `${to.host} ${to.port}`, () => {
      const socket = new PeerSocket(from, to);
      return new PeerBuffer(this.wheel, () => socket.free());
    });
  }

  private endpointFor(host: string, from: string | undefined, settings: QuicSettings): Promise<Endpoint> {
    const local = from ?? wildcard(host);
    if (settings.ownSocket) return this.openEndpoint(local, settings, true);
    const key = `${local} ${settings.maxUdpPayload} ${settings.io}`;
    return kept(this.shared, key, () => {
      const endpoint = this.openEndpoint(local, settings, false);
      endpoint.catch(() => this.shared.delete(key));
      return endpoint;
    });
  }

  private async openEndpoint(host: string, settings: QuicSettings, own: boolean): Promise<Endpoint> {
    const used = own ? { ...settings, ownSocket: true } : settings;
    const endpoint = await new Endpoint(await loadNative(), used, this.wheel).open(host, 0);
    endpoint.io.ref(false);
    if (own) {
      this.own.add(endpoint);
      endpoint.onEmpty = () => {
        this.own.delete(endpoint);
        endpoint.close();
      };
    }
    return endpoint;
  }
}

function kept<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  let value = map.get(key);
  if (value === undefined) {
    value = make();
    map.set(key, value);
  }
  return value;
}

function wildcard(host: string): string {
  return isIPv6(host) ? '::' : '0.0.0.0';
}

/** @param settings parts of the settings for both roles; dial() and listen() may override them */
export function quicTransport(settings: Partial<QuicSettings> = {}): QuicTransport {
  return new QuicTransport(settings);
}
