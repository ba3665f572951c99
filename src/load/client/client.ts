import type { MqbenchError } from '../../base/errors.js';
import type { Connack } from '../../mqtt/codec/control-packets.js';
import type { Qos } from '../../mqtt/codec/packet-types.js';
import { Session } from '../../mqtt/session/session.js';
import type { StreamMapper } from '../../mqtt/session/stream-map.js';
import type { Connection } from '../../transport/contract.js';
import * as errors from '../errors.js';
import type { Answering } from '../tally/reasons.js';
import type { Outstanding } from '../worker/outstanding.js';
import { Exchange } from './exchange/exchange.js';
import type { ClientHost } from './host.js';
import type { MarkedEvent } from './marked-event.js';
import type { ClientName } from './naming.js';
import { Reading } from './reading/reading.js';
import { Reception, subscribePacketId } from './reception.js';
import { Retries } from './retries.js';
import { Traffic } from './traffic.js';
import { WayIn } from './way-in.js';
import { sessionOptionsOf, streamMapper } from './wire.js';

// idle ──dial──► dialling ──ready──► greeting ──CONNACK──► subscribing ──SUBACK──► up
//                   │                    │                      │                  │
//                   └──────── failed ────┴──────────────────────┴──── lost ────────┘
//                                        ▼
//                                     waiting ──retry due──► dialling          or gone, without a retry policy
export type ClientState = 'idle' | 'dialling' | 'greeting' | 'subscribing' | 'up' | 'waiting' | 'gone' | 'closed';

/** One virtual client: connects, subscribes, publishes when due, comes back when cut. */
export class VirtualClient {
  state: ClientState = 'idle';
  readonly session: Session;
  readonly traffic: Traffic;
  readonly reception: Reception;
  readonly wayIn: WayIn;
  connection: Connection | undefined;
  everUp = false;
  /** Counts its connections, so that an event can tell who stayed. */
  generation = 0;
  /** It is not to be there: it left for now, or is on its way in and leaves when it is up. */
  isResting = false;
  /** Of its last connection that was up. */
  lastUpGeneration = 0;
  /** When it gave up; 0: it has not. */
  goneAt = 0;
  readonly exchange: Exchange;
  private readonly retries: Retries;
  private readonly mapper: StreamMapper | undefined;
  private readonly reading: Reading;
  /** The broker kept the session of the connection before. */
  private kept = false;
  private problem: MqbenchError | undefined;

  constructor(
    readonly name: ClientName,
    private readonly host: ClientHost,
  ) {
    this.session = new Session(sessionOptionsOf(host.plan, name, host.clock, host.tokens), host.outbox, this);
    this.mapper = streamMapper(host.plan);
    this.traffic = new Traffic(name, this.session, host, this.mapper);
    this.reception = new Reception(name, this.session, host);
    this.wayIn = new WayIn(host, name.subscribes);
    this.exchange = new Exchange(name, this.session, host, this.mapper, this.traffic);
    this.retries = new Retries(host);
    const reads = name.subscribes ? host.plan.subscribe?.reads : undefined;
    this.reading = new Reading(reads, host.clock, this.session);
  }

  get number(): number {
    return this.name.number;
  }

  get isUp(): boolean {
    return this.state === 'up';
  }

  /** Something may have come that it does not read yet, on purpose. */
  isHeld(now: number): boolean {
    return this.reading.isHeld(now);
  }

  /** The address that it dials, as it is written. */
  get where(): string {
    return this.host.dialer.where(this.number);
  }

  private get howFar(): errors.HowFar {
    const { plan, books } = this.host;
    const othersConnected = plan.target.hosts.length === 1 && books.everUp > 0;
    return { beforeConnack: this.state === 'greeting', othersConnected };
  }

  /** Its first connect, which was due then. */
  connect(due: number): void {
    this.wayIn.due = due;
    this.dial();
  }

  /** Its time has come, unless it was stopped meanwhile. */
  dialAgain(): void {
    if (this.state === 'waiting') this.dial();
  }

  private dial(): void {
    const { dialer, clock } = this.host;
    this.wayIn.begin(clock(), this.state === 'idle');
    this.state = 'dialling';
    dialer.dial(this.name).then(
      (connection) => (this.state === 'closed' ? connection.abort() : this.onDialled(connection)),
      (error: unknown) => {
        if (this.state !== 'closed') this.onAttemptFailed(errors.clientError(error, this.where, this.howFar));
      },
    );
  }

