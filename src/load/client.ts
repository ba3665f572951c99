import type { MqbenchError } from '../base/errors.js';
import { arrivalKinds } from '../metrics/arrivals.js';
import type { Connack } from '../mqtt/control-packets.js';
import type { Qos } from '../mqtt/packet-types.js';
import type { PublishTemplate } from '../mqtt/publish-template.js';
import { Session } from '../mqtt/session.js';
import { readStamp, type Stamp } from '../mqtt/stamp.js';
import type { Connection } from '../transport/contract.js';
import type { ClientHost } from './client-host.js';
import { fillTopic } from './topics.js';

// idle ──dial──► dialling ──ready──► greeting ──CONNACK──► subscribing ──SUBACK──► up
//                   │                    │                      │                  │
//                   └──────── failed ────┴──────────────────────┴──── lost ────────┘
//                                        ▼
//                                     waiting ──retry due──► dialling          or gone, without a retry policy
export type ClientState = 'idle' | 'dialling' | 'greeting' | 'subscribing' | 'up' | 'waiting' | 'gone' | 'closed';

const stamp: Stamp = { run: 0, publisher: 0, slot: 0, sequence: 0, dueMicros: 0 };
/** Down packets that were on their way when the event happened do not prove that the path still works. */
const eventSlackMicros = 100_000;
const subscribePacketId = 0xffff;
/** Bytes of QoS 0 messages per turn in a closed loop: enough to fill a write, little enough to keep reading. */
const burstBytes = 32_768;

/** One virtual client: connects, subscribes, publishes when due, comes back when cut. */
export class VirtualClient {
  state: ClientState = 'idle';
  readonly session: Session;
  connection: Connection | undefined;
  /** When its first connect was due. */
  connectDue = 0;
  dialStarted = 0;
  everUp = false;
  /** Messages due and messages written at least once; those between wait. */
  offered = 0;
  sent = 0;
  /** Some of its due messages could not be written when they were due. */
  waiting = false;
  marked = false;
  attempt = 0;
  retryAt = Number.POSITIVE_INFINITY;
  /** Counts its connections, so that an event can tell who stayed. */
  generation = 0;
  lastArrival = 0;
  longestGap = 0;
  longestGapTotal = 0;
  private cutAt = 0;
  private firstRetryAt = 0;
  private problem: MqbenchError | undefined;
  private template: PublishTemplate | undefined;
  private tracks: Map<number, number> | undefined;
  private lastPublisher = -1;
  private lastTrack = -1;

  constructor(
    readonly number: number,
    readonly id: string,
    private readonly host: ClientHost,
  ) {
    this.session = new Session(host.sessionOptions(id), host.outbox, this);
  }

  get isUp(): boolean {
    return this.state === 'up';
  }

  /** The transport is ready. */
  onDialled(connection: Connection): void {
    const { host } = this;
    this.connection = connection;
    this.state = 'greeting';
    this.generation++;
    const ready = connection.timings.ready;
    const segment = host.segment(ready);
    if (this.everUp) segment.record('reconnect.transport', ready - this.cutAt);
    else segment.record('connect.transport', ready - this.connectDue);
    const { duplex } = connection;
    duplex.on('data', (chunk: Buffer) => {
      if (this.connection === connection) this.session.feed(chunk);
    });
    duplex.on('error', (error) => {
      if (this.connection === connection) this.problem ??= host.describe(error, this);
    });
    duplex.on('close', () => {
      if (this.connection === connection) this.onLost(false);
    });
    this.session.attach(duplex);
  }

  /** A dial failed, or the connection did before it was of use. */
  onAttemptFailed(error: MqbenchError): void {
    this.connection = undefined;
    this.session.detach();
    this.host.countFailure(error);
    this.scheduleRetry();
  }

