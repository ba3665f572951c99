import { vi } from 'vitest';
import { nowMicros } from '../../src/base/clock.js';

/**
 * Time that passes only when a test says so: timers, immediates and what {@link nowMicros} reads all follow it. Sockets
 * do not, so what is tested with it talks to nobody outside this process.
 */
export class VirtualClock {
  private readonly began: number;

  private constructor() {
    vi.useFakeTimers({
      toFake: [
        'setTimeout',
        'clearTimeout',
        'setInterval',
        'clearInterval',
        'setImmediate',
        'clearImmediate',
        'performance',
      ],
    });
    this.began = nowMicros();
  }

  /** From here on nothing happens by itself, until {@link stop}. */
  static start(): VirtualClock {
    return new VirtualClock();
  }

  /** Milliseconds since it started. */
  get millis(): number {
    return (nowMicros() - this.began) / 1000;
  }

  /** Lets so much time pass, with everything that is due in it, each at its own moment. */
  async pass(millis: number): Promise<void> {
    await vi.advanceTimersByTimeAsync(millis);
  }

  /** Lets time pass until it is so many milliseconds since the start. */
  async until(millis: number): Promise<void> {
    await this.pass(millis - this.millis);
  }

  /** This process does nothing for so long: what was due meanwhile happens late, all of it at the end. */
  stall(millis: number): void {
    const end = performance.now() + millis;
    const reading = vi.spyOn(performance, 'now').mockReturnValue(end);
    vi.advanceTimersByTime(millis);
    reading.mockRestore();
  }

  stop(): void {
    vi.useRealTimers();
  }
}
