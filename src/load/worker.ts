import type { Clock } from '../base/clock.js';
import type { MqbenchError } from '../base/errors.js';
import { Random } from '../base/random.js';
import { Arrivals } from '../metrics/arrivals.js';
import { Histogram } from '../metrics/histogram.js';
import type { Connack } from '../mqtt/control-packets.js';
import { Outbox } from '../mqtt/outbox.js';
import { PublishTemplate } from '../mqtt/publish-template.js';
import type { SessionOptions } from '../mqtt/session.js';
import type { Connection } from '../transport/contract.js';
import { backoffMicros } from './backoff.js';
import { VirtualClient } from './client.js';
import type { ClientHost } from './client-host.js';
import type { LoadPlan } from './contract.js';
import { CounterSet, ErrorSet } from './counter-set.js';
import type { Dialer } from './dialer.js';
import * as words from './errors.js';
import type { EventMark } from './event-outcome.js';
import type { Standing, StartOrder } from './messages.js';
import { Recorder, type Segment } from './recorder.js';
import { constantRate, type Schedule } from './schedule.js';
import { globalNumber, type Share, shareOf } from './split.js';
import { fillTopic } from './topics.js';

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
  readonly errors = new ErrorSet();
  readonly stepAck = new Histogram();
  readonly clients: VirtualClient[] = [];
  readonly recorder: Recorder;
  readonly random: Random;
  readonly closedLoop: boolean;
  readonly schedule: Schedule | undefined;
  publishing = false;
  publishStart = 0;
  publishingSince = Number.POSITIVE_INFINITY;
  eventAt = 0;
  mark: EventMark = new Map();
  foreign = 0;
  lateSends = 0;
  refused = 0;
  disconnects = 0;
  failedAttempts = 0;
  everUp = 0;
  /** When the last of its clients came up for the first time. */
  lastFirstUp = 0;
  gone = 0;
  private readonly payload: Buffer;
  private settled: () => void = () => {};

  constructor(
    order: StartOrder,
    readonly dialer: Dialer,
    readonly clock: Clock,
  ) {
    const { plan, share } = order;
    this.plan = plan;
    this.share = share;
    this.run = order.run;
    this.random = new Random(plan.seed + share.worker * 7919);
    this.closedLoop = plan.publish !== undefined && plan.publish.rate === undefined;
    this.schedule = plan.publish?.rate === undefined ? undefined : constantRate(plan.publish.rate);
    this.payload = Buffer.alloc(plan.publish?.payloadBytes ?? 0, 'mqbench ');
    this.recorder = new Recorder(order.epochMicros, (segment, at) => this.closeGaps(segment, at));
    const own = shareOf(plan.clients, share);
    for (let local = 0; local < own; local++) {
      const number = globalNumber(local, share);
      this.clients.push(new VirtualClient(number, `${plan.clientIdPrefix}${number}`, this));
    }
  }

  sessionOptions(clientId: string): SessionOptions {
    const { plan } = this;
    return {
      version: plan.mqttVersion,
      clientId,
      clean: plan.clean,
      keepaliveSeconds: plan.keepaliveSeconds,
      window: plan.publish?.inflight ?? 1,
      clock: this.clock,
      // A persistent session needs an expiry in MQTT 5, else it ends with the connection (3.1.2.11.2).
      ...(plan.mqttVersion === 5 && !plan.clean ? { properties: { sessionExpiryInterval: 3600 } } : {}),
    };
  }

  templateFor(client: VirtualClient): PublishTemplate {
    const { publish, mqttVersion } = this.plan;
    if (publish === undefined) throw new Error('a client without a publish plan cannot publish');
    return new PublishTemplate({
      topic: fillTopic(publish.topic, client),
      qos: publish.qos,
      version: mqttVersion,
      payload: this.payload,
      stamp: { run: this.run, publisher: client.number, slot: 0 },
    });
  }

  dueOf(client: number, sequence: number): number {
    return this.publishStart + (this.schedule as Schedule).dueAt(sequence * this.plan.clients + client);
  }

  segment(now: number): Segment {
    this.recorder.roll(now);
    return this.recorder.current;
  }

  noteLateness(segment: Segment, late: number): void {
    segment.late.record(late);
    if (late > lateMicros) this.lateSends++;
  }

  retryWait(attempt: number): number | undefined {
    const { reconnect } = this.plan;
    return reconnect === undefined ? undefined : backoffMicros(reconnect, attempt, this.random);
  }

  countFailure(error: MqbenchError): void {
    this.failedAttempts++;
    this.errors.add(error.code, error.message);
  }

  countDisconnect(error: MqbenchError): void {
    this.disconnects++;
    this.errors.add(error.code, error.message);
  }

  countRefused(reason: number): void {
    this.refused++;
    const { code, message } = words.publishRefused(reason, this.dialer.where(0));
    this.errors.add(code, message);
  }

  countResent(publishes: number, now: number): void {
    this.segment(now).counts.resent += publishes;
  }

  noteConnectionEnd(connection: Connection): void {
    addConnection(this.counters, connection);
  }

  onUp(client: VirtualClient, first: boolean): void {
    if (first) this.everUp++;
    if (first) this.lastFirstUp = this.clock();
    if (this.closedLoop || client.offered > client.sent) client.pump(this.clock(), false);
    this.checkSettled();
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

  /** An event happened (or is about to): from here on it is counted who stays. */
  markEvent(atMicros: number): void {
    this.eventAt = atMicros;
    const connected = this.clients.filter((client) => client.isUp);
    this.mark = new Map(connected.map((client) => [client, client.generation]));
  }

  standing(): Standing {
    let inFlight = 0;
    let waiting = 0;
    for (const client of this.clients) {
      inFlight += client.session.unacknowledged;
      waiting += client.offered - client.sent;
    }
    return { counts: this.recorder.totals(), inFlight, waiting };
  }

  /** Counters of ended and living connections together. */
  allCounters(): Record<string, number> {
    const sums = this.counters.copy();
    for (const client of this.clients) if (client.connection !== undefined) addConnection(sums, client.connection);
    return sums.toRecord();
  }

  private checkSettled(): void {
    if (this.everUp + this.gone >= this.clients.length) this.settled();
  }

  describe(error: unknown, client: VirtualClient): MqbenchError {
    return words.clientError(error, this.dialer.where(client.number));
  }

  refusal(connack: Connack, client: VirtualClient): MqbenchError {
    return words.connackRefused(connack, this.plan.mqttVersion, this.dialer.where(client.number));
  }

  subscribeRefused(code: number, client: VirtualClient): MqbenchError {
    return words.subscribeRefused(code, this.plan.mqttVersion, this.dialer.where(client.number));
  }

  closedByPeer(client: VirtualClient): MqbenchError {
    return words.closedByPeer(this.dialer.where(client.number), client.state === 'greeting');
  }

  /** At the end of a segment: each subscribing client's longest silence in it is one sample. */
  private closeGaps(segment: Segment, at: number): void {
    if (this.plan.subscribe === undefined || this.publishingSince === Number.POSITIVE_INFINITY) return;
    for (const client of this.clients) {
      if (!client.everUp) continue;
      if (this.publishing) {
        const last = client.lastArrival;
        client.noteSilence(segment.fromMicros, at);
        client.lastArrival = last;
      }
      if (client.longestGap > 0) segment.record('delivery.gap', client.longestGap);
      client.longestGap = 0;
    }
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
}
