import type { Clock } from '../../../base/clock.js';
import type { Connection } from '../../../transport/contract.js';
import type { VirtualClient } from '../../client/client.js';
import type { MarkedEvent } from '../../client/marked-event.js';

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
  how: { readonly politely: boolean; readonly clock: Clock; readonly event?: MarkedEvent | undefined },
): Promise<boolean> {
  if (how.politely && client.isUp) client.session.disconnect();
  const connection = client.leave();
  if (connection === undefined) return false;
  how.event?.gives(client);
  const gone = closed(connection);
  if (how.politely) void connection.close().catch(() => {});
  else connection.abort();
  await gone; // what the connection knew of its session (tickets) is stored by then
  client.returnDue(how.politely ? how.clock() : due, how.event);
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
