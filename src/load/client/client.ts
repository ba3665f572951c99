import type { MqbenchError } from '../../base/errors.js';
import type { Connack } from '../../mqtt/codec/control-packets.js';
import type { Qos } from '../../mqtt/codec/packet-types.js';
import { Session } from '../../mqtt/session/session.js';
import type { Subscription } from '../../mqtt/session/stream.js';
import type { StreamMapper } from '../../mqtt/session/stream-map.js';
import type { Connection } from '../../transport/contract.js';
import type { Outstanding } from '../worker/outstanding.js';
import type { ClientHost } from './host.js';
import type { MarkedEvent } from './marked-event.js';
import { type ClientName, subscriptionsOf } from './naming.js';
import { Reception } from './reception.js';
import { Recovery } from './recovery.js';
import { type LastTry, unfinishedConnect, unfinishedReturn } from './stages.js';
import { Traffic } from './traffic.js';
import { streamMapper } from './wire.js';

// idle ──dial──► dialling ──ready──► greeting ──CONNACK──► subscribing ──SUBACK──► up
//                   │                    │                      │                  │
//                   └──────── failed ────┴──────────────────────┴──── lost ────────┘
//                                        ▼
//                                     waiting ──retry due──► dialling          or gone, without a retry policy
export type ClientState = 'idle' | 'dialling' | 'greeting' | 'subscribing' | 'up' | 'waiting' | 'gone' | 'closed';

const subscribePacketId = 0xffff;

/** One virtual client: connects, subscribes, publishes when due, comes back when cut. */
export class VirtualClient {
  state: ClientState = 'idle';
  readonly session: Session;
  readonly traffic: Traffic;
  readonly reception: Reception;
  connection: Connection | undefined;
  /** When its first connect was due. */
  connectDue = 0;
  dialStarted = 0;
  everUp = false;
  attempt = 0;
  /** Counts its connections, so that an event can tell who stayed. */
  generation = 0;
  /** When it gave up; 0: it has not. */
  goneAt = 0;
  /** Of its last connection that was up. */
  lastUpGeneration = 0;
  /** From its last cut on. */
  private recovery: Recovery | undefined;
  /** When the first retry after the last cut was due. */
  private firstRetryAt = 0;
  /** When the CONNACK of the present connection came, or of the last one. */
  connackAt = 0;
  /** When the transport of the present connection was ready, or of the last one. */
  private readyAt = 0;
  private readonly mapper: StreamMapper | undefined;
  /** The broker kept the session of the connection before. */
  private kept = false;
  private problem: MqbenchError | undefined;
  /** What is still to be seen of its return: the first message, then everything that waited meanwhile. */
  private recovering: 'no' | 'message' | 'backlog' = 'no';

  constructor(
    readonly name: ClientName,
    private readonly host: ClientHost,
  ) {
    this.session = new Session(host.sessionOptions(name), host.outbox, this);
    this.mapper = streamMapper(host.plan);
    this.traffic = new Traffic(name, this.session, host, this.mapper);
    this.reception = new Reception(name, this.session, host);
  }

  get number(): number {
    return this.name.number;
  }

  get id(): string {
    return this.name.id;
  }

  get isUp(): boolean {
    return this.state === 'up';
  }

  /** It would try again when its connection is lost. */
  get comesBack(): boolean {
    const { reconnect } = this.host.plan;
    return reconnect !== undefined && reconnect.tries !== 0;
  }

  /** The transport is ready. */
  onDialled(connection: Connection): void {
    const { host } = this;
    this.connection = connection;
    this.state = 'greeting';
    this.generation++;
    this.readyAt = connection.timings.ready;
    const { duplex } = connection;
    duplex.on('data', (chunk: Buffer) => {
      if (this.connection === connection) this.session.feed(chunk);
    });
    duplex.on('error', (error) => {
      if (this.connection === connection) this.problem ??= host.words.describe(error, this);
    });
    duplex.on('close', () => {
      if (this.connection === connection) this.onLost(false);
    });
    this.session.attach(duplex, {
      streams: this.mapper && connection.streams,
      datagrams: host.plan.target.datagrams === true ? connection.datagrams : undefined,
    });
  }

  /** A dial failed, or the connection did before it was of use. */
  onAttemptFailed(error: MqbenchError): void {
    this.connection = undefined;
    this.session.detach();
    this.host.tally.failure(error);
    this.scheduleRetry();
  }

