import type { VirtualClient } from '../client/client.js';
import * as words from '../errors.js';
import type { Worker } from './worker.js';

/** How often every client is looked at. */
export const sweepMillis = 100;

/** Looks at every client: sends what keeps connections alive, repeats what was not acknowledged, gives up what is silent. */
export function sweep(worker: Worker): void {
  const retryAfterMicros = worker.plan.publish?.retryAfterMicros;
  const now = worker.clock();
  for (const client of worker.clients) {
    const { state } = client;
    if (state === 'up') {
      client.session.checkKeepalive(now);
      if (retryAfterMicros !== undefined) retryPublishes(worker, client, now - retryAfterMicros, now);
      giveUpSilent(worker, client, now);
    } else if (state === 'greeting' || state === 'subscribing') {
      giveUpUnanswered(worker, client, state === 'greeting' ? 'CONNACK' : 'SUBACK', now);
    }
  }
}

function retryPublishes(worker: Worker, client: VirtualClient, olderThan: number, now: number): void {
  const again = client.session.retry((flow, sequence) => client.traffic.templateOf(flow, sequence), olderThan, now);
  if (again > 0) worker.countResent(again, now);
  client.session.flush();
}

function giveUpSilent({ plan, dialer }: Worker, client: VirtualClient, now: number): void {
  const { oldestOwed, lastRead } = client.session;
  if (oldestOwed === 0) return;
  const silent = now - Math.max(oldestOwed, lastRead);
  if (silent > plan.deadAfterMicros) client.fail(words.silent(dialer.where(client.number), silent), true);
}

function giveUpUnanswered(
  { plan, dialer }: Worker,
  client: VirtualClient,
  packet: 'CONNACK' | 'SUBACK',
  now: number,
): void {
  const { dialTimeoutMicros } = plan;
  if (now - client.dialStarted <= dialTimeoutMicros) return;
  client.fail(words.noAnswer(packet, dialer.where(client.number), dialTimeoutMicros), true);
}
