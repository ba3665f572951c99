import type { Clock } from '../../../base/clock.js';
import type { VirtualClient } from '../../client/client.js';
import type { MarkedEvent } from '../../client/marked-event.js';
import type { CutOrder } from '../../messages.js';
import { constantRate, type Schedule } from '../schedule.js';
import type { ShareCursor } from '../split.js';
import { comeBack } from './come-back.js';
import { Executor } from './executor.js';

/** What a cut asks of the worker. */
export interface CutHost {
  readonly clients: readonly VirtualClient[];
  readonly clock: Clock;
  readonly events: { named(name: string): MarkedEvent | undefined };
}

/**
 * Every client gives its connection up and comes back: client i at `atMicros` + i / perSecond, without a rate all at
 * once, in the order of all clients, so that the shares of workers add up.
 */
export class Cuts extends Executor {
  /** Undefined: all at once. */
  private readonly schedule: Schedule | undefined;

  constructor(
    private readonly host: CutHost,
    private readonly cursor: ShareCursor,
    /** Of all workers. */
    private readonly clients: number,
    private readonly order: CutOrder,
    /** Told of each client that is to dial again. */
    private readonly onGone: (client: VirtualClient) => void,
  ) {
    super();
    if (order.perSecond !== undefined) this.schedule = constantRate(order.perSecond);
  }

  run(now: number): void {
    if (this.next() > now) return;
    const { clients, clock, events } = this.host;
    const { politely, event } = this.order;
    const how = { politely, clock, event: event === undefined ? undefined : events.named(event) };
    for (let due = this.next(); due <= now; due = this.next()) {
      const client = clients[this.cursor.client] as VirtualClient;
      this.cursor.advance();
      void comeBack(client, due, how).then((left) => {
        if (left) this.onGone(client);
      });
    }
  }

  protected due(): number {
    const { index } = this.cursor;
    if (index >= this.clients) return Number.POSITIVE_INFINITY;
    return this.order.atMicros + (this.schedule?.dueAt(index) ?? 0);
  }
}
