import type { Clock } from '../../base/clock.js';
import type { MqbenchError } from '../../base/errors.js';
import { Random } from '../../base/random.js';
import { Arrivals } from '../../metrics/arrivals.js';
import { Histogram } from '../../metrics/histogram.js';
import type { Connack } from '../../mqtt/codec/control-packets.js';
import type { PublishTemplate } from '../../mqtt/codec/publish-template.js';
import type { TopicAlias } from '../../mqtt/codec/topic-alias.js';
import { Outbox } from '../../mqtt/session/outbox.js';
import type { SessionOptions } from '../../mqtt/session/session.js';
import type { LoadPlan } from '../../plan/plan.js';
import type { Connection, HandshakeKind } from '../../transport/contract.js';
import { VirtualClient } from '../client/client.js';
import type { Dialer } from '../client/dialer.js';
import { EventBook } from '../client/event-book.js';
import type { ClientHost } from '../client/host.js';
import { type ClientName, nameClient, publisherCount } from '../client/naming.js';
import { Presence } from '../client/presence.js';
import { payloadOf, publishTemplateOf, sessionOptionsOf, type Wire } from '../client/wire.js';
import * as words from '../errors.js';
import type { Hook } from '../hook/hook.js';
import { type Standing, type StartOrder, stepMicros } from '../messages.js';
import { type Timetable, timetableOf } from '../pace/agenda.js';
import { backoffMicros } from '../pace/backoff.js';
import { publishSchedule, type Schedule } from '../pace/schedule.js';
import { globalNumber, localNumber, type Share, shareOf } from '../pace/split.js';
import type { Segment } from '../segment.js';
import { CounterSet, ErrorSet } from './counter-set.js';
import { Evictions } from './evictions.js';
import { Recorder } from './recorder.js';

/** A publish written later than this after it was due counts as a late send. */
const lateMicros = 5_000;

/** The clients of one worker process and everything they share: books, schedule, words. The loop that drives them is in {@link Drive}. */
export class Worker implements ClientHost {
  readonly plan: LoadPlan;
  readonly share: Share;
  readonly run: number;
  readonly outbox = new Outbox();
  readonly arrivals = new Arrivals();
  readonly counters = new CounterSet();
  readonly presence: Presence;
  readonly errors = new ErrorSet();
  private readonly evictions = new Evictions();
  readonly step = { ack: new Histogram(), e2e: new Histogram(), connack: new Histogram() };
  readonly connectTook = { earlier: new Histogram(), later: new Histogram() };
  readonly clients: VirtualClient[] = [];
  readonly recorder: Recorder;
  readonly events: EventBook;
  readonly random: Random;
  readonly closedLoop: boolean;
  readonly schedule: Schedule | undefined;
  /** Instead of the schedule where clients do not take turns. */
  readonly timetable: Timetable | undefined;
  readonly publishers: number;
  readonly anyRun: boolean;
  readonly topicArrivals: ClientHost['topicArrivals'];
  publishing = false;
  publishStart = 0;
  lastSent = 0;
  publishingSince = Number.POSITIVE_INFINITY;
  foreign = 0;
  otherClock = 0;
  lateSends = 0;
  refused = 0;
  disconnects = 0;
  failedAttempts = 0;
  everUp = 0;
  /** When the last of its clients came up for the first time. */
  lastFirstUp = 0;
  gone = 0;
  private readonly wire: Wire;
  private settled: () => void = () => {};
  /** Set by the loop that dials. */
  redial: (client: VirtualClient, due: number) => void = () => {};
  /** The process cannot go on, e.g. because of a hook; told before it ends. */
  onFatal: (error: unknown) => void = () => {};
  /** A client came up; set by whoever makes it leave again. */
  whenUp: (client: VirtualClient) => void = () => {};

  constructor(
    order: StartOrder,
    readonly dialer: Dialer,
    readonly clock: Clock,
    hook?: Hook,
  ) {
    const { plan, share } = order;
    this.plan = plan;
    this.share = share;
    this.run = order.run;
    this.random = new Random(plan.seed + share.worker * 7919);
    this.closedLoop = plan.publish !== undefined && plan.publish.rate === undefined;
    this.schedule = publishSchedule(plan);
    this.timetable = timetableOf(plan);
    this.publishers = publisherCount(plan);
    this.anyRun = plan.anyRun === true;
    this.topicArrivals = (plan.publish?.each ?? []).map(() => ({ received: 0, duplicate: 0, disordered: 0 }));
    this.wire = { plan, payload: payloadOf(plan), run: order.run, hook };
    this.presence = new Presence(order.epochMicros, stepMicros);
    this.events = new EventBook(this.clients, (number) => dialer.addressOf(number));
    const own = shareOf(plan.clients, share);
    this.recorder = new Recorder(order.epochMicros, own);
    for (let local = 0; local < own; local++) {
      this.clients.push(new VirtualClient(nameClient(plan, globalNumber(local, share)), this));
    }
  }

