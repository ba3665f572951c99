import type { MqbenchError } from '../../src/base/errors.js';
import type { QuicConnection } from '../../src/transport/quic/connection/connection.js';

/** Longer than anything takes on a busy machine, and shorter than the time limit of a test, which says nothing about why. */
const patienceMs = 25_000;

/**
 * Waits for something that may never come.
 * @param state what there is instead when it has not come in time
 */
export async function bounded<T>(promise: Promise<T>, state: () => string, ms = patienceMs): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not within ${ms} ms: ${state()}`)), ms);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** The error that ends a connection. */
export function failureOf(connection: QuicConnection): Promise<MqbenchError> {
  const failure = new Promise<MqbenchError>((resolve) => {
    connection.duplex.once('error', (error) => resolve(error as MqbenchError));
  });
  const soon = bounded(failure, () => `no error ends it; ${stateOf(connection)}`);
  soon.catch(() => {}); // a test that has failed before asks no more
  return soon;
}

/** What one end of a connection waits for, in one line. */
export function stateOf(connection: QuicConnection): string {
  const { role, quiche, path, duplex } = connection;
  const { sent, recv, lost } = quiche.stats();
  const { cwnd, rtt } = quiche.pathStats()[0] ?? {};
  const { asks, waits, holds, unanswered } = path as unknown as Record<string, unknown>;
  const parts: Record<string, unknown> = {
    closed: quiche.isClosed() || quiche.isDraining() || duplex.destroyed,
    peer: `${path.current.host}:${path.current.port}`,
    moves: path.moves,
    sent,
    recv,
    lost,
    cwnd,
    rtt,
    timer: quiche.timeout(),
    settled: connection.due.nothingInFlight(),
    unwritten: duplex.waits,
    allowance: path.allowance.left,
    asks,
    waits,
    holds,
    unanswered,
  };
  return `${role}: ${Object.entries(parts)
    .map(([name, value]) => `${name} ${value}`)
    .join(', ')}`;
}
