import { codeOf, MqbenchError, messageOf } from '../base/errors.js';
import { exitCodes } from '../base/exit-codes.js';
import type { Connection, DialOptions, Listener, ListenOptions, Transport, TransportName } from './contract.js';
import { tcpTransport } from './tcp/tcp.js';
import { tlsTransport } from './tls/tls.js';
import { wssTransport, wsTransport } from './ws/ws.js';

/** QUIC's native binding is loaded at the first use, so that a machine without it can do everything else. */
class LazyQuic implements Transport {
  readonly name = 'quic';
  private loaded: Promise<Required<Transport>> | undefined;

  async dial(options: DialOptions): Promise<Connection> {
    return (await this.load()).dial(options);
  }

  async listen(options: ListenOptions, onConnection: (connection: Connection) => void): Promise<Listener> {
    return (await this.load()).listen(options, onConnection);
  }

  async move(connection: Connection, localAddress?: string): Promise<{ readonly micros: number }> {
    return (await this.load()).move(connection, localAddress);
  }

  async close(): Promise<void> {
    const loaded = this.loaded;
    this.loaded = undefined;
    if (loaded) await loaded.then((transport) => transport.close()).catch(() => {}); // it never loaded: nothing to close
  }

  private load(): Promise<Required<Transport>> {
    this.loaded ??= import('./quic/transport.js').then(
      ({ quicTransport }) => quicTransport(),
      (error: unknown) => {
        throw unavailable(error);
      },
    );
    return this.loaded;
  }
}

function unavailable(cause: unknown): MqbenchError {
  if (cause instanceof MqbenchError) return cause;
  return new MqbenchError('MQB_QUIC_UNAVAILABLE', `load the QUIC binding: ${messageOf(cause)} (${codeOf(cause)})`, {
    hint: 'QUIC needs a prebuilt binary of @matrixai/quic (linux-x64, darwin, win32-x64); the other transports work without it',
    exitCode: exitCodes.machine,
    cause,
  });
}

const transports: Readonly<Record<TransportName, Transport>> = {
  tcp: tcpTransport,
  tls: tlsTransport,
  ws: wsTransport,
  wss: wssTransport,
  quic: new LazyQuic(),
};

/** Says before a run that this machine cannot. @throws MQB_QUIC_UNAVAILABLE (exit code 3) */
export async function requireTransport(name: TransportName): Promise<void> {
  if (name !== 'quic') return;
  try {
    await (await import('./quic/native.js')).loadNative();
  } catch (error) {
    throw unavailable(error);
  }
}

/**
 * The transport of that name. One instance serves the whole process.
 * Dialling or listening over QUIC may throw MQB_QUIC_UNAVAILABLE.
 */
export function transportFor(name: TransportName): Transport {
  return transports[name];
}