  onConnack(connack: Connack, now: number): void {
    const { host } = this;
    if (connack.code !== 0) {
      this.fail(host.words.refusal(connack, this));
      return;
    }
    this.connackAt = now;
    if (host.plan.target.datagrams === true && !this.startDatagrams()) return;
    this.traffic.beginAliases(connack.topicAliasMaximum);
    const kept = connack.sessionPresent && this.everUp;
    this.kept = kept;
    if (connack.sessionPresent) host.tally.counters.add('sessions.kept', 1);
    this.state = 'subscribing';
    this.subscribe(kept);
    if (this.state === 'subscribing' && !this.session.awaitsSuback) this.becomeUp(now, kept);
  }

  /** One SUBSCRIBE per stream. The broker keeps subscriptions with a session, but never those of data streams. */
  private subscribe(kept: boolean): void {
    const { plan } = this.host;
    if (plan.subscribe === undefined || !this.name.subscribes) return;
    const byStream = new Map<number, Subscription[]>();
    for (const { topic, qos, stream: own } of subscriptionsOf(plan, this.name)) {
      const stream = this.mapper === undefined ? 0 : (own ?? this.mapper.ofSubscribe(topic, qos));
      if (kept && stream === 0) continue;
      const others = byStream.get(stream);
      if (others === undefined) byStream.set(stream, [{ topic, qos }]);
      else others.push({ topic, qos });
    }
    for (const [stream, filters] of byStream) this.session.subscribe(subscribePacketId, filters, stream);
  }

  /** @returns false when the peer takes no datagrams; the client has failed then */
  private startDatagrams(): boolean {
    const datagrams = this.connection?.datagrams;
    if (datagrams?.most === undefined) {
      this.fail(this.host.words.noDatagrams(this));
      return false;
    }
    datagrams.onMessage((bytes) => {
      if (this.connection?.datagrams === datagrams) this.session.feedDatagram(bytes);
    });
    return true;
  }

  onSuback(granted: readonly number[], now: number): void {
    const refused = granted.find((code) => code >= 0x80);
    if (refused !== undefined) {
      this.fail(this.host.words.subscribeRefused(refused, this));
      return;
    }
    if (this.state === 'subscribing' && !this.session.awaitsSuback) this.becomeUp(now, this.kept);
  }

  private becomeUp(now: number, sessionKept: boolean): void {
    const { host } = this;
    if (this.everUp) this.recordReturn(now);
    else this.recordConnect(now);
    this.state = 'up';
    this.lastUpGeneration = this.generation;
    host.presence.up(now);
    this.attempt = 0;
    const first = !this.everUp;
    if (first) this.reception.lastArrival = now;
    else this.recovering = 'message';
    this.everUp = true;
    const again = this.session.resend(this.traffic.templateOf, sessionKept, now);
    if (again > 0) host.countResent(again, now);
    host.onUp(this, first);
  }

  /** All stages at once, of tries that came through: so they are of the same connects, and add up. */
  private recordConnect(now: number): void {
    const { host, connectDue: due, connackAt } = this;
    const segment = host.segment(due);
    segment.record('connect.transport', (this.connection?.timings.ready ?? connackAt) - due);
    segment.record('connect.connack', connackAt - due);
    segment.record('connect.connack.raw', connackAt - this.dialStarted);
    if (this.name.subscribes) segment.record('connect.suback', now - due);
    host.step.connack.record(connackAt - due);
  }

  private recordReturn(now: number): void {
    const { recovery, connection, connackAt } = this;
    const handshake = connection?.stats().handshake ?? 'none';
    recovery?.record('reconnect.transport', connection?.timings.ready ?? connackAt);
    recovery?.record('reconnect.connack', connackAt);
    recovery?.record('reconnect.retry', connackAt, this.firstRetryAt);
    if (handshake !== 'none') recovery?.record(`reconnect.connack.${handshake}`, connackAt);
    if (this.name.subscribes) recovery?.record('reconnect.suback', now);
  }

  onMessage(buffer: Buffer, start: number, end: number, _qos: Qos, dup: boolean, now: number): void {
    if (this.reception.arrive(buffer, start, end, dup, now)) this.noteFlowing(now);
  }

