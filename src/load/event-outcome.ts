import type { VirtualClient } from './client.js';
import type { EventOutcome } from './messages.js';

/** Which connection each client of the fleet had when an event was marked. */
export type EventMark = ReadonlyMap<VirtualClient, number>;

/** Of a client that was away at the event, cut by an earlier one: whichever connection it gets, it is a new one. */
const away = -1;

/** The fleet at an event: all clients that have been up, also those that are just on their way back. */
export function markOf(clients: readonly VirtualClient[]): EventMark {
  const fleet = clients.filter((client) => client.everUp);
  return new Map(fleet.map((client) => [client, client.isUp ? client.generation : away]));
}

/**
 * What became of the fleet since the event.
 * survived: the same connection, and a byte came over it since, or none was due;
 * reconnected: up again over a later one; lost: neither.
 */
export function eventOutcome(worker: { readonly eventAt: number; readonly mark: EventMark }): EventOutcome | undefined {
  if (worker.eventAt === 0) return undefined;
  let survived = 0;
  let reconnected = 0;
  let lost = 0;
  for (const [client, generation] of worker.mark) {
    const { session } = client;
    const answered = session.lastRead > worker.eventAt || session.oldestOwed === 0;
    if (!client.isUp) lost++;
    else if (client.generation !== generation) reconnected++;
    else if (answered) survived++;
    else lost++;
  }
  return { survived, reconnected, lost };
}
