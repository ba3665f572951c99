import type { VirtualClient } from '../../client/client.js';
import type { CutOrder } from '../../messages.js';
import type { Worker } from '../../worker/worker.js';
import { giveUp } from './give-up.js';
import { OneByOne } from './one-by-one.js';

/**
 * Every client gives its connection up and comes back: one after the other, without a rate all at once. Cut without a word,
 * its return is due when the cut was; with DISCONNECT when the connection is closed.
 */
export function cuts(worker: Worker, { atMicros, perSecond, politely, event: name }: CutOrder): OneByOne {
  const { plan, share, clients, clock, events } = worker;
  const cut = async (client: VirtualClient, due: number): Promise<void> => {
    const event = name === undefined ? undefined : events.named(name);
    if (!(await giveUp(client, politely, event))) return;
    client.returnDue(politely ? clock() : due, event);
    worker.redial(client, due);
  };
  return new OneByOne(plan.clients, share, atMicros, perSecond, (local, due) => {
    void cut(clients[local] as VirtualClient, due);
  });
}
