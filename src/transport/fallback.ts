import { MqbenchError, messageOf } from '../base/errors.js';
import { exitCodes } from '../base/exit-codes.js';
import { defaultDialTimeoutMs } from './attempt.js';
import type { Connection, DialOptions, TransportName } from './contract.js';
import { attemptDelayMs, type Begin, never, type Report, race, tryPromise } from './race.js';
import { transportFor } from './registry.js';

/** One transport to try, and where. */
export interface Route {
  readonly transport: TransportName;
  /** What messages and {@link RouteOutcome} call it. */
  readonly url: string;
  readonly options: Omit<DialOptions, 'timeoutMs' | 'signal'>;
}

interface RoutePolicy {
  /** All together, in milliseconds. Default 30,000. */
  readonly timeoutMs?: number;
  /**
   * How long a route may take before the next one starts, in milliseconds. One after the other: default 3,000, and
   * the slow one is given up. In a race: default 250 (RFC 8305 section 8, "Connection Attempt Delay"), and it goes on.
   */
  readonly stepMs?: number;
  /** Start the next beside the slow one; the first that is ready wins, the others are aborted. */
  readonly race?: boolean;
  readonly signal?: AbortSignal;
}

export interface RouteOutcome {
  readonly transport: TransportName;
  readonly url: string;
  /** Undefined: it was the one that was used. */
  readonly error?: Error;
}

const patienceMs = 3000;

/**
 * The first route that comes up, tried in order.
 * @param outcomes gets one entry for each route that was started, as it ends
 * @throws what the only route threw; MQB_NO_ROUTE when all of several failed, naming each
 */
export async function dialFirst(
  routes: readonly Route[],
  policy: RoutePolicy,
  outcomes: RouteOutcome[] = [],
): Promise<Connection> {
  refuseDowngrade(routes);
  const { timeoutMs = defaultDialTimeoutMs, race: isRace = false, signal } = policy;
  const { stepMs = isRace ? attemptDelayMs : patienceMs } = policy;
  const deadline = performance.now() + timeoutMs;
  let isWon = false;
  const begin: Begin<Connection, Route> = (route, { done, fail }) => {
    const { transport, url, options } = route;
    const leftMs = Math.max(1, Math.ceil(deadline - performance.now()));
    const limitMs = isRace || route === routes.at(-1) ? leftMs : Math.min(stepMs, leftMs);
    const dial = (end: AbortSignal): Promise<Connection> => {
      const anySignal = signal ? AbortSignal.any([signal, end]) : end;
      return transportFor(transport).dial({ ...options, timeoutMs: limitMs, signal: anySignal });
    };
    const report: Report<Connection> = {
      done(connection) {
        isWon = true;
        outcomes.push({ transport, url });
        done(connection);
      },
      fail(error, final) {
        if (!isWon) outcomes.push({ transport, url, error });
        fail(error, final);
      },
    };
    const isOver = (): boolean => signal?.aborted === true || (!isRace && performance.now() >= deadline);
    return tryPromise(dial, report, isOver);
  };
  const connection = await new Promise<Connection | undefined>((resolve) => {
    const result = { done: resolve, fail: () => resolve(undefined) };
    race({ addresses: routes, begin, delayMs: isRace ? stepMs : never }, result);
  });
  if (connection) return connection;
  const errors = outcomes.map(({ error }) => error).filter((error) => error !== undefined);
  if (errors.length === 1) throw errors[0];
  throw new MqbenchError('MQB_NO_ROUTE', `no transport came up: ${errors.map(messageOf).join('; ')}`, {
    hint: errors.map((error) => (error instanceof MqbenchError ? error.hint : undefined)).find((hint) => hint),
    cause: new AggregateError(errors),
  });
}

const plain: readonly TransportName[] = ['tcp', 'ws'];

/** Who blocks UDP must not get the plain text for it: secured transports fall back to secured ones only. */
function refuseDowngrade(routes: readonly Route[]): void {
  const weak = routes.find(({ transport }) => plain.includes(transport));
  const strong = routes.find(({ transport }) => !plain.includes(transport));
  if (!weak || !strong) return;
  throw new MqbenchError('MQB_DOWNGRADE', `fall back from ${strong.url} to ${weak.url}, which is not encrypted`, {
    hint: 'fall back to tls or wss instead',
    exitCode: exitCodes.usage,
  });
}
