import type { Duplex } from 'node:stream';
import { generate } from 'mqtt-packet';
import type { Connection } from '../../transport/contract.js';
import { QuicConnection } from '../../transport/quic/connection/connection.js';
import type { Aedes, Client } from '../aedes/aedes.js';

/**
 * What clients on QUIC connections send beside their control stream. It waits until the client has its CONNACK and its
 * handshake is confirmed: nothing of it may be a replay.
 */
export abstract class QuicClients {
  protected readonly connections = new Map<Client, QuicConnection>();

  /** @param handle gives a stream to aedes */
  constructor(
    aedes: Aedes,
    protected readonly handle: (stream: Duplex, connection: Connection) => Client,
  ) {
    aedes.on('clientReady', (client) => {
      const connection = this.connections.get(client);
      connection?.onConfirmed(() => {
        if (!connection.duplex.destroyed) this.serve(client, connection);
      });
    });
  }

  /** Tells of a client that aedes handles; a connection of another transport is none of our business. */
  attach(client: Client, connection: object): void {
    if (!(connection instanceof QuicConnection)) return;
    this.connections.set(client, connection);
    connection.duplex.on('close', () => this.connections.delete(client));
  }

  protected abstract serve(client: Client, connection: QuicConnection): void;
}

/**
 * CONNECT of a client of aedes that stands for a part of another: of its version, and with what it said it can take (MQTT 5.0,
 * 3.1.2.11).
 * @param clientId from {@link partOf}
 */
export function connectOf(whole: Client, clientId: string): Buffer {
  const isFive = whole.version === 5;
  const { receiveMaximum, maximumPacketSize } = whole;
  const size = maximumPacketSize === undefined ? {} : { maximumPacketSize };
  return generate({
    cmd: 'connect',
    protocolId: 'MQTT',
    protocolVersion: isFive ? 5 : 4,
    clean: true,
    keepalive: 0,
    clientId,
    ...(isFive ? { properties: { receiveMaximum, ...size } } : {}),
  });
}
