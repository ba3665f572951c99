import { constantRate, type Schedule } from '../schedule.js';
import { type Share, ShareCursor } from '../split.js';
import { Executor } from './executor.js';

interface Dialling {
  readonly clients: number;
  readonly connectRate: number;
}

/** The first connect of every client: client i is due at `startMicros` + i / connectRate. */
export class Connects extends Executor {
  private readonly cursor: ShareCursor;
  private readonly schedule: Schedule;

  constructor(
    private readonly plan: Dialling,
    share: Share,
    private readonly startMicros: number,
    /** @param local the worker's own number of the client */
    private readonly dial: (local: number, due: number) => void,
  ) {
    super();
    this.cursor = new ShareCursor(plan.clients, share);
    this.schedule = constantRate(plan.connectRate);
  }

  run(now: number): void {
    for (let due = this.next(); due <= now; due = this.next()) {
      const local = this.cursor.client;
      this.cursor.advance();
      this.dial(local, due);
    }
  }

  protected due(): number {
    const { index } = this.cursor;
    return index >= this.plan.clients ? Number.POSITIVE_INFINITY : this.startMicros + this.schedule.dueAt(index);
  }
}
