import { constantRate } from '../schedule.js';
import { type Share, ShareCursor } from '../split.js';
import { Executor } from './executor.js';

/** Whose turn it is, and when. */
export interface OneByOneOrder {
  /** Of all workers. */
  readonly clients: number;
  readonly share: Share;
  readonly startMicros: number;
  /** Undefined: all at once. */
  readonly perSecond: number | undefined;
}

/**
 * Something that every client does once: client i at `startMicros` + i / perSecond, in the order of all clients, so that
 * the shares of workers add up.
 */
export class OneByOne extends Executor {
  private readonly cursor: ShareCursor;
  private readonly dueAt: (index: number) => number;

  constructor(
    private readonly order: OneByOneOrder,
    /** @param local the worker's own number of the client */
    private readonly act: (local: number, due: number) => void,
  ) {
    super();
    this.cursor = new ShareCursor(order.clients, order.share);
    this.dueAt = order.perSecond === undefined ? () => 0 : constantRate(order.perSecond).dueAt;
  }

  /** There is nothing left to do. */
  override get isOver(): boolean {
    return this.cursor.index >= this.order.clients;
  }

  run(now: number): void {
    for (let due = this.next(); due <= now; due = this.next()) {
      const local = this.cursor.client;
      this.cursor.advance();
      this.act(local, due);
    }
  }

  protected due(): number {
    return this.isOver ? Number.POSITIVE_INFINITY : this.order.startMicros + this.dueAt(this.cursor.index);
  }
}
