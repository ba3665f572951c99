// The race of RFC 8305 section 5: the next address is tried a moment after the one before, or at once when that one
// fails, and none is given up before another has answered. Node's own race ends each but the last after 250 ms, so that
// over a path slower than that the address that works may be among those that were ended.

/** RFC 8305 section 5: the recommended Connection Attempt Delay. */
export const attemptDelayMs = 250;
export const never = Number.POSITIVE_INFINITY;

/** What one try reports to; only the first report counts. */
export interface Report<T> {
  done(value: T): void;
  /** @param final the host answered, and no other address would answer otherwise */
  fail(error: Error, final?: boolean): void;
}

/** Begins a try at one address. @returns how to give it up; called when it is not wanted, and when it has failed */
export type Begin<T, A = string> = (address: A, report: Report<T>) => () => void;

/** A try that is a promise. @param dial must give up when the signal is aborted @param isFinal of a failure */
export function tryPromise<T extends { abort(): void }>(
  dial: (signal: AbortSignal) => Promise<T>,
  report: Report<T>,
  isFinal: (error: Error) => boolean,
): () => void {
  const end = new AbortController();
  dial(end.signal).then(
    (connection) => (end.signal.aborted ? connection.abort() : report.done(connection)), // up in the same moment
    (error: Error) => report.fail(error, isFinal(error)),
  );
  return () => end.abort();
}

export interface Failure<A = string> {
  readonly address: A;
  readonly error: Error;
}

export interface RaceResult<T, A = string> {
  /** @param raced more than one address had been begun by then */
  done(value: T, address: A, raced: boolean): void;
  /** Every address has failed, or one in a way that is final; in order of time. */
  fail(failures: readonly Failure<A>[]): void;
}

interface Race<T, A> {
  readonly addresses: readonly A[];
  readonly begin: Begin<T, A>;
  /** The first address is known to answer: the others are only tried when it fails. */
  readonly patient?: boolean;
  /** How long a try may take before the next one starts beside it, ms; default 250, {@link never}: until it has failed. */
  readonly delayMs?: number;
}

/** @returns how to give up every try, the one that answered included */
export function race<T, A = string>(
  { addresses, begin, patient = false, delayMs = attemptDelayMs }: Race<T, A>,
  result: RaceResult<T, A>,
): () => void {
  const running = new Map<A, () => void>();
  const failures: Failure<A>[] = [];
  let begun = 0;
  let over = false;
  let timer: NodeJS.Timeout | undefined;

  const end = (): void => {
    over = true;
    clearTimeout(timer);
  };
  const giveUpAllBut = (winner?: A): void => {
    for (const [address, giveUp] of running) {
      if (address === winner) continue;
      running.delete(address);
      giveUp();
    }
  };
  const failed = (address: A, error: Error, final: boolean): void => {
    failures.push({ address, error });
    running.get(address)?.(); // it may have come up before it failed
    running.delete(address);
    if (!final && begun < addresses.length) {
      next();
      return;
    }
    if (!final && failures.length < begun) return; // others are still under way
    end();
    giveUpAllBut();
    result.fail(final ? failures.slice(-1) : failures);
  };
  const next = (): void => {
    clearTimeout(timer);
    const address = addresses[begun++] as A;
    let reported = false;
    const first = (): boolean => {
      if (reported || over) return false;
      reported = true;
      return true;
    };
    const giveUp = begin(address, {
      done: (value) => {
        if (!first()) return;
        end();
        giveUpAllBut(address);
        result.done(value, address, begun > 1);
      },
      fail: (error, final = false) => {
        if (first()) failed(address, error, final);
      },
    });
    if (failures.some((failure) => failure.address === address)) {
      giveUp(); // it failed at once, and whatever follows is begun
      return;
    }
    running.set(address, giveUp);
    const waits = patient && begun === 1;
    if (!over && !waits && begun < addresses.length && delayMs !== never) timer = setTimeout(next, delayMs);
  };
  next();
  return () => {
    end();
    giveUpAllBut();
  };
}
