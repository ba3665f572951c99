import type { Clock } from '../../base/clock.js';
import type { MqbenchError } from '../../base/errors.js';
import type { Role } from '../../base/process/role.js';
import type { LoadPlan } from '../../plan/plan.js';
import { hookError } from './hook.js';

const lookMillis = 250;

/** So long after its time the worker's own watch, which finds the line (hook/watch.ts), has for its answer. */
const patienceMicros = 5_000_000;

/** Where a hook stands: the line of its file, and what it calls there if that is in another file. */
export interface HookPlace {
  readonly line: number;
  /** File and line. */
  readonly calls?: string;
}

/** What is said of a hook that does not come back. @param place undefined: it waits in a call that nobody can look into */
function hookStalled(path: string, timeoutMicros: number, place?: HookPlace): MqbenchError {
  const at = place === undefined ? path : `${path}:${place.line}`;
  const calls = place?.calls === undefined ? '' : `, in ${place.calls},`;
  const look = place === undefined ? 'a call in it that waits (execSync, Atomics.wait)' : 'a loop without an end there';
  return hookError(`the hook ${at}${calls} has not come back for ${timeoutMicros / 1e6} s`, {
    hint: `look for ${look}: it makes one message at a time, and all clients of its process wait for it; --hook-timeout gives it longer`,
  });
}

/**
 * Notices in the main process that a hook holds a load worker up: by what a thread of the worker says, and where that has
 * no answer by the progress that the worker does not tell, as nothing else runs in it while its hook does.
 */
export class HookStall {
  readonly failed: Promise<never>;
  private readonly heardAt: number[];
  private readonly timer: NodeJS.Timeout;
  private reject: (error: MqbenchError) => void = () => {};

  static of({ publish }: LoadPlan, workers: readonly Role[], clock: Clock): HookStall | undefined {
    if (publish?.payload.kind !== 'hook') return undefined;
    return new HookStall(publish.payload.file, publish.payload.timeoutMicros, workers, clock);
  }

  /** @param timeoutMicros how long a worker may be silent once it has been heard first */
  private constructor(
    private readonly path: string,
    private readonly timeoutMicros: number,
    private readonly workers: readonly Role[],
    private readonly clock: Clock,
  ) {
    this.heardAt = new Array<number>(workers.length).fill(Number.POSITIVE_INFINITY);
    this.failed = new Promise<never>((_, reject) => {
      this.reject = reject;
    });
    this.failed.catch(() => {}); // seen by whoever races against it
    this.timer = setInterval(() => this.look(), lookMillis).unref();
    for (const [number, worker] of workers.entries()) {
      worker.on('loadingHook', () => this.heard(worker));
      worker.on<HookPlace>('hookStalled', (place) => this.end([number], place));
    }
  }

  private look(): void {
    const now = this.clock();
    const most = this.timeoutMicros + patienceMicros;
    this.end([...this.heardAt.keys()].filter((worker) => now - (this.heardAt[worker] ?? now) > most));
  }

  private end(stalled: readonly number[], place?: HookPlace): void {
    if (stalled.length === 0) return;
    this.close();
    this.reject(hookStalled(this.path, this.timeoutMicros, place));
    for (const worker of stalled) void this.workers[worker]?.end(0); // it would answer nothing that it is asked
  }

  /** A worker does something else than to wait for its hook; the first time before it loads it. */
  heard(worker: Role): void {
    const number = this.workers.indexOf(worker);
    if (number >= 0) this.heardAt[number] = this.clock();
  }

  close(): void {
    clearInterval(this.timer);
  }
}
