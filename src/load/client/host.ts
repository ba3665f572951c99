import type { Clock } from '../../base/clock.js';
import type { Arrivals } from '../../metrics/arrivals.js';
import type { Histogram } from '../../metrics/histogram.js';
import type { PublishTemplate } from '../../mqtt/codec/publish-template.js';
import type { TopicAlias } from '../../mqtt/codec/topic-alias.js';
import type { Outbox } from '../../mqtt/session/outbox.js';
import type { SessionOptions } from '../../mqtt/session/session.js';
import type { LoadPlan } from '../../plan/plan.js';
import type { Segment } from '../segment.js';
import type { Presence } from '../tally/presence.js';
import type { Tally } from '../tally/tally.js';
import type { VirtualClient } from './client.js';
import type { EventBook } from './event-book.js';
import type { ClientName } from './naming.js';
import type { Publishing } from './publishing.js';
import type { ClientWords } from './words.js';

/** What a virtual client needs from the worker it lives in. */
export interface ClientHost {
  readonly plan: LoadPlan;
  readonly clock: Clock;
  readonly outbox: Outbox;
  readonly arrivals: Arrivals;
  readonly words: ClientWords;
  readonly tally: Tally;
  readonly presence: Presence;
  /** Samples since the last progress report. */
  readonly step: { readonly ack: Histogram; readonly e2e: Histogram; readonly connack: Histogram };
  readonly run: number;
  readonly publishing: Publishing;
  /** What happened to the network or to the fleet. */
  readonly events: EventBook;
  readonly anyRun: boolean;
  /** By topic of the plan, where topics have a pace of their own. */
  readonly topicArrivals: readonly { received: number; duplicate: number; disordered: number }[];
  sessionOptions(client: ClientName): SessionOptions;
  /** @param sequence over all topics of the client @param flow which of them */
  templateFor(client: ClientName, sequence: number, flow: number, alias?: TopicAlias): PublishTemplate;
  /** The segment that a time lies in: of the due time for latencies, of the present for what comes through. */
  segment(micros: number): Segment;
  /** A client heard nothing from `since` to `now`, when a message came that was due then. */
  noteGap(client: number, since: number, now: number, due: number): void;
  /** Undefined: no further try. @param everUp after a cut, as opposed to the first connect */
  retryWait(attempt: number, everUp: boolean): number | undefined;
  redialAfter(client: VirtualClient, waitMicros: number): void;
  countResent(publishes: number, now: number): void;
  /** @param first for the first time */
  onUp(client: VirtualClient, first: boolean): void;
  onGone(client: VirtualClient): void;
}
