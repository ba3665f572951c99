import type { Connection } from '../../transport/contract.js';
import type { Outstanding } from '../worker/outstanding.js';
import type { VirtualClient } from './client.js';
import type { ClientHost } from './host.js';
import type { MarkedEvent } from './marked-event.js';
import { Recovery } from './recovery.js';
import type { Traffic } from './traffic.js';

/** Of a stage of a try that is not finished. */
interface Stage {
  readonly isPassed: boolean;
  /** When it was passed; otherwise it was not before. */
  readonly at: number;
}

/** A client's way in, for the first time and back after each cut: when its stages were passed, and the samples of them. */
export class WayIn {
  /** When its first connect was due. */
  due = 0;
  /** When the last try began. */
  startedAt = 0;
  /** Of that try where it is not earlier than its start: when the transport was ready, and when CONNACK came. */
  private readyAt = 0;
  connackAt = 0;
  /** From its last cut on. */
  private recovery: Recovery | undefined;
  /** When the first retry after the last cut was due; 0: there was none yet. */
  private firstRetryAt = 0;
  /** What is still to be seen of its return: the first message, then everything that waited meanwhile. */
  private recovering: 'no' | 'message' | 'backlog' = 'no';

  constructor(
    private readonly host: ClientHost,
    private readonly subscribes: boolean,
  ) {}

  /** A try begins. */
  begin(now: number, isFirst: boolean): void {
    this.startedAt = now;
    if (isFirst) this.host.books.segment(this.due).record('connect.late', now - this.due);
  }

  /** The transport is ready. */
  ready({ timings }: Connection): void {
    this.readyAt = timings.ready;
  }

  /** Up for the first time. All stages at once, of tries that came through: so they are of the same connects, and add up. */
  arrived(now: number): void {
    const { due, connackAt, host } = this;
    const segment = host.books.segment(due);
    segment.record('connect.transport', this.readyAt - due);
    segment.record('connect.connack', connackAt - due);
    segment.record('connect.connack.raw', connackAt - this.startedAt);
    if (this.subscribes) segment.record('connect.suback', now - due);
    host.books.step.connack.record(connackAt - due);
  }

  /** Up again. */
  returned(now: number, connection: Connection | undefined): void {
    const { recovery, connackAt } = this;
    const handshake = connection?.handshake ?? 'none';
    recovery?.record('reconnect.transport', this.readyAt);
    recovery?.record('reconnect.connack', connackAt);
    recovery?.record('reconnect.retry', connackAt, this.firstRetryAt);
    if (handshake !== 'none') recovery?.record(`reconnect.connack.${handshake}`, connackAt);
    if (this.subscribes) recovery?.record('reconnect.suback', now);
    this.recovering = 'message';
  }

  /** A message came through: the first after a cut ends a stage. */
  noteFlowing(now: number): void {
    if (this.recovering !== 'message') return;
    this.recovery?.record('reconnect.message', now);
    this.recovering = 'backlog';
  }

  /** A turn is over: what had waited may be done. */
  noteTurn(now: number, traffic: Traffic): void {
    if (this.recovering !== 'backlog' || !traffic.idle) return;
    this.recovery?.record('reconnect.drained', now);
    this.recovering = 'no';
  }

  /** The connection was lost, which was noticed now. @returns what event books are told of, which find out when it was cut */
  lost(now: number): Recovery {
    this.recovery = new Recovery(this.host.books);
    this.recovery.record('reconnect.noticed', now);
    this.firstRetryAt = 0;
    return this.recovery;
  }

  retryDue(at: number): void {
    if (this.firstRetryAt === 0) this.firstRetryAt = at;
  }

  /** It gave its connection up, and its return is due then. @param event why it did */
  returnDue(due: number, event?: MarkedEvent): void {
    this.recovery = new Recovery(this.host.books);
    this.recovery.since(due, event);
    this.firstRetryAt = due;
  }

  /**
   * Tells of a connect or return that is not finished when measuring stops. Stages that the last try has come past are
   * passed; the others were not passed before now. Of a client that has given up it is known that it was not there until
   * then, and of one that waits for its next try that nothing is left of the one before.
   */
  unfinished(to: Outstanding, { state, everUp, isUp, goneAt, traffic }: VirtualClient): void {
    const { recovery } = this;
    if (state === 'gone' && everUp && this.firstRetryAt === 0) return; // it was not to come back
    const until = goneAt || to.now;
    const stage = (at: number): Stage => {
      const isPassed = state !== 'waiting' && at >= this.startedAt;
      return { isPassed, at: isPassed ? at : until };
    };
    if (!everUp) this.unfinishedConnect(to, stage(this.readyAt), stage(this.connackAt), until);
    else if (!isUp && recovery !== undefined)
      this.unfinishedReturn(to, recovery, stage(this.readyAt), stage(this.connackAt), until);
    if (this.recovering === 'no' || traffic.idle) return;
    if (this.recovering === 'message') recovery?.stage(to, 'reconnect.message', false, to.now);
    recovery?.stage(to, 'reconnect.drained', false, to.now);
  }

  private unfinishedConnect(to: Outstanding, ready: Stage, greeted: Stage, until: number): void {
    const { due } = this;
    to.stage('connect.transport', due, ready.isPassed, ready.at - due);
    to.stage('connect.connack', due, greeted.isPassed, greeted.at - due);
    to.stage('connect.connack.raw', due, greeted.isPassed, greeted.at - this.startedAt);
    if (this.subscribes) to.stage('connect.suback', due, false, until - due);
  }

  private unfinishedReturn(to: Outstanding, recovery: Recovery, ready: Stage, greeted: Stage, until: number): void {
    const { firstRetryAt } = this;
    recovery.stage(to, 'reconnect.transport', ready.isPassed, ready.at);
    recovery.stage(to, 'reconnect.connack', greeted.isPassed, greeted.at);
    if (firstRetryAt > 0 && firstRetryAt < greeted.at)
      recovery.stage(to, 'reconnect.retry', greeted.isPassed, greeted.at, firstRetryAt);
    if (this.subscribes) recovery.stage(to, 'reconnect.suback', false, until);
  }
}
