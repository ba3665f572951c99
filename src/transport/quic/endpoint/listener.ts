import { createHmac } from 'node:crypto';
import type { Address, Connection, Listener, ListenOptions, ServerTls } from '../../contract.js';
import { closeCodes } from '../connection/failure.js';
import type { Config, Native } from '../native.js';
import { type QuicSettings, socketOptions } from '../settings.js';
import { openUdp } from '../udp/udp.js';
import { Endpoint } from './endpoint.js';
import type { TimerWheel } from './scheduler.js';

interface ListenerParts {
  readonly native: Native;
  readonly settings: QuicSettings;
  readonly wheel: TimerWheel;
  readonly config: Config;
  readonly options: ListenOptions;
  readonly onConnection: (connection: Connection) => void;
}

/**
 * The key of stateless resets: whatever of this server's secrets outlives the process, so that after a restart its clients learn at
 * once that their connections are gone. With a throw-away certificate and no ticket key it is a new one each time.
 */
function resetKey({ ticketKey, key }: ServerTls): Uint8Array {
  return createHmac('sha256', ticketKey ?? key)
    .update('mqbench stateless reset')
    .digest();
}

/** A QUIC server on one UDP socket. */
export class QuicListener implements Listener {
  readonly transport = 'quic' as const;
  private closing: Promise<void> | undefined;

  private constructor(
    private readonly endpoint: Endpoint,
    private readonly config: Config,
  ) {}

  /** @throws MqbenchError MQB_PORT_IN_USE, MQB_LISTEN */
  static async open(parts: ListenerParts): Promise<QuicListener> {
    const { native, settings, wheel, config, options, onConnection } = parts;
    const endpoint = new Endpoint({ native, settings, wheel });
    endpoint.io = await openUdp({
      host: options.host ?? '127.0.0.1',
      port: options.port,
      onPacket: endpoint.onPacket,
      backlog: wheel.backlog,
      ...socketOptions(settings),
    });
    endpoint.keyLogFile = options.tls?.keyLogFile;
    endpoint.accept({
      config,
      resetKey: options.tls && resetKey(options.tls),
      hooks: { ready: onConnection, ended: () => {} },
    });
    return new QuicListener(endpoint, config);
  }

  get address(): Address {
    return this.endpoint.io.address;
  }

  get connections(): number {
    return this.endpoint.all().filter(({ isReady, sending }) => isReady && sending).length;
  }

  counters(): Readonly<Record<string, number>> {
    return { ...this.endpoint.counters, ...this.endpoint.io.counters() };
  }

  /** @param key 48 bytes; tickets made with another key lead to a full handshake from now on */
  setTicketKey(key: Uint8Array): void {
    this.config.setTicketKey(key);
  }

  close(): Promise<void> {
    this.closing ??= this.shutDown();
    return this.closing;
  }

  private async shutDown(): Promise<void> {
    for (const connection of this.endpoint.all()) {
      connection.termination.closeNow(closeCodes.normal);
      connection.duplex.destroy();
    }
    await new Promise<void>((resolve) => setImmediate(() => setImmediate(resolve)));
    this.endpoint.close();
  }
}
