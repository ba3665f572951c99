import type { Clock } from '../base/clock.js';

const periodMicros = 20_000;

/**
 * How late an event loop is: a tick is due every 20 ms, and comes when the loop gets to it. A loop that is held up for a
 * second misses 50 ticks and then serves one. Each of the 50 counts, from when it was due: the one that came would hide
 * the others (HdrHistogram's correction for coordinated omission, recordValueWithExpectedInterval).
 */
export class LoopTicks {
  private due: number;

  constructor(
    private readonly clock: Clock,
    /** Told of each tick: how late it was, and when it had been due. */
    private readonly record: (lateMicros: number, dueMicros: number) => void,
  ) {
    this.due = clock() + periodMicros;
  }

  /** The loop got to it. */
  come(): void {
    const now = this.clock();
    if (now < this.due) this.record(0, this.due); // a timer may come up to a millisecond early
    this.recordDue(now);
    this.due = now + periodMicros;
  }

  /** There will be no more: what is due and has not come is as late as it is by now. */
  end(): void {
    this.recordDue(this.clock());
  }

  private recordDue(now: number): void {
    for (; this.due <= now; this.due += periodMicros) this.record(now - this.due, this.due);
  }
}

/**
 * Watches the event loop of this process. Timers have a grain of 1 ms, so below that there is no delay to see.
 * @returns stops it
 */
export function watchLoopDelay(record: (lateMicros: number, dueMicros: number) => void, clock: Clock): () => void {
  const ticks = new LoopTicks(clock, record);
  const timer = setInterval(() => ticks.come(), periodMicros / 1000);
  timer.unref();
  return () => {
    clearInterval(timer);
    ticks.end();
  };
}
