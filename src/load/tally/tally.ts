import type { MqbenchError } from '../../base/errors.js';
import type { LoadPlan } from '../../plan/plan.js';
import type { Connection, HandshakeKind } from '../../transport/contract.js';
import type { VirtualClient } from '../client/client.js';
import type { Dialer } from '../client/dialer.js';
import * as errors from '../errors.js';
import type { Segment } from '../segment.js';
import { CounterSet, ErrorSet } from './counter-set.js';
import { Evictions } from './evictions.js';
import { Reasons } from './reasons.js';

/** A publish written later than this after it was due counts as a late send. */
const lateMicros = 5_000;

/** Of the clients of a worker. */
export interface TallyCounts {
  /** Tries to connect that failed, and connections that were up and ended without being left. */
  failedAttempts: number;
  disconnects: number;
  lateSends: number;
  /** Publishes that the broker did not take. */
  refused: number;
  /** Messages that did not come from this run, and those whose stamp was made by another clock than this machine's. */
  foreign: number;
  otherClock: number;
}

/** What happened to the clients of a worker, over the whole run. */
export class Tally {
  readonly counters = new CounterSet();
  readonly errors = new ErrorSet();
  readonly reasons = new Reasons();
  readonly counts: TallyCounts = {
    failedAttempts: 0,
    lateSends: 0,
    refused: 0,
    foreign: 0,
    otherClock: 0,
    disconnects: 0,
  };
  /** How long after it was due the worker's first publish was written, µs; undefined: none was. */
  firstLateMicros: number | undefined;
  private readonly evictions = new Evictions();

  constructor(
    private readonly plan: LoadPlan,
    private readonly dialer: Dialer,
  ) {}

  noteLateness(segment: Segment, late: number): void {
    segment.late.record(late);
    this.firstLateMicros ??= late;
    if (late > lateMicros) this.counts.lateSends++;
  }

  failure(error: MqbenchError): void {
    this.counts.failedAttempts++;
    this.errors.add(error);
  }

  /** A connection that was up has ended. @param stayMicros since its CONNACK */
  disconnect(error: MqbenchError, client: number, stayMicros: number): void {
    this.counts.disconnects++;
    this.errors.add(error);
    if (this.plan.fixedIds !== true || error.code !== 'MQB_CLOSED') return;
    if (this.evictions.note(client, stayMicros)) this.errors.add(errors.thrownOut(this.dialer.where(client)));
  }

  refusal(reason: number): void {
    this.counts.refused++;
    this.errors.add(errors.publishRefused(reason, this.dialer.where(0)));
  }

  /** The broker sent what it may not; the connection goes on. */
  violation(error: MqbenchError): void {
    this.counters.add('protocol.violations', 1);
    this.errors.add(error);
  }

  connectionEnd(connection: Connection): void {
    addConnection(this.counters, connection);
  }

  /** The counters, those of living connections included. */
  allCounters(clients: readonly VirtualClient[]): Record<string, number> {
    const { plan } = this;
    const sums = new CounterSet(this.counters);
    // What never happened is a zero, not a number that is missing.
    for (const kind of ['none', 'full', 'resumed', 'early-data'] satisfies HandshakeKind[])
      sums.add(`handshake.${kind}`, 0);
    for (const name of ['protocol.violations', 'messages.retained']) sums.add(name, 0);
    if (plan.anyRun) sums.add('messages.gaps', 0);
    this.reasons.addTo(sums, plan.mqttVersion);
    if (plan.publish?.request) for (const name of ['requests.answered', 'requests.answeredAgain']) sums.add(name, 0);
    if (plan.subscribe?.respond) sums.add('responses.sent', 0);
    for (const client of clients) {
      const { requests, responses } = client.exchange;
      if (requests !== undefined) {
        sums.add('requests.answered', requests.answered);
        sums.add('requests.answeredAgain', requests.again);
      }
      if (responses !== undefined) sums.add('responses.sent', responses.sent);
      if (plan.anyRun) sums.add('messages.gaps', client.reception.gaps);
      if (client.connection !== undefined) addConnection(sums, client.connection);
      if (plan.publish?.topicAlias === true) sums.add('topicAlias.used', client.traffic.aliasesUsed);
      const { data, strayAcknowledgements } = client.session;
      if (data === undefined) continue;
      sums.add('streams.opened', data.opened);
      sums.add('streams.died', data.died);
      sums.add('streams.strayAcknowledgements', strayAcknowledgements);
    }
    return sums.toRecord();
  }
}

const ofTransport = ['packetsSent', 'packetsReceived', 'packetsLost', 'packetsRetransmitted', 'pathChanges'] as const;

/** Adds what the transport knows of one connection. */
function addConnection(to: CounterSet, connection: Connection): void {
  const stats = connection.stats();
  to.add(`handshake.${stats.handshake}`, 1);
  const { earlyData } = stats as { earlyData?: string }; // QUIC's own: none, pending, accepted, rejected
  if (earlyData !== undefined) to.add(`earlyData.${earlyData}`, 1);
  to.add('bytes.sent', stats.bytesSent);
  to.add('bytes.received', stats.bytesReceived);
  for (const name of ofTransport) {
    const value = stats[name];
    if (value !== undefined) to.add(`transport.${name}`, value);
  }
  const { datagrams } = connection;
  if (datagrams === undefined) return;
  for (const name of ['sent', 'dropped', 'received'] as const) to.add(`datagrams.${name}`, datagrams[name]);
}
