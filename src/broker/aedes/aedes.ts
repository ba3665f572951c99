import { Aedes, type AedesOptions, type Client } from 'aedes';
import { insideOf, insideOfClient, refuseUnknown } from './inside.js';
import { replace } from './patches.js';

export type { Aedes, AedesPublishPacket, Client } from 'aedes';

/** @throws MQB_AEDES_VERSION when another version of aedes is installed than the one whose inside is known */
export async function startAedes(options: AedesOptions): Promise<Aedes> {
  const aedes = new Aedes(options);
  refuseUnknown(insideOf(aedes));
  await aedes.listen();
  return aedes;
}

/** The client's keepalive begins anew, as if it had sent a packet. */
export function keepAlive(client: Client): void {
  insideOfClient(client)._keepaliveTimer?.refresh();
}

/** @param id of the next packet to this client that has one */
export function setNextId(client: Client, id: number): void {
  insideOfClient(client)._nextId = id;
}

/** @param through called when aedes has acted upon a packet of this client, before it reads on; and once when CONNACK is out */
export function onThrough(client: Client, through: () => void): void {
  replace('client', insideOfClient(client), '_nextBatch', (next) => (error) => {
    through();
    next(error);
  });
}

/** Whether acting upon a CONNECT once more would do harm: there is a session to take over or to wipe, or a will. */
export async function wouldHarm(
  aedes: Aedes,
  { clientId, clean, will }: { readonly clientId: string; readonly clean?: boolean; readonly will?: unknown },
): Promise<boolean> {
  const { clients, persistence } = insideOf(aedes);
  if (will !== undefined || clients[clientId] !== undefined) return true;
  return clean !== false && (await persistence.subscriptionsByClient({ id: clientId })).length > 0;
}
