import { sleep } from '../../../base/sleep.js';
import type { VirtualClient } from '../../client/client.js';
import type { MarkedEvent } from '../../client/marked-event.js';

/** A good-bye that takes longer has lost its connection on the way; the client comes back all the same. */
const longestGoodbyeMillis = 1000;

/**
 * A client gives its connection up, to come back. Resolves when the connection is closed: before, a client that says
 * good-bye has no reason to dial, and what the connection knew of its session (tickets) is not stored.
 * @param event why it does; undefined: its stay is over
 * @returns false when it had no connection to give up
 */
export async function giveUp(client: VirtualClient, politely: boolean, event?: MarkedEvent): Promise<boolean> {
  if (politely && client.isUp) client.session.disconnect();
  const connection = client.leave();
  if (connection === undefined) return false;
  if (event === undefined) client.quit();
  else event.gives(client);
  const gone = new Promise((resolve) => connection.duplex.once('close', resolve));
  if (politely) void connection.close().catch(() => {});
  else connection.abort();
  await Promise.race([gone, sleep(longestGoodbyeMillis)]);
  return true;
}
