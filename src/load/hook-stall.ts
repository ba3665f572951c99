import type { Clock } from '../base/clock.js';
import type { MqbenchError } from '../base/errors.js';
import type { RoleHandle } from '../base/role.js';
import type { LoadPlan } from './contract.js';
import { defaultHookTimeoutMicros, hookError } from './hook.js';

const lookMillis = 250;

/** What is said of a hook that does not come back. */
function hookStalled(path: string, timeoutMicros: number): MqbenchError {
  return hookError(`the hook ${path} has not come back for ${timeoutMicros / 1e6} s`, {
    hint: 'look for a loop without an end in it: it makes one message at a time, and all clients of its process wait for it; --hook-timeout gives it longer',
  });
}

/**
 * Notices in the main process that a hook holds a load worker up, by the progress that the worker does not tell: nothing
 * else runs in it while its hook does.
 */
export class HookStall {
  /** Rejects with MQB_HOOK. */
  readonly failed: Promise<never>;
  private readonly heardAt: number[];
  private readonly timer: NodeJS.Timeout;

  /** Undefined where the plan has no hook. */
  static of({ publish }: LoadPlan, workers: readonly RoleHandle[], clock: Clock): HookStall | undefined {
    if (publish?.hook === undefined) return undefined;
    return new HookStall(publish.hook, publish.hookTimeoutMicros ?? defaultHookTimeoutMicros, workers, clock);
  }

  /** @param timeoutMicros how long a worker may be silent once it has been heard first */
  private constructor(
    path: string,
    timeoutMicros: number,
    workers: readonly RoleHandle[],
    private readonly clock: Clock,
  ) {
    this.heardAt = new Array<number>(workers.length).fill(Number.POSITIVE_INFINITY);
    let timer: NodeJS.Timeout | undefined;
    this.failed = new Promise<never>((_, reject) => {
      timer = setInterval(() => {
        const now = this.clock();
        const stalled = workers.filter((_, worker) => now - (this.heardAt[worker] ?? now) > timeoutMicros);
        if (stalled.length === 0) return;
        this.close();
        reject(hookStalled(path, timeoutMicros));
        for (const worker of stalled) void worker.end(0); // it would answer nothing that it is asked
      }, lookMillis).unref();
    });
    this.failed.catch(() => {}); // seen by whoever races against it
    this.timer = timer as unknown as NodeJS.Timeout;
  }

  /** A worker does something else than to wait for its hook; the first time before it loads it. */
  heard(worker: number): void {
    this.heardAt[worker] = this.clock();
  }

  close(): void {
    clearInterval(this.timer);
  }
}
