import type { VirtualClient } from './client.js';
import type { EventOutcome } from './messages.js';

/** Which connection each client had when an event was marked. */
export type EventMark = ReadonlyMap<VirtualClient, number>;

/**
 * What became of the clients that were connected at the event.
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