  private onDialled(connection: Connection): void {
    this.connection = connection;
    this.state = 'greeting';
    this.generation++;
    this.wayIn.ready(connection);
    const { duplex, streams } = connection;
    const datagrams = this.host.plan.target.datagrams === true ? connection.datagrams : undefined;
    this.reading.attach(connection, () => this.connection === connection);
    duplex.on('error', (error) => {
      if (this.connection === connection) this.problem ??= errors.clientError(error, this.where, this.howFar);
    });
    duplex.on('close', () => {
      if (this.connection === connection) this.onLost(false);
    });
    datagrams?.onMessage((bytes) => {
      if (this.connection === connection) this.session.feedDatagram(bytes);
    });
    this.session.attach(duplex, { streams: this.mapper && streams, datagrams, direct: connection });
  }

  /** A dial failed, or the connection did before it was of use. */
  private onAttemptFailed(error: MqbenchError): void {
    this.connection = undefined;
    this.session.detach();
    this.host.books.tally.failure(error);
    this.scheduleRetry();
  }

  onConnack(connack: Connack, now: number): void {
    const { plan, books } = this.host;
    this.kept = connack.sessionPresent && this.everUp;
    if (connack.code !== 0) {
      this.onProblem(errors.connackRefused(connack, plan.mqttVersion, this.where));
      return;
    }
    this.wayIn.connackAt = now;
    if (plan.target.datagrams === true && this.connection?.datagrams?.most === undefined) {
      this.onProblem(errors.noDatagrams(this.where));
      return;
    }
    this.traffic.beginAliases(connack.topicAliasMaximum);
    if (connack.sessionPresent) books.tally.counters.add('sessions.kept', 1);
    this.state = 'subscribing';
    this.reception.subscribe(this.kept, this.mapper);
    this.becomeUp(now);
  }

  onReason(packet: number, code: number): void {
    this.host.books.tally.reasons.note(packet as Answering, code);
  }

  onSuback(granted: readonly number[], now: number): void {
    const refused = granted.find((code) => code >= 0x80);
    if (refused === undefined) this.becomeUp(now);
    else this.onProblem(errors.subscribeRefused(refused, this.host.plan.mqttVersion, this.where));
  }

  /** When nothing is missing any more. */
  private becomeUp(now: number): void {
    const { host, wayIn, everUp } = this;
    if (this.state !== 'subscribing' || this.session.awaitsSuback) return;
    if (everUp) wayIn.returned(now, this.connection);
    else wayIn.arrived(now);
    this.state = 'up';
    this.everUp = true;
    this.lastUpGeneration = this.generation;
    this.retries.reset();
    host.books.presence.up(now);
    this.reading.begin(now);
    if (!everUp) this.reception.begin(now);
    host.books.noteResent(this.session.resend(this.exchange.templateOf, this.kept, now), now);
    if (!everUp) host.books.noteFirstUp(this.number, wayIn.due);
    this.pump(false);
    host.onUp(this);
  }

  onMessage(buffer: Buffer, start: number, end: number, _qos: Qos, dup: boolean, now: number): void {
    const isFlowing = this.exchange.arrive(buffer, start, now) || this.reception.arrive(buffer, start, end, dup, now);
    if (isFlowing) this.wayIn.noteFlowing(now);
  }

  onAcknowledged(flow: number, sequence: number, due: number, written: number, reason: number, now: number): void {
    if (reason >= 0x80) {
      this.host.books.tally.refusal(reason);
      return;
    }
    if (!this.exchange.acknowledge(flow, sequence)) this.traffic.acknowledge(flow, sequence, due, written, now);
    this.wayIn.noteFlowing(now);
  }

  /** Tells of everything that was due and is not finished. */
  unfinished(to: Outstanding): void {
    this.traffic.unfinished(to);
    this.exchange.requests?.unfinished(to, this.traffic);
    if (this.state !== 'idle' && this.state !== 'closed') this.wayIn.unfinished(to, this);
  }

  onTurn(now: number): void {
    if (this.state !== 'up') return;
    this.exchange.responses?.pump();
    if (this.traffic.waiting || this.host.publishing.isClosedLoop) this.traffic.pump(false);
    this.wayIn.noteTurn(now, this.traffic);
  }

