import type { Clock } from '../base/clock.js';
import type { Histogram } from './histogram.js';

const periodMillis = 20;

/**
 * How late the event loop of this process is: a timer every 20 ms, and how much
 * later than asked it came. Timers have a grain of 1 ms, so below that there is no delay to see.
 * @returns stops it
 */
export function watchLoopDelay(into: Histogram, clock: Clock): () => void {
  let expected = clock() + periodMillis * 1000;
  const timer = setInterval(() => {
    const now = clock();
    into.record(Math.max(0, now - expected));
    expected = now + periodMillis * 1000;
  }, periodMillis);
  timer.unref();
  return () => clearInterval(timer);
}