  onAcknowledged(flow: number, sequence: number, due: number, written: number, reason: number, now: number): void {
    if (reason >= 0x80) {
      this.host.tally.refusal(reason);
      return;
    }
    this.traffic.acknowledge(flow, sequence, due, written, now);
    this.noteFlowing(now);
  }

  /** Tells of everything that was due and is not finished. */
  unfinished(to: Outstanding): void {
    this.traffic.unfinished(to);
    if (this.state === 'idle' || this.state === 'closed') return;
    const { subscribes } = this.name;
    if (!this.everUp) unfinishedConnect(to, this.connectDue, this.lastTry(to.now), subscribes);
    else if (this.state === 'gone' && this.firstRetryAt === 0)
      return; // it was not to come back
    else if (!this.isUp) unfinishedReturn(to, this.recovery, this.firstRetryAt, this.lastTry(to.now), subscribes);
    if (this.recovering === 'no' || this.traffic.idle) return;
    if (this.recovering === 'message') this.recovery?.atLeast(to, 'reconnect.message', to.now);
    this.recovery?.atLeast(to, 'reconnect.drained', to.now);
  }

  private lastTry(now: number): LastTry {
    const { goneAt, dialStarted: startedAt, readyAt, connackAt, state } = this;
    return { until: goneAt || now, startedAt, readyAt, connackAt, isOver: state === 'waiting' };
  }

  onTurn(now: number): void {
    if (this.state !== 'up') return;
    if (this.traffic.waiting || this.host.publishing.isClosedLoop) this.traffic.pump(false);
    if (this.recovering === 'backlog' && this.traffic.idle) {
      this.recovery?.record('reconnect.drained', now);
      this.recovering = 'no';
    }
  }

  /** The first message after a cut came through. */
  private noteFlowing(now: number): void {
    if (this.recovering !== 'message') return;
    this.recovery?.record('reconnect.message', now);
    this.recovering = 'backlog';
  }

  /** Writes what is due and may go; the caller flushes unless it is inside a turn. */
  pump(fresh: boolean): void {
    const { traffic } = this;
    if (this.state === 'up') traffic.pump(fresh);
    else traffic.waiting = traffic.offered > traffic.sent;
  }

  onStreamLost(stream: number, now: number): void {
    const again = this.session.restore(stream, subscribePacketId, this.traffic.templateOf, now);
    if (again > 0) this.host.countResent(again, now);
  }

  onProblem(error: MqbenchError): void {
    this.fail(error);
  }

  onViolation(error: MqbenchError): void {
    this.host.tally.violation(error);
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
    this.host.events.connectionOver(this);
    this.connection = undefined;
    this.state = 'waiting';
    this.host.presence.down(this.host.clock());
    this.host.tally.connectionEnd(connection);
    this.host.tally.counters.add('connections.left', 1);
    this.session.detach();
    return connection;
  }

  /** After {@link leave}: its return is due at this time, and latencies count from it. @param event why it left */
  returnDue(due: number, event?: MarkedEvent): void {
    this.recovery = new Recovery((now) => this.host.segment(now));
    this.recovery.since(due, event);
    this.firstRetryAt = due;
    this.attempt = 0;
  }

  /** The connection is gone, whoever ended it. */
  private onLost(silent: boolean): void {
    const { host, connection } = this;
    if (connection === undefined) return;
    const wasUp = this.state === 'up';
    this.connection = undefined;
    host.tally.connectionEnd(connection);
    const error = this.problem ?? host.words.closedByPeer(this);
    this.problem = undefined;
    if (this.state === 'closed') return;
    if (!wasUp) {
      this.onAttemptFailed(error);
      return;
    }
    const now = host.clock();
    host.presence.down(now);
    host.events.connectionOver(this);
    this.recovery = new Recovery((at) => host.segment(at));
    this.recovery.record('reconnect.noticed', now);
    host.events.lost(this, this.recovery, now, silent);
    this.firstRetryAt = 0;
    this.session.detach();
    host.tally.disconnect(error, this, now);
    this.scheduleRetry();
  }

  private scheduleRetry(): void {
    const wait = this.host.retryWait(this.attempt++, this.everUp);
    if (wait === undefined) {
      this.state = 'gone';
      this.goneAt = this.host.clock();
      this.host.onGone(this);
      return;
    }
    this.state = 'waiting';
    if (this.firstRetryAt === 0) this.firstRetryAt = this.host.clock() + wait;
    this.host.redialAfter(this, wait);
  }
}
