import type { VirtualClient } from '../../client/client.js';
import type { DueQueue } from '../due-queue.js';
import { Executor } from './executor.js';

/** What publishing at set times asks of the worker. */
export interface OpenLoopHost {
  readonly clients: readonly VirtualClient[];
  /** A message became due; what is due counts as offered, whatever becomes of it. */
  countOffered(dueMicros: number): void;
}

/**
 * Messages are due at times that no acknowledgement moves: at one rate by turns, or each client and topic at its own
 * pace, as the queue says. (Schroeder, Wierman and Harchol-Balter, "Open versus closed", NSDI 2006.)
 */
export class OpenLoop extends Executor {
  /** Clients with something to write in this turn. */
  private readonly writing: VirtualClient[] = [];

  constructor(
    private readonly host: OpenLoopHost,
    private readonly queue: DueQueue,
    private readonly startMicros: number,
  ) {
    super();
  }

  /** Hands every due message to its client, then lets each client write all it has in one go. */
  run(now: number): void {
    const { host, writing } = this;
    for (let at = this.next(); at <= now; at = this.next()) {
      const client = this.take();
      host.countOffered(at);
      if (client.traffic.marked) continue;
      client.traffic.marked = true;
      writing.push(client);
    }
    for (const client of writing) {
      client.traffic.marked = false;
      client.pump(true);
      client.session.flush();
    }
    writing.length = 0;
  }

  protected due(): number {
    return this.startMicros + this.queue.next;
  }

  private take(): VirtualClient {
    const { queue } = this;
    const client = this.host.clients[queue.client] as VirtualClient;
    client.traffic.offer(queue.flow);
    if (client.state !== 'up') client.traffic.dueAway++;
    queue.advance();
    return client;
  }
}
