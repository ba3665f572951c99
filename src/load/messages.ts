import type { ExitCode } from '../base/exit-codes.js';
import type { HistogramData } from '../metrics/histogram.js';
import type { ProcessUse } from '../metrics/resources.js';
import type { LoadPlan } from '../plan/plan.js';
import type { ErrorCount } from '../result/types.js';
import type { AddressUse } from '../transport/address-book.js';
import type { HistogramsData } from './histograms.js';
import type { Share } from './pace/split.js';
import type { Counts, SegmentData } from './segment.js';
import type { TallyCounts } from './tally/tally.js';

// What coordinator and worker say to each other over the role channel (base/process/role.ts).

/** Orders are given this long before they take effect, so that every worker of this machine has them in time. */
export const leadMicros = 40_000;

export interface StartOrder {
  readonly plan: LoadPlan;
  readonly share: Share;
  /** Told apart from stamps of other runs. */
  readonly run: number;
  /** Zero of the timeline, monotonic microseconds, the same for all workers. */
  readonly epochMicros: number;
  /** Where the cell has several fleets: the plans of all of them, and which of them `plan` is. */
  readonly cell?: { readonly plans: readonly LoadPlan[]; readonly fleet: number };
}

/** Clients give their connections up and come back: at once, or one after the other. */
export interface CutOrder {
  readonly atMicros: number;
  readonly perSecond?: number;
  /** With DISCONNECT and the transport's own good-bye, or without a word. */
  readonly politely: boolean;
  /** The event that this is, marked before. */
  readonly event?: string;
}

export interface Connected {
  readonly connected: number;
  readonly failed: number;
}

/** Length of a progress step, which is one of the timeline, too. */
export const stepMicros = 200_000;

/**
 * Event `progress`, once a step. Counts are those since the one before. Where there is a hook, `loadingHook` (without data)
 * comes before the first of them.
 */
export interface ProgressEvent {
  readonly worker: number;
  /** The step since the epoch that just ended. */
  readonly step: number;
  readonly connectedNow: number;
  /** The fewest that were connected at once within the step, and the connections that ended in it. */
  readonly connectedLeast: number;
  readonly cut: number;
  readonly gone: number;
  readonly failed: number;
  readonly inFlight: number;
  readonly lateSends: number;
  readonly counts: Counts;
  readonly ack: HistogramData;
  readonly e2e: HistogramData;
  readonly connack: HistogramData;
}

/** Event `fatal`: why the worker is about to end. */
export interface FatalEvent {
  readonly code: string;
  readonly message: string;
  readonly hint: string | undefined;
  readonly exitCode: ExitCode | undefined;
}

/** What the drain looks at. */
export interface Standing {
  /** Which of the cell's fleets the worker's clients are in; 0 where there is one. */
  readonly fleet: number;
  readonly counts: Counts;
  readonly inFlight: number;
  /** Due, but not written yet. */
  readonly waiting: number;
  /** Clients that are up now, and those that gave up for good. */
  readonly connected: number;
  readonly gone: number;
  /** When the last message of a closed loop was written; 0: none was. */
  readonly lastSentMicros: number;
}

/** One change of the network or of the fleet: monotonic microseconds right before it began and right after it was complete. */
export interface ActTime {
  readonly beganMicros: number;
  readonly endedMicros: number;
  /** The clients' own addresses that it happened to; undefined: all. */
  readonly addresses?: readonly string[];
}

export interface EventTime {
  /** In order of time, at least one. */
  readonly acts: readonly ActTime[];
  /** What clients hear so much later was sent after the event: the longest way through the network at that time. */
  readonly pathMicros: number;
  /** Where agents have networks of their own, in which it happened at times of their own: by agent. */
  readonly apart?: Readonly<Record<string, Omit<EventTime, 'apart'>>> | undefined;
}

