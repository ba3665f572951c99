import { constantRate } from '../schedule.js';
import { type Share, ShareCursor } from '../split.js';
import { Executor } from './executor.js';

/**
 * Something that every client does once: client i at `startMicros` + i / perSecond, in the order of all clients, so that
 * the shares of workers add up.
 */
export class OneByOne extends Executor {
  private readonly cursor: ShareCursor;
  private readonly dueAt: (index: number) => number;

  /** @param clients of all workers @param perSecond undefined: all at once */
  constructor(
    private readonly clients: number,
    share: Share,
    private readonly startMicros: number,
    perSecond: number | undefined,
    /** @param local the worker's own number of the client */
    private readonly act: (local: number, due: number) => void,
  ) {
    super();
    this.cursor = new ShareCursor(clients, share);
    this.dueAt = perSecond === undefined ? () => 0 : constantRate(perSecond).dueAt;
  }

  override get isOver(): boolean {
    return this.cursor.index >= this.clients;
  }

  run(now: number): void {
    for (let due = this.next(); due <= now; due = this.next()) {
      const local = this.cursor.client;
      this.cursor.advance();
      this.act(local, due);
    }
  }

  protected due(): number {
    return this.isOver ? Number.POSITIVE_INFINITY : this.startMicros + this.dueAt(this.cursor.index);
  }
}
