import type { DialOptions } from './contract.js';
import { abortedError, timeoutError } from './dial-errors.js';

/** RFC 6298 has a SYN sent again after 1, 3, 7 and 15 s: half a minute allows for a bad path, not for a dead host. */
export const defaultDialTimeoutMs = 30_000;

/** What an attempt reports to. Only the first report counts. */
export interface Outcome<T> {
  done(value: T): void;
  fail(error: Error): void;
}

/**
 * Runs one dial under its time limit and abort signal.
 * @param begin starts it and returns how to tear down what it has so far
 * @param stage says, for the message, what was being waited for
 * @param elapsedMs how much of the time limit earlier stages have used
 */
export function attempt<T>(
  url: string,
  options: Pick<DialOptions, 'timeoutMs' | 'signal'>,
  stage: () => string,
  begin: (outcome: Outcome<T>) => () => void,
  elapsedMs = 0,
): Promise<T> {
  const { signal, timeoutMs = defaultDialTimeoutMs } = options;
  if (signal?.aborted) return Promise.reject(abortedError(url, signal.reason));
  return new Promise((resolve, reject) => {
    let settled = false;
    const settle = (): boolean => {
      if (settled) return false;
      settled = true;
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
      return true;
    };
    const outcome: Outcome<T> = {
      done: (value) => {
        if (settle()) resolve(value);
      },
      fail: (error) => {
        if (!settle()) return;
        tearDown();
        reject(error);
      },
    };
    const onAbort = (): void => outcome.fail(abortedError(url, signal?.reason));
    const leftMs = Math.max(1, timeoutMs - elapsedMs);
    const timer = setTimeout(() => outcome.fail(timeoutError(url, timeoutMs, stage())), leftMs);
    signal?.addEventListener('abort', onAbort, { once: true });
    let tearDown = (): void => {};
    try {
      tearDown = begin(outcome);
    } catch (error) {
      outcome.fail(error as Error);
    }
  });
}