  onConnack(connack: Connack, now: number): void {
    const { host } = this;
    if (connack.code !== 0) {
      this.fail(host.refusal(connack, this));
      return;
    }
    const segment = host.segment(now);
    if (this.everUp) {
      segment.record('reconnect.connack', now - this.cutAt);
      segment.record('reconnect.retry', now - this.firstRetryAt);
    } else {
      segment.record('connect.connack', now - this.connectDue);
      segment.record('connect.connack.raw', now - this.dialStarted);
    }
    const { subscribe } = host.plan;
    const kept = connack.sessionPresent && this.everUp;
    if (connack.sessionPresent) host.counters.add('sessions.kept', 1);
    if (subscribe === undefined || kept) {
      this.becomeUp(now, kept);
      return;
    }
    this.state = 'subscribing';
    this.session.subscribe(subscribePacketId, [{ topic: fillTopic(subscribe.topic, this), qos: subscribe.qos }]);
  }

  onSuback(granted: readonly number[], now: number): void {
    const refused = granted.find((code) => code >= 0x80);
    if (refused !== undefined) {
      this.fail(this.host.subscribeRefused(refused, this));
      return;
    }
    if (this.state === 'subscribing') this.becomeUp(now, false);
  }

  private becomeUp(now: number, sessionKept: boolean): void {
    const { host } = this;
    if (host.plan.subscribe !== undefined) {
      const from = this.everUp ? this.cutAt : this.connectDue;
      host.segment(now).record(this.everUp ? 'reconnect.suback' : 'connect.suback', now - from);
    }
    this.state = 'up';
    this.attempt = 0;
    const first = !this.everUp;
    if (first) this.lastArrival = now;
    this.everUp = true;
    const again = this.session.resend(() => this.publishTemplate(), sessionKept, now);
    if (again > 0) host.countResent(again, now);
    host.onUp(this, first);
  }

  onMessage(buffer: Buffer, start: number, end: number, _qos: Qos, _dup: boolean, now: number): void {
    const { host } = this;
    if (!readStamp(buffer, start, end, host.run, stamp)) {
      host.foreign++;
      return;
    }
    const key = stamp.publisher + stamp.slot * 0x1_0000_0000;
    if (key !== this.lastPublisher) this.selectTrack(key);
    const kind = host.arrivals.arrive(this.lastTrack, stamp.sequence);
    const segment = host.segment(now);
    if (kind === arrivalKinds.duplicate) {
      segment.counts.duplicate++;
      return;
    }
    segment.counts.received++;
    if (kind === arrivalKinds.disordered) segment.counts.disordered++;
    segment.e2e.record(now - stamp.dueMicros);
    if (now > this.lastArrival) this.noteSilence(segment.fromMicros, now);
  }

  /** Closes the silence that began with the last arrival. @param from silence before it does not count */
  noteSilence(from: number, now: number): void {
    const since = Math.max(this.lastArrival, from, this.host.publishingSince);
    if (now - since > this.longestGap) this.longestGap = now - since;
    const whole = now - Math.max(this.lastArrival, this.host.publishingSince);
    if (whole > this.longestGapTotal) this.longestGapTotal = whole;
    this.lastArrival = now;
  }

  onAcknowledged(_flow: number, _seq: number, due: number, written: number, reason: number, now: number): void {
    const { host } = this;
    if (reason >= 0x80) {
      host.countRefused(reason);
      return;
    }
    const segment = host.segment(now);
    segment.counts.acknowledged++;
    segment.ack.record(now - due);
    segment.ackRaw.record(now - written);
    host.stepAck.record(now - due);
  }

  onTurn(now: number): void {
    if (this.state === 'up' && (this.waiting || this.host.closedLoop)) this.pump(now, false);
  }

