import { Duplex } from 'node:stream';
import { isDatagramPublish } from '../../mqtt/session/datagram-publish.js';
import type { QuicConnection } from '../../transport/quic/connection/connection.js';
import type { Client } from '../aedes/aedes.js';
import { encodePublish } from '../delivery/publish-packet.js';
import { noAlias } from '../delivery/topic-aliases.js';
import type { Message, Terms } from '../sessions/message.js';
import { connectOf, QuicClients } from './clients.js';
import { partEnded, partOf } from './parts.js';

/** More than this unread by a broker that is behind (delivery/back-pressure.ts) is not kept, bytes: datagrams may be dropped. */
const unreadBytes = 256 * 1024;

/**
 * The broker's side of our datagram profile (docs/quic.md): one QoS 0 PUBLISH per QUIC datagram, both ways, for clients that have
 * announced datagrams. Whatever else comes in one is dropped and counted.
 */
export class DatagramDelivery extends QuicClients {
  /** Messages that came and went in datagrams, datagrams that were no PUBLISH of QoS 0, and those that came too fast. */
  received = 0;
  delivered = 0;
  refused = 0;
  overrun = 0;

  /** @returns whether a message of QoS 0 went to the client in a datagram; false: it must go on the stream */
  forward(client: Client, message: Message, terms: Terms): boolean {
    const datagrams = this.connections.get(client)?.datagrams;
    const most = datagrams?.most;
    if (message.qos > 0 || terms.retain || datagrams === undefined || most === undefined) return false;
    // An alias would be unknown to the client when the datagram that tells of it is lost.
    const { head, rest } = encodePublish(message, terms, noAlias, client.version === 5, 0, false);
    const bytes = rest === undefined ? head : Buffer.concat([head, rest]);
    if (bytes.length > Math.min(most, client.maximumPacketSize ?? most)) return false;
    datagrams.send(bytes); // a full queue drops it, as QoS 0 and a datagram may be
    this.delivered++;
    return true;
  }

  protected serve(client: Client, connection: QuicConnection): void {
    if (connection.datagrams?.most === undefined) return;
    // What aedes hears of them: a client of its own that only publishes, and is told nothing.
    const channel = new Duplex({ allowHalfOpen: false, read: () => {}, write: (_chunk, _encoding, done) => done() });
    const id = partOf(client.id, 'datagrams');
    channel.push(connectOf(client, id));
    channel.once('close', () => partEnded(id));
    this.handle(channel, connection);
    connection.duplex.once('close', () => channel.destroy());
    connection.datagrams.onMessage((bytes) => {
      if (!isDatagramPublish(bytes)) this.refused++;
      else if (channel.readableLength > unreadBytes) this.overrun++;
      else {
        this.received++;
        channel.push(Buffer.from(bytes));
      }
    });
  }
}
