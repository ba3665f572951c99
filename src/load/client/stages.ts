import type { Outstanding } from '../worker/outstanding.js';
import type { Recovery } from './recovery.js';

// What is told of connects and returns that are not finished when measuring stops. Stages that the last try has come past
// are passed; the others were not passed before now. Of a client that has given up it is known that it was not there until
// then, and of one that waits for its next try that nothing is left of the one before.

/** The last try of a client to connect. */
export interface LastTry {
  readonly startedAt: number;
  /** Of this try where it is not earlier than its start: when the transport was ready, and when CONNACK came. */
  readonly readyAt: number;
  readonly connackAt: number;
  /** It has failed, and the next one has not begun. */
  readonly isOver: boolean;
  /** Now, or when the client gave up. */
  readonly until: number;
}

interface Stage {
  readonly isPassed: boolean;
  /** When it was passed; otherwise it was not before. */
  readonly at: number;
}

function stage({ startedAt, isOver, until }: LastTry, at: number): Stage {
  const isPassed = !isOver && at >= startedAt;
  return { isPassed, at: isPassed ? at : until };
}

/** @param due when the connect was due */
export function unfinishedConnect(to: Outstanding, due: number, last: LastTry, subscribes: boolean): void {
  const ready = stage(last, last.readyAt);
  const greeted = stage(last, last.connackAt);
  to.stage('connect.transport', due, ready.isPassed, ready.at - due);
  to.stage('connect.connack', due, greeted.isPassed, greeted.at - due);
  to.stage('connect.connack.raw', due, greeted.isPassed, greeted.at - last.startedAt);
  if (subscribes) to.atLeast('connect.suback', due, last.until - due);
}

/** @param firstRetryAt when the first retry after the cut was due; 0: there was none yet */
export function unfinishedReturn(
  to: Outstanding,
  recovery: Recovery | undefined,
  firstRetryAt: number,
  last: LastTry,
  subscribes: boolean,
): void {
  const ready = stage(last, last.readyAt);
  const greeted = stage(last, last.connackAt);
  recovery?.stage(to, 'reconnect.transport', ready.isPassed, ready.at);
  recovery?.stage(to, 'reconnect.connack', greeted.isPassed, greeted.at);
  if (firstRetryAt > 0 && firstRetryAt < greeted.at)
    recovery?.stage(to, 'reconnect.retry', greeted.isPassed, greeted.at, firstRetryAt);
  if (subscribes) recovery?.atLeast(to, 'reconnect.suback', last.until);
}