  sessionOptions(name: ClientName): SessionOptions {
    return sessionOptionsOf(this.plan, name, this.clock);
  }

  templateFor(name: ClientName, sequence: number, flow: number, alias?: TopicAlias): PublishTemplate {
    try {
      return publishTemplateOf(this.wire, name, sequence, flow, alias);
    } catch (error) {
      this.onFatal(error);
      throw error;
    }
  }

  dueOf(client: number, sequence: number, flow: number): number {
    if (this.timetable !== undefined) return this.publishStart + this.timetable.dueAt(client, sequence, flow);
    return this.publishStart + (this.schedule as Schedule).dueAt(sequence * this.publishers + client);
  }

  limitOf(client: number): number {
    const limit = this.plan.publish?.limit;
    return limit === undefined
      ? Number.POSITIVE_INFINITY
      : shareOf(limit, { worker: client, workers: this.publishers });
  }

  segment(micros: number): Segment {
    return this.recorder.at(micros);
  }

  /** Publishing ends. */
  closeSilences(now: number): void {
    if (this.plan.subscribe === undefined) return;
    for (const { everUp, name, reception } of this.clients) if (everUp && name.subscribes) reception.closeSilence(now);
  }

  noteGap(client: number, since: number, now: number, due: number): void {
    this.recorder.noteGap(localNumber(client, this.share), since, now, due);
  }

  noteLateness(segment: Segment, late: number): void {
    segment.late.record(late);
    if (late > lateMicros) this.lateSends++;
  }

  /** The event loop of this process was late; a measure window is told what fell into it. */
  noteLoopDelay(lateMicros: number, dueMicros: number): void {
    const segment = this.segment(dueMicros);
    if (segment.name !== null) segment.record('loop.delay', lateMicros);
  }

  retryWait(attempt: number, everUp: boolean): number | undefined {
    const { reconnect } = this.plan;
    const tries = everUp ? reconnect?.tries : reconnect?.connectTries;
    if (reconnect === undefined || attempt >= (tries ?? Number.POSITIVE_INFINITY)) return undefined;
    return backoffMicros(reconnect, attempt, this.random);
  }

  redialAfter(client: VirtualClient, waitMicros: number): void {
    this.redial(client, this.clock() + waitMicros);
  }

  countFailure(error: MqbenchError): void {
    this.failedAttempts++;
    this.errors.add(error);
  }

  countDisconnect(error: MqbenchError, { number, connackAt }: VirtualClient, now: number): void {
    this.disconnects++;
    this.errors.add(error);
    if (this.plan.fixedIds !== true || error.code !== 'MQB_CLOSED') return;
    if (this.evictions.note(number, now - connackAt)) this.errors.add(words.thrownOut(this.dialer.where(number)));
  }

  countRefused(reason: number): void {
    this.refused++;
    this.errors.add(words.publishRefused(reason, this.dialer.where(0)));
  }

  countViolation(error: MqbenchError): void {
    this.counters.add('protocol.violations', 1);
    this.errors.add(error);
  }

  countResent(publishes: number, now: number): void {
    this.segment(now).counts.resent += publishes;
  }

  noteConnectionEnd(connection: Connection): void {
    addConnection(this.counters, connection);
  }

  onUp(client: VirtualClient, first: boolean): void {
    if (first) this.noteFirstUp(client, this.clock());
    client.pump(false);
    this.whenUp(client);
    this.checkSettled();
  }

  private noteFirstUp({ number, connectDue }: VirtualClient, now: number): void {
    this.everUp++;
    this.lastFirstUp = now;
    const half = number < this.plan.clients / 2 ? this.connectTook.earlier : this.connectTook.later;
    half.record(now - connectDue);
  }

  onGone(client: VirtualClient): void {
    if (!client.everUp) this.gone++;
    this.checkSettled();
  }

