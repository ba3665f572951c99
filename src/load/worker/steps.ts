import { type ProgressEvent, stepMicros } from '../messages.js';
import { addCounts, noCounts } from '../segment.js';
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
    const { worker } = this;
    const totals = worker.recorder.totals();
    const counts = noCounts();
    addCounts(counts, totals);
    for (const key of Object.keys(counts) as (keyof typeof counts)[]) counts[key] -= this.atLastStep[key];
    this.atLastStep = totals;
    let connectedNow = 0;
    let inFlight = 0;
    let gone = 0;
    for (const client of worker.clients) {
      if (client.isUp) connectedNow++;
      if (client.state === 'gone') gone++;
      inFlight += client.session.unacknowledged;
    }
    const { least: connectedLeast, cut } = worker.presence.take(this.step);
    this.onProgress({
      worker: worker.share.worker,
      step: this.step,
      connectedNow,
      connectedLeast,
      cut,
      everConnected: worker.everUp,
      gone,
      failed: worker.tally.failedAttempts,
      inFlight,
      lateSends: worker.tally.lateSends,
      counts,
      ack: worker.step.ack.toData(),
      e2e: worker.step.e2e.toData(),
      connack: worker.step.connack.toData(),
    });
    for (const histogram of Object.values(worker.step)) histogram.reset();
  }
}
