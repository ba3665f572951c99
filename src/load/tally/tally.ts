import type { MqbenchError } from '../../base/errors.js';
import type { LoadPlan } from '../../plan/plan.js';
import type { Connection } from '../../transport/contract.js';
import type { VirtualClient } from '../client/client.js';
import type { ClientWords } from '../client/words.js';
import * as errors from '../errors.js';
import type { Segment } from '../segment.js';
import { addConnection, allCounters } from './connection-counters.js';
import { CounterSet, ErrorSet } from './counter-set.js';
import { Evictions } from './evictions.js';

/** A publish written later than this after it was due counts as a late send. */
const lateMicros = 5_000;

/** What happened to the clients of a worker, over the whole run. */
export class Tally {
  readonly counters = new CounterSet();
  readonly errors = new ErrorSet();
  /** Messages that did not come from this run, and those whose stamp was made by another clock than this machine's. */
  foreign = 0;
  otherClock = 0;
  lateSends = 0;
  /** Publishes that the broker did not take. */
  refused = 0;
  disconnects = 0;
  failedAttempts = 0;
  private readonly evictions = new Evictions();

  constructor(
    private readonly plan: LoadPlan,
    private readonly words: ClientWords,
  ) {}

  noteLateness(segment: Segment, late: number): void {
    segment.late.record(late);
    if (late > lateMicros) this.lateSends++;
  }

  /** A try to connect failed. */
  failure(error: MqbenchError): void {
    this.failedAttempts++;
    this.errors.add(error);
  }

  /** A connection that was up has ended. */
  disconnect(error: MqbenchError, { number, connackAt }: VirtualClient, now: number): void {
    this.disconnects++;
    this.errors.add(error);
    if (this.plan.fixedIds !== true || error.code !== 'MQB_CLOSED') return;
    if (this.evictions.note(number, now - connackAt)) this.errors.add(errors.thrownOut(this.words.where(number)));
  }

  /** The broker did not take a publish. */
  refusal(reason: number): void {
    this.refused++;
    this.errors.add(errors.publishRefused(reason, this.words.where(0)));
  }

  /** The broker sent what it may not; the connection goes on. */
  violation(error: MqbenchError): void {
    this.counters.add('protocol.violations', 1);
    this.errors.add(error);
  }

  /** Whoever ended it. */
  connectionEnd(connection: Connection): void {
    addConnection(this.counters, connection);
  }

  /** The counters, those of living connections included. */
  allCounters(clients: readonly VirtualClient[]): Record<string, number> {
    return allCounters(this.counters, this.plan, clients);
  }
}
