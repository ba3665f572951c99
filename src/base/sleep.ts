/**
 * Resolves when so much time has passed (Infinity: never), or at once when the signal is aborted. Does not keep the
 * process alive: who waits for it has something else that does. A timer of the event loop and not one of
 * node:timers/promises, because tests run on a virtual clock, which has the former only.
 */
export function sleep(millis: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const finish = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', finish);
      resolve();
    };
    const timer = Number.isFinite(millis) ? setTimeout(finish, Math.max(0, millis)).unref() : undefined;
    if (signal?.aborted) finish();
    else signal?.addEventListener('abort', finish);
  });
}