  /** Publishing has ended: who waits for a message has waited at least until now. */
  closeSilence(now: number): void {
    if (this.everUp && this.name.subscribes) this.reception.closeSilence(now);
  }

  /** Writes what is due and may go; the caller flushes unless it is inside a turn. */
  pump(fresh: boolean): void {
    const { traffic } = this;
    if (this.state === 'up') {
      this.exchange.responses?.pump();
      traffic.pump(fresh);
    } else traffic.waiting = traffic.offered > traffic.sent;
  }

  /** Writes again what was written at `olderThan` or before and is not acknowledged. */
  retry(olderThan: number, now: number): void {
    this.host.books.noteResent(this.session.retry(this.exchange.templateOf, olderThan, now), now);
    this.session.flush();
  }

  onStreamLost(stream: number, now: number): void {
    this.host.books.noteResent(this.session.restore(stream, subscribePacketId, this.exchange.templateOf, now), now);
  }

  onViolation(error: MqbenchError): void {
    this.host.books.tally.violation(error);
  }

  /** Ends the connection because of `error`. @param silent nothing was heard, as opposed to something wrong */
  onProblem(error: MqbenchError, silent = false): void {
    this.problem = error;
    this.connection?.abort();
    this.onLost(silent);
  }

  /** Gives its living connection up on purpose, to come back. @returns the connection, for the caller to end */
  leave(): Connection | undefined {
    const { connection, host } = this;
    if (connection === undefined || this.state !== 'up') return undefined;
    host.events.connectionOver(this);
    this.connection = undefined;
    this.reading.release();
    this.state = 'waiting';
    host.books.presence.down(host.clock());
    host.books.tally.connectionEnd(connection);
    host.books.tally.counters.add('connections.left', 1);
    this.session.detach();
    return connection;
  }

  /** After {@link leave}: it has left because its stay was over. */
  quit(): void {
    this.host.events.quits(this);
  }

  /** It is not to be there until {@link wakes}, and does not try to. */
  rest(): void {
    this.isResting = true;
    if (this.state === 'waiting') this.state = 'idle';
  }

  /** It is to be there from `due` on. @returns whether it has to dial again; its first connect begins by itself */
  wakes(due: number): boolean {
    this.isResting = false;
    if (this.state !== 'idle') return false; // on its way already, or gone for good
    if (!this.everUp) {
      this.connect(due);
      return false;
    }
    this.returnDue(due);
    this.state = 'waiting';
    return true;
  }

  /** After {@link leave}: its return is due at this time, and latencies count from it. @param event why it left */
  returnDue(due: number, event?: MarkedEvent): void {
    this.wayIn.returnDue(due, event);
    this.retries.reset();
  }

  /** For good. Resolves when the connection has ended. @param politely with DISCONNECT */
  async close(politely: boolean): Promise<void> {
    const { connection } = this;
    this.state = 'closed';
    this.reading.release();
    if (!politely) connection?.abort();
    if (!politely || connection === undefined) return;
    this.session.disconnect();
    await connection.close().catch(() => {});
  }

  /** The connection is gone, whoever ended it. */
  private onLost(silent: boolean): void {
    const { connection } = this;
    const { books, clock, events } = this.host;
    if (connection === undefined) return;
    const wasUp = this.state === 'up';
    this.connection = undefined;
    this.reading.detach();
    books.tally.connectionEnd(connection);
    const error = this.problem ?? errors.closedByPeer(this.where, this.howFar);
    this.problem = undefined;
    if (this.state === 'closed') return;
    if (!wasUp) {
      this.onAttemptFailed(error);
      return;
    }
    const now = clock();
    books.presence.down(now);
    events.connectionOver(this);
    events.lost(this, this.wayIn.lost(now), now, silent);
    this.session.detach();
    books.tally.disconnect(error, this.number, now - this.wayIn.connackAt);
    this.scheduleRetry();
  }

  private scheduleRetry(): void {
    const { host } = this;
    if (this.isResting) {
      this.state = 'idle';
      return;
    }
    const now = host.clock();
    const wait = this.retries.next(this.everUp);
    if (wait === undefined) {
      this.state = 'gone';
      this.goneAt = now;
      host.onGone(this);
      return;
    }
    this.state = 'waiting';
    this.wayIn.retryDue(now + wait);
    host.redial(this, now + wait);
  }
}
