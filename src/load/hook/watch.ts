import process from 'node:process';
import { Worker as Thread } from 'node:worker_threads';
import { entryPath } from '../../base/process/child.js';
import type { HookPlace } from './stall.js';

const beatMillis = 100;
const stalled = 'mqbench.hook-stalled';

export interface HookThreadData {
  /** Counts on as long as this process does anything else than to run the hook. */
  readonly beats: Int32Array;
  readonly path: string;
  readonly timeoutMillis: number;
  /** Under this symbol `globalThis` has what is called with the {@link HookPlace}. */
  readonly stalled: string;
}

/**
 * Has a thread look at the hook while it runs: this process can do nothing else then, and only from a thread of it can be
 * seen on which line it is. Resolves when the thread looks.
 * @param timeoutMicros how long it may hold this process up
 * @param tell called in the middle of the hook, once
 */
export async function watchHook(path: string, timeoutMicros: number, tell: (place: HookPlace) => void): Promise<void> {
  if (process.features.inspector !== true) return; // built without a debugger: hook/stall.ts tells, without the line
  const beats = new Int32Array(new SharedArrayBuffer(4));
  setInterval(() => Atomics.add(beats, 0, 1), beatMillis).unref();
  Object.assign(globalThis, { [Symbol.for(stalled)]: tell });
  const workerData: HookThreadData = { beats, path, timeoutMillis: timeoutMicros / 1000, stalled };
  const thread = new Thread(entryPath(import.meta.url, './thread.js'), { workerData });
  await new Promise<void>((resolve) => {
    thread.once('message', resolve);
    thread.once('error', () => resolve()); // likewise
  });
  thread.on('error', () => {});
  thread.unref();
}