  /** Writes what is due and may go; the caller flushes unless it is inside a turn. */
  pump(now: number, fresh: boolean): void {
    const { host, session } = this;
    if (this.state !== 'up') {
      this.waiting = this.offered > this.sent;
      return;
    }
    if (host.closedLoop) {
      this.pumpClosedLoop(now);
      return;
    }
    const template = this.publishTemplate();
    const segment = host.segment(now);
    const onTime = fresh && !this.waiting;
    while (this.sent < this.offered && !session.blocked && (template.qos === 0 || session.hasRoom)) {
      const due = host.dueOf(this.number, this.sent);
      session.publish(template, 0, this.sent++, due, now);
      segment.counts.sent++;
      if (onTime) host.noteLateness(segment, now - due);
    }
    this.waiting = this.sent < this.offered;
  }

  private pumpClosedLoop(now: number): void {
    const { host, session } = this;
    if (!host.publishing) return;
    const template = this.publishTemplate();
    const { counts } = host.segment(now);
    let left = burstBytes;
    while (!session.blocked && (template.qos === 0 ? left > 0 : session.hasRoom)) {
      session.publish(template, 0, this.sent++, now, now);
      this.offered++;
      counts.offered++;
      counts.sent++;
      left -= template.bytes;
    }
  }

  private publishTemplate(): PublishTemplate {
    this.template ??= this.host.templateFor(this);
    return this.template;
  }

  private selectTrack(key: number): void {
    this.tracks ??= new Map();
    let track = this.tracks.get(key);
    if (track === undefined) {
      track = this.host.arrivals.open();
      this.tracks.set(key, track);
    }
    this.lastPublisher = key;
    this.lastTrack = track;
  }

  onProblem(error: MqbenchError): void {
    this.fail(error);
  }

  /** Ends the connection because of `error`. @param silent nothing was heard, as opposed to something wrong */
  fail(error: MqbenchError, silent = false): void {
    this.problem = error;
    this.connection?.abort();
    this.onLost(silent);
  }

  /** Gives its living connection up on purpose, to come back. @returns the connection, for the caller to end */
  leave(): Connection | undefined {
    const { connection } = this;
    if (connection === undefined || this.state !== 'up') return undefined;
    this.connection = undefined;
    this.state = 'waiting';
    this.retryAt = Number.POSITIVE_INFINITY;
    this.host.noteConnectionEnd(connection);
    this.session.detach();
    return connection;
  }

  /** After {@link leave}: its return is due at this time, and latencies count from it. */
  returnDue(due: number): void {
    this.cutAt = due;
    this.firstRetryAt = 0;
    this.attempt = 0;
  }

  /** The connection is gone, whoever ended it. */
  private onLost(silent: boolean): void {
    const { host, connection } = this;
    if (connection === undefined) return;
    const wasUp = this.state === 'up';
    this.connection = undefined;
    host.noteConnectionEnd(connection);
    const error = this.problem ?? host.closedByPeer(this);
    this.problem = undefined;
    if (this.state === 'closed') return;
    if (!wasUp) {
      this.onAttemptFailed(error);
      return;
    }
    this.cutAt = this.cutTime(silent, host.clock());
    this.firstRetryAt = 0;
    this.session.detach();
    host.countDisconnect(error);
    this.scheduleRetry();
  }

  /**
   * When the connection was cut, as far as anybody can know: at the marked event when nothing was heard since,
   * else when the last byte came (silence), else now (the peer ended it).
   */
  private cutTime(silent: boolean, now: number): number {
    const { eventAt } = this.host;
    const heard = this.session.lastRead;
    if (eventAt > 0 && heard <= eventAt + eventSlackMicros) return eventAt;
    return silent ? heard : now;
  }

  private scheduleRetry(): void {
    const wait = this.host.retryWait(this.attempt++);
    if (wait === undefined) {
      this.state = 'gone';
      this.host.onGone(this);
      return;
    }
    this.state = 'waiting';
    this.retryAt = this.host.clock() + wait;
  }

  /** A retry starts. */
  noteRetry(now: number): void {
    this.retryAt = Number.POSITIVE_INFINITY;
    if (this.firstRetryAt === 0) this.firstRetryAt = now;
  }
}