export interface EventOutcome {
  readonly survived: number;
  readonly reconnected: number;
  readonly lost: number;
  /** Nothing was asked of them since, so nobody knows. */
  readonly unknown: number;
  /** Of the lost: those that were asked at the end, and may still answer or come back. */
  readonly awaited: number;
}

/** An event and what it did to a worker's clients: reconnect.* of those that it cut. */
export interface EventReport {
  readonly name: string;
  readonly outcome: EventOutcome;
  readonly histograms: HistogramsData;
  /** Of returns that were not finished when measuring stopped: how long they had lasted. */
  readonly left: HistogramsData;
}

/** What arrived of the messages of one topic of the plan. */
export type TopicArrivals = Pick<Counts, 'received' | 'duplicate' | 'disordered'>;

/** Until the clients are connected, while publishes become due (or arrive from others), and what is outstanding after that. */
export type LoadPhase = 'connecting' | 'traffic' | 'drain';

/**
 * What the clients of a worker have published, so that others know what their subscribers should have got: by client
 * (the worker's own number) times topics plus topic.
 */
export interface PublishedBooks {
  /** Which of the cell's fleets the clients are in; 0 where there is one. */
  readonly fleet: number;
  readonly share: Share;
  readonly offered: readonly number[];
  /** Written at least once. */
  readonly sent: readonly number[];
}

export interface CollectOrder {
  readonly books: readonly PublishedBooks[];
}

export interface WorkerReport extends Readonly<TallyCounts> {
  /** Which of the cell's fleets the worker's clients are in; 0 where there is one. */
  readonly fleet: number;
  readonly share: Share;
  readonly segments: readonly SegmentData[];
  /** Longest silence per subscribing client over the whole publishing phase. */
  readonly gaps: HistogramData;
  /** The same of those that were in a silence when measuring stopped, with a message missing: at least so long. */
  readonly openGaps: HistogramData;
  readonly loopDelay: Readonly<Record<LoadPhase, HistogramData>>;
  readonly everConnected: number;
  /** When the last client was up (subscribed, where it subscribes) for the first time; 0 when none was. */
  readonly lastFirstUpMicros: number;
  /** From due to up for the first time, of the clients that were due in the earlier half of all, and of the others. */
  readonly connectTook: { readonly earlier: HistogramData; readonly later: HistogramData };
  /** Clients that were up, lost their connection and gave up; when the first did. */
  readonly gone: { readonly clients: number; readonly firstMicros?: number };
  readonly books?: PublishedBooks;
  /** Messages that were written and did not come to this worker's subscribers, by topic over all fleets; see {@link missingDeliveries}. */
  readonly missing?: readonly number[] | undefined;
  /** Of these the ones that a later message of the same publisher and topic has overtaken, by topic. */
  readonly overtaken?: readonly number[] | undefined;
  readonly neverSubscribed?: number;
  /** Publishes that became due to clients that were not connected then. */
  readonly dueAway?: number;
  /** How long after it was due the first publish was written, µs; absent: none was, or none was ever due. */
  readonly firstLateMicros?: number | undefined;
  /** Publishes that had become due before, to clients that lost their connection and are not back. */
  readonly cutOff?: number;
  /**
   * Where topics have a pace of their own, or the cell several fleets, by topic over all fleets: what arrived, and of topics
   * with a pace of their own what became due, was written and acknowledged.
   */
  readonly byTopic?: readonly Omit<Counts, 'resent'>[];
  readonly errors: readonly ErrorCount[];
  readonly addresses: readonly AddressUse[];
  readonly counters: Readonly<Record<string, number>>;
  readonly events: readonly EventReport[];
  readonly use: ProcessUse;
  /** Of a core; 0 for a phase that lasted less than half a second. */
  readonly busyShare: Readonly<Record<LoadPhase, number>>;
  readonly receiveDrops: number;
  /** Of the orders for window boundaries: how much too late the latest came. */
  readonly boundaryLateMicros: number;
}
