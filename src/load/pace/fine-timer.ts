import type { Clock } from '../../base/clock.js';
import type { FineWait } from './fine-wait.js';

/** From here on the coarse timer hands over: it may come up to 1 ms late, and as much is left to wait finely. */
const fineMicros = 2_000;

/**
 * The wait blocks the event loop, and what was read in this turn may still be under way in immediates queued behind
 * ours. So it begins only after as many turns in a row in which nothing was read. The QUIC endpoint answers in such steps: without this
 * its answers lay until the next message was due, 2.6 ms instead of 1.4 ms on a 1 ms path. What answers as it reads needs one turn;
 * each costs a system call and 1 µs, which was a tenth of what the generator takes for a message over TCP.
 */
export const quietTurns = { quic: 3, others: 1 } as const;

/** Calls back at a time in microseconds. One callback, one time; setting it again moves it. */
export class FineTimer {
  private at = Number.POSITIVE_INFINITY;
  private timeout: NodeJS.Timeout | undefined;
  private immediate: NodeJS.Immediate | undefined;
  private quiet = 0;
  private eventsSeen = Number.NaN;

  constructor(
    private readonly clock: Clock,
    /** Undefined: whole milliseconds, as Node has them. */
    private readonly wait: FineWait | undefined,
    private readonly callback: () => void,
    private readonly quietTurns: number,
    /** Events the loop has handled so far; any change means that something was read. */
    private readonly eventsHandled: () => number = loopEvents,
  ) {}

  /** @param at Infinity: not at all */
  set(at: number): void {
    this.clear();
    this.at = at;
    this.quiet = 0;
    if (at === Number.POSITIVE_INFINITY) return;
    const left = at - this.clock();
    if (this.wait === undefined) {
      this.timeout = setTimeout(this.callback, Math.max(0, Math.floor(left / 1000)));
    } else if (left > fineMicros) {
      this.timeout = setTimeout(this.finish, Math.floor(left / 1000) - 1);
    } else {
      this.immediate = setImmediate(this.finish);
    }
  }

  clear(): void {
    clearTimeout(this.timeout);
    clearImmediate(this.immediate);
    this.timeout = undefined;
    this.immediate = undefined;
  }

  /** The last stretch: sleep until it is time or until there is something to read, which then goes first. */
  private readonly finish = (): void => {
    let left = this.at - this.clock();
    if (left > fineMicros) {
      this.set(this.at);
      return;
    }
    if (left > 0 && this.isQuiet()) {
      this.wait?.(left);
      left = this.at - this.clock();
    }
    if (left > 0) this.immediate = setImmediate(this.finish);
    else this.callback();
  };

  private isQuiet(): boolean {
    const events = this.eventsHandled();
    this.quiet = events === this.eventsSeen ? this.quiet + 1 : 0;
    this.eventsSeen = events;
    return this.quiet >= this.quietTurns;
  }
}

/** libuv's own count (uv_metrics_info), 0.4 µs a call. */
function loopEvents(): number {
  return performance.nodeTiming.uvMetricsInfo.events;
}
