import '../../mqtt/codec/number-cache.js';
import { Aedes, type AedesOptions, type Client } from 'aedes';
import type { Packet } from 'mqtt-packet';
import { insideOf, insideOfClient, refuseUnknown, type SubscriptionInside } from './inside.js';
import { replace } from './patches.js';

export type { Aedes, Client } from 'aedes';

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

/** @param through called when aedes has acted upon a packet of this client, before it reads on; and once when CONNACK is out */
export function onThrough(client: Client, through: () => void): void {
  replace('client', insideOfClient(client), '_nextBatch', (next) => (error) => {
    through();
    next(error);
  });
}

/** @returns the number of a new message of the broker */
export const nextMessageNumber = (aedes: Aedes): number => ++insideOf(aedes).counter;

/** Calls back when the client's stream takes more, or is gone; one that takes nothing for 60 s is cut off. */
export function waitForDrain(client: Client, done: () => void): void {
  insideOfClient(client).waitForDrain(done);
}

/** Those of a client that is there, by their filters. */
export const subscriptionsOf = (client: Client): Readonly<Record<string, SubscriptionInside>> =>
  insideOfClient(client).subscriptions;

/** @param parsed is shown each packet of the client before aedes acts upon it, and may change it */
export function onParsed(client: Client, parsed: (packet: Packet) => void): void {
  const { _parser: parser } = insideOfClient(client);
  const [theirs] = parser.listeners('packet');
  parser.removeAllListeners('packet');
  parser.on('packet', (packet: Packet) => {
    parsed(packet);
    theirs?.call(parser, packet);
  });
}

/** A client's parser gathers in a plain list what it otherwise gathers in a stream, which is 0.8 KB for each client. */
export function lightenParser(client: Client): void {
  const { _parser: parser } = insideOfClient(client);
  const { BufferList } = parser._list.constructor as { BufferList?: new () => typeof parser._list };
  if (BufferList !== undefined && parser._list.length === 0) parser._list = new BufferList();
}

/** Whether acting upon a CONNECT once more would do harm to others: somebody would be taken over, or a will be left. */
export function wouldHarm(
  aedes: Aedes,
  { clientId, will }: { readonly clientId: string; readonly will?: unknown },
): boolean {
  return will !== undefined || insideOf(aedes).clients[clientId] !== undefined;
}
