import type { Clock } from '../../base/clock.js';
import type { MqbenchError } from '../../base/errors.js';
import type { Arrivals } from '../../metrics/arrivals.js';
import type { Histogram } from '../../metrics/histogram.js';
import type { Connack } from '../../mqtt/codec/control-packets.js';
import type { PublishTemplate } from '../../mqtt/codec/publish-template.js';
import type { TopicAlias } from '../../mqtt/codec/topic-alias.js';
import type { Outbox } from '../../mqtt/session/outbox.js';
import type { SessionOptions } from '../../mqtt/session/session.js';
import type { LoadPlan } from '../../plan/plan.js';
import type { Connection } from '../../transport/contract.js';
import type { Segment } from '../segment.js';
import type { CounterSet } from '../worker/counter-set.js';
import type { VirtualClient } from './client.js';
import type { EventBook } from './event-book.js';
import type { ClientName } from './naming.js';
import type { Presence } from './presence.js';

/** What a virtual client needs from the worker it lives in. */
export interface ClientHost {
  readonly plan: LoadPlan;
  readonly clock: Clock;
  readonly outbox: Outbox;
  readonly arrivals: Arrivals;
  readonly counters: CounterSet;
  readonly presence: Presence;
  /** Samples since the last progress report. */
  readonly step: { readonly ack: Histogram; readonly e2e: Histogram; readonly connack: Histogram };
  readonly run: number;
  /** Publish as fast as acknowledgements allow. */
  readonly closedLoop: boolean;
  readonly publishing: boolean;
  /** When the last message of a closed loop was written; 0: none was. */
  lastSent: number;
  /** Silence counts from here; Infinity before publishing. */
  readonly publishingSince: number;
  /** What happened to the network or to the fleet. */
  readonly events: EventBook;
  /** Messages that did not come from this run, and those whose stamp was made by another clock than this machine's. */
  foreign: number;
  otherClock: number;
  readonly anyRun: boolean;
  /** By topic of the plan, where topics have a pace of their own. */
  readonly topicArrivals: readonly { received: number; duplicate: number; disordered: number }[];
  sessionOptions(client: ClientName): SessionOptions;
  /** @param sequence over all topics of the client @param flow which of them */
  templateFor(client: ClientName, sequence: number, flow: number, alias?: TopicAlias): PublishTemplate;
  /** Most messages of a client in a closed loop; Infinity without a limit. */
  limitOf(client: number): number;
  /** @param sequence over all topics, or within `flow` where topics have a pace of their own */
  dueOf(client: number, sequence: number, flow: number): number;
  /** The segment that a time lies in: of the due time for latencies, of the present for what comes through. */
  segment(micros: number): Segment;
  /** A client heard nothing from `since` to `now`, when a message came that was due then. */
  noteGap(client: number, since: number, now: number, due: number): void;
  noteLateness(segment: Segment, lateMicros: number): void;
  /** Undefined: no further try. @param everUp after a cut, as opposed to the first connect */
  retryWait(attempt: number, everUp: boolean): number | undefined;
  redialAfter(client: VirtualClient, waitMicros: number): void;
  countFailure(error: MqbenchError): void;
  /** A connection that was up has ended. */
  countDisconnect(error: MqbenchError, client: VirtualClient, now: number): void;
  countRefused(reason: number): void;
  /** The broker sent what it may not; the connection goes on. */
  countViolation(error: MqbenchError): void;
  countResent(publishes: number, now: number): void;
  noteConnectionEnd(connection: Connection): void;
  /** @param first for the first time */
  onUp(client: VirtualClient, first: boolean): void;
  onGone(client: VirtualClient): void;
  describe(error: unknown, client: VirtualClient): MqbenchError;
  refusal(connack: Connack, client: VirtualClient): MqbenchError;
  subscribeRefused(code: number, client: VirtualClient): MqbenchError;
  noDatagrams(client: VirtualClient): MqbenchError;
  closedByPeer(client: VirtualClient): MqbenchError;
}
