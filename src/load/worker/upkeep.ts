import type { VirtualClient } from '../client/client.js';
import * as errors from '../errors.js';
import type { Worker } from './worker.js';

export const sweepMillis = 100;

/** Looks at every client: sends what keeps connections alive, repeats what was not acknowledged, gives up what is silent. */
export function sweep({ plan, clients, clock }: Worker): void {
  const { deadAfterMicros, dialTimeoutMicros, publish } = plan;
  const now = clock();
  for (const client of clients) {
    const { state } = client;
    if (state === 'up') {
      client.session.checkKeepalive(now);
      if (publish?.retryAfterMicros !== undefined) client.retry(now - publish.retryAfterMicros, now);
      const silent = silenceOf(client, now);
      if (silent > deadAfterMicros) client.onProblem(errors.silent(client.where, silent), true);
    } else if ((state === 'greeting' || state === 'subscribing') && now - client.wayIn.startedAt > dialTimeoutMicros) {
      const packet = state === 'greeting' ? 'CONNACK' : 'SUBACK';
      client.onProblem(errors.noAnswer(packet, client.where, dialTimeoutMicros), true);
    }
  }
}

/** How long nothing has come although an answer is due. */
function silenceOf(client: VirtualClient, now: number): number {
  const { oldestOwed, lastRead } = client.session;
  return oldestOwed === 0 || client.isHeld(now) ? 0 : now - Math.max(oldestOwed, lastRead);
}
