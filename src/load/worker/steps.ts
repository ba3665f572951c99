import { type ProgressEvent, stepMicros } from '../messages.js';
import { noCounts } from '../segment.js';
import type { Worker } from './worker.js';

/** Tells, step by step of the timeline, what a worker has counted. */
export class Steps {
  private step = 0;
  private atLastStep = noCounts();
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly worker: Worker,
    private readonly epochMicros: number,
    private readonly onProgress: (event: ProgressEvent) => void,
  ) {
    this.schedule();
  }

  stop(): void {
    clearTimeout(this.timer);
  }

  private schedule(): void {
    const due = this.epochMicros + (this.step + 1) * stepMicros;
    const tick = (): void => {
      this.emit();
      this.step++;
      this.schedule();
    };
    this.timer = setTimeout(tick, Math.max(0, (due - this.worker.clock()) / 1000));
  }

  /** Tells what has been counted since the step before; also in the middle of one, so that at the end nothing is missing. */
  emit(): void {
    const { share, books } = this.worker;
    const { counts: totals, connected: connectedNow, gone, inFlight } = this.worker.standing();
    const counts = noCounts();
    for (const key of Object.keys(counts) as (keyof typeof counts)[]) counts[key] = totals[key] - this.atLastStep[key];
    this.atLastStep = totals;
    const { least: connectedLeast, cut } = books.presence.take(this.step);
    this.onProgress({
      ...{ worker: share.worker, step: this.step, connectedNow, connectedLeast, cut, gone, inFlight, counts },
      failed: books.tally.counts.failedAttempts,
      lateSends: books.tally.counts.lateSends,
      ack: books.step.ack.toData(),
      e2e: books.step.e2e.toData(),
      connack: books.step.connack.toData(),
    });
    for (const histogram of Object.values(books.step)) histogram.reset();
  }
}
