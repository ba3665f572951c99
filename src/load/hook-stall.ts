import type { Clock } from '../base/clock.js';
import type { MqbenchError } from '../base/errors.js';
import { hookError } from './hook.js';

/** Nothing else runs in a load worker while its hook does: one that is silent so long is held up by it. */
const longestStallMillis = 10_000;
const lookMillis = 500;

/** What is said of a hook that does not come back. */
function hookStalled(path: string): MqbenchError {
  return hookError(`the hook ${path} has not come back for ${longestStallMillis / 1000} s`, {
    hint: 'look for a loop without an end in it: it makes one message at a time, and all clients of its process wait for it',
  });
}

/** Notices in the main process that a hook holds a load worker up, by the progress that the worker does not tell. */
export class HookStall {
  /** Rejects with MQB_HOOK. */
  readonly failed: Promise<never>;
  private readonly heardAt: number[];
  private readonly timer: NodeJS.Timeout;

  /** @param workers how many there are, all of which answer now */
  constructor(
    path: string,
    workers: number,
    private readonly clock: Clock,
  ) {
    this.heardAt = new Array<number>(workers).fill(clock());
    let timer: NodeJS.Timeout | undefined;
    this.failed = new Promise<never>((_, reject) => {
      timer = setInterval(() => {
        if (this.clock() - Math.min(...this.heardAt) > longestStallMillis * 1000) reject(hookStalled(path));
      }, lookMillis).unref();
    });
    this.failed.catch(() => {}); // seen by whoever races against it
    this.timer = timer as unknown as NodeJS.Timeout;
  }

  heard(worker: number): void {
    this.heardAt[worker] = this.clock();
  }

  close(): void {
    clearInterval(this.timer);
  }
}
