import type { Address, Connection } from '../../transport/contract.js';
import type { Client } from '../aedes/aedes.js';

/** Notices clients whose address changed under the living connection, which only QUIC's can. */
export class AddressWatch {
  /** Changes seen so far. Several between two looks count as one. */
  changes = 0;
  private readonly last = new WeakMap<Connection, Address>();

  /** @param moved is told who is where now */
  constructor(private readonly moved: (clientId: string, address: Address) => void) {}

  look(members: Iterable<[Client, Connection]>): void {
    for (const [client, connection] of members) {
      if (connection.transport !== 'quic' || !client.connected) continue;
      const now = connection.peerAddress;
      const before = this.last.get(connection);
      if (before === now || (before && before.host === now.host && before.port === now.port)) continue;
      this.last.set(connection, now);
      if (!before) continue;
      this.changes++;
      this.moved(client.id, now);
    }
  }
}