  /** Resolves when every client was up once or has given up, at the latest after `timeoutMillis`. */
  whenSettled(timeoutMillis: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, Math.max(0, timeoutMillis));
      this.settled = () => {
        clearTimeout(timer);
        resolve();
      };
      this.checkSettled();
    });
  }

  /** The host's addresses have changed: who can takes its connection along, the others dial from the new ones. */
  moveTo(localAddresses: readonly string[]): void {
    this.dialer.moveTo(localAddresses);
    for (const { isUp, connection, number } of this.clients) {
      if (!isUp || connection === undefined) continue;
      this.dialer.move(connection, number)?.then(
        ({ micros }) => {
          this.counters.add('migrations', 1);
          this.segment(this.clock()).record('migration.path', micros);
        },
        () => this.counters.add('migrations.failed', 1),
      );
    }
  }

  standing(): Standing {
    let inFlight = 0;
    let waiting = 0;
    for (const client of this.clients) {
      inFlight += client.session.unacknowledged;
      waiting += client.traffic.offered - client.traffic.sent;
    }
    const connected = this.clients.filter((client) => client.isUp).length;
    return { counts: this.recorder.totals(), inFlight, waiting, connected, lastSentMicros: this.lastSent };
  }

  /** Counters of ended and living connections together. */
  allCounters(): Record<string, number> {
    const sums = this.counters.copy();
    // What never happened is a zero, not a number that is missing.
    for (const kind of ['none', 'full', 'resumed', 'early-data'] satisfies HandshakeKind[])
      sums.add(`handshake.${kind}`, 0);
    for (const name of ['protocol.violations', 'messages.retained']) sums.add(name, 0);
    if (this.anyRun) sums.add('messages.gaps', 0);
    for (const client of this.clients) {
      if (this.anyRun) sums.add('messages.gaps', client.reception.gaps);
      if (client.connection !== undefined) addConnection(sums, client.connection);
      if (this.plan.publish?.topicAlias === true) sums.add('topicAlias.used', client.traffic.aliasesUsed);
      const { data, strayAcknowledgements } = client.session;
      if (data === undefined) continue;
      sums.add('streams.opened', data.opened);
      sums.add('streams.died', data.died);
      sums.add('streams.strayAcknowledgements', strayAcknowledgements);
    }
    return sums.toRecord();
  }

  private checkSettled(): void {
    if (this.everUp + this.gone >= this.clients.length) this.settled();
  }

  describe(error: unknown, client: VirtualClient): MqbenchError {
    return words.clientError(error, this.dialer.where(client.number), this.howFar(client));
  }

  refusal(connack: Connack, client: VirtualClient): MqbenchError {
    return words.connackRefused(connack, this.plan.mqttVersion, this.dialer.where(client.number));
  }

  subscribeRefused(code: number, client: VirtualClient): MqbenchError {
    return words.subscribeRefused(code, this.plan.mqttVersion, this.dialer.where(client.number));
  }

  noDatagrams(client: VirtualClient): MqbenchError {
    return words.noDatagrams(this.dialer.where(client.number));
  }

  closedByPeer(client: VirtualClient): MqbenchError {
    return words.closedByPeer(this.dialer.where(client.number), this.howFar(client));
  }

  private howFar({ state }: VirtualClient): words.HowFar {
    const isOneHost = this.plan.target.hosts.length === 1;
    return { beforeConnack: state === 'greeting', othersConnected: isOneHost && this.everUp > 0 };
  }
}

/** Adds what the transport knows of one connection. */
function addConnection(to: CounterSet, connection: Connection): void {
  const stats = connection.stats();
  to.add(`handshake.${stats.handshake}`, 1);
  const { earlyData } = stats as { earlyData?: string }; // QUIC's own: none, pending, accepted, rejected
  if (earlyData !== undefined) to.add(`earlyData.${earlyData}`, 1);
  to.add('bytes.sent', stats.bytesSent);
  to.add('bytes.received', stats.bytesReceived);
  const optional = ['packetsSent', 'packetsReceived', 'packetsLost', 'packetsRetransmitted', 'pathChanges'] as const;
  for (const name of optional) {
    const value = stats[name];
    if (value !== undefined) to.add(`transport.${name}`, value);
  }
  const { datagrams } = connection;
  if (datagrams === undefined) return;
  for (const name of ['sent', 'dropped', 'received'] as const) to.add(`datagrams.${name}`, datagrams[name]);
}
