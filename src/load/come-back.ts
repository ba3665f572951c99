import type { Clock } from '../base/clock.js';
import type { Connection } from '../transport/contract.js';
import type { VirtualClient } from './client.js';
import { constantRate } from './schedule.js';
import type { ShareCursor } from './split.js';

/** When which client of a worker gives its connection up: in the order of all clients, so that shares add up. */
export class Cuts {
  constructor(
    private readonly cursor: ShareCursor,
    private readonly clients: number,
    private readonly order: {
      readonly startMicros: number;
      readonly perSecond: number | undefined;
      readonly politely: boolean;
    },
  ) {}

  get politely(): boolean {
    return this.order.politely;
  }

  /** Infinity when every client had its turn. */
  next(): number {
    const { index } = this.cursor;
    if (index >= this.clients) return Number.POSITIVE_INFINITY;
    const { startMicros, perSecond } = this.order;
    return startMicros + (perSecond === undefined ? 0 : constantRate(perSecond).dueAt(index));
  }

  /** @returns the worker's own number of the client whose turn it is */
  take(): number {
    const { client } = this.cursor;
    this.cursor.advance();
    return client;
  }
}

/** A good-bye that takes longer has lost its connection on the way; the client comes back all the same. */
const longestGoodbyeMillis = 1000;

/**
 * A client gives its connection up and is to come back at once. Cut without a
 * word, its return is due when the cut was. With DISCONNECT it is due when the
 * connection is closed: before, the client has no reason to dial.
 * @returns false when it had no connection to give up
 */
export async function comeBack(
  client: VirtualClient,
  due: number,
  how: { readonly politely: boolean; readonly clock: Clock },
): Promise<boolean> {
  if (how.politely && client.isUp) client.session.disconnect();
  const connection = client.leave();
  if (connection === undefined) return false;
  const gone = closed(connection);
  if (how.politely) void connection.close().catch(() => {});
  else connection.abort();
  await gone; // what the connection knew of its session (tickets) is stored by then
  client.returnDue(how.politely ? how.clock() : due);
  return true;
}

function closed(connection: Connection): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, longestGoodbyeMillis);
    connection.duplex.once('close', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
