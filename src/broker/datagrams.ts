import { Duplex } from 'node:stream';
import type { Aedes, AedesPublishPacket, Client } from 'aedes';
import { generate } from 'mqtt-packet';
import { QuicConnection } from '../transport/quic/connection.js';

/** QoS 0 PUBLISH without RETAIN, DUP never set: MQTT 3.1.1 section 3.3.1. */
const publishQos0 = 0x30;

/** What aedes hears of a client's datagrams: a client of its own that only publishes, and is told nothing. */
class DatagramChannel extends Duplex {
  constructor(connect: Buffer) {
    super({ allowHalfOpen: false });
    this.push(connect);
  }

  override _read(): void {}

  override _write(_chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    done();
  }
}

/**
 * The broker's side of our datagram profile (docs/quic.md): one QoS 0 PUBLISH
 * per QUIC datagram, both ways, for clients that have announced datagrams.
 * Whatever else comes in one is dropped and counted.
 */
export class DatagramDelivery {
  refused = 0;
  private readonly connections = new Map<Client, QuicConnection>();

  constructor(private readonly aedes: Aedes) {
    aedes.on('clientReady', (client) => {
      const connection = this.connections.get(client);
      if (connection) connection.onConfirmed(() => this.listen(client, connection));
    });
  }

  attach(client: Client, connection: object): void {
    if (!(connection instanceof QuicConnection) || !connection.datagrams) return;
    this.connections.set(client, connection);
    connection.duplex.once('close', () => this.connections.delete(client));
  }

  /** @returns whether the packet went to the client in a datagram; false: it must go on the stream */
  forward(client: Client, packet: AedesPublishPacket): boolean {
    const datagrams = this.connections.get(client)?.datagrams;
    const most = datagrams?.most;
    if (packet.qos !== 0 || packet.retain || datagrams === undefined || most === undefined) return false;
    const bytes = generate({ ...packet, cmd: 'publish', qos: 0, dup: false });
    if (bytes.length > most) return false;
    datagrams.send(bytes); // a full queue drops it, as QoS 0 and a datagram may be
    return true;
  }

  private listen(client: Client, connection: QuicConnection): void {
    if (connection.duplex.destroyed || connection.datagrams?.most === undefined) return;
    const clientId = `${client.id}:datagrams`;
    const connect = { protocolId: 'MQTT', protocolVersion: 4, clean: true, keepalive: 0, clientId } as const;
    const channel = new DatagramChannel(generate({ cmd: 'connect', ...connect }));
    this.aedes.handle(channel);
    connection.duplex.once('close', () => channel.destroy());
    connection.datagrams.onMessage((bytes) => {
      if (isWholePublish(bytes)) channel.push(Buffer.from(bytes));
      else this.refused++;
    });
  }
}

/** Exactly one QoS 0 PUBLISH: first byte, Remaining Length (section 2.2.3) and the length of the datagram agree. */
function isWholePublish(bytes: Buffer): boolean {
  if (bytes.length < 5 || ((bytes[0] as number) & 0xfe) !== publishQos0) return false;
  let length = 0;
  for (let i = 1; i < Math.min(5, bytes.length); i++) {
    const byte = bytes[i] as number;
    length += (byte & 0x7f) * 128 ** (i - 1);
    if ((byte & 0x80) === 0) return bytes.length === 1 + i + length;
  }
  return false;
}
