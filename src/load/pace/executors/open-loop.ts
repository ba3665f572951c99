import type { VirtualClient } from '../../client/client.js';
import type { Worker } from '../../worker/worker.js';
import type { DueQueue } from '../due-queue.js';
import { Executor } from './executor.js';

/**
 * Messages are due at times that no acknowledgement moves: at one rate by turns, or each client and topic at its own
 * pace, as the queue says. (Schroeder, Wierman and Harchol-Balter, "Open versus closed", NSDI 2006.)
 */
export class OpenLoop extends Executor {
  /** Clients with something to write in this turn. */
  private readonly writing: VirtualClient[] = [];

  constructor(
    private readonly worker: Worker,
    private readonly queue: DueQueue,
    private readonly startMicros: number,
  ) {
    super();
  }

  /** Hands every due message to its client, then lets each client write all it has in one go. */
  run(now: number): void {
    const { writing } = this;
    const { books } = this.worker;
    for (let at = this.next(); at <= now; at = this.next()) {
      const client = this.take();
      books.segment(at).counts.offered++; // whatever becomes of it
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
    const client = this.worker.clients[queue.client] as VirtualClient;
    client.traffic.offer(queue.flow, client.isUp);
    queue.advance();
    return client;
  }
}
