import { createHmac } from 'node:crypto';
import type { Address, Connection, Listener, ServerTls } from '../../contract.js';
import { closeCodes } from '../connection/failure.js';
import type { Config } from '../native.js';
import type { Endpoint } from './endpoint.js';

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

  constructor(
    private readonly endpoint: Endpoint,
    private readonly config: Config,
    tls: ServerTls,
    onConnection: (connection: Connection) => void,
  ) {
    const hooks = { ready: onConnection, ended: () => {} };
    endpoint.accept({ config, hooks, resetKey: resetKey(tls), keyLogFile: tls.keyLogFile });
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
