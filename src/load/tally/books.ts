import type { Clock } from '../../base/clock.js';
import { Arrivals } from '../../metrics/arrivals.js';
import { Histogram } from '../../metrics/histogram.js';
import type { LoadPlan } from '../../plan/plan.js';
import type { Dialer } from '../client/dialer.js';
import type { Fleets } from '../fleets.js';
import { type StartOrder, stepMicros, type TopicArrivals } from '../messages.js';
import { localNumber, type Share, shareOf } from '../pace/split.js';
import type { Segment } from '../segment.js';
import { Recorder } from '../worker/recorder.js';
import { Presence } from './presence.js';
import { Tally } from './tally.js';

/** What the clients of a worker write down: by measure window, by step of the timeline, and over the whole run. */
export class Books {
  readonly arrivals = new Arrivals();
  readonly presence: Presence;
  readonly recorder: Recorder;
  readonly tally: Tally;
  /** Samples since the last progress report. */
  readonly step = { ack: new Histogram(), e2e: new Histogram(), connack: new Histogram() };
  /** From due to up for the first time; see {@link WorkerReport.connectTook}. */
  readonly connectTook = { earlier: new Histogram(), later: new Histogram() };
  /** By topic over all fleets, where topics have a pace of their own or the cell several fleets. */
  readonly topicArrivals: readonly TopicArrivals[];
  /** Clients that were up at least once, and when the last of them came up for the first time; 0: none has. */
  everUp = 0;
  lastFirstUp = 0;
  private readonly plan: LoadPlan;
  private readonly share: Share;

  constructor(
    { plan, share, epochMicros }: StartOrder,
    { countsFlows, flows }: Pick<Fleets, 'countsFlows' | 'flows'>,
    dialer: Dialer,
    private readonly clock: Clock,
  ) {
    this.plan = plan;
    this.share = share;
    this.tally = new Tally(plan, dialer);
    this.presence = new Presence(epochMicros, stepMicros);
    this.recorder = new Recorder(epochMicros, shareOf(plan.clients, share));
    const counted = countsFlows ? flows : 0;
    this.topicArrivals = Array.from({ length: counted }, () => ({ received: 0, duplicate: 0, disordered: 0 }));
  }

  /** The segment that a time lies in: of the due time for latencies, of the present for what comes through. */
  segment(micros: number): Segment {
    return this.recorder.at(micros);
  }

  /** A client that was due then came up for the first time. */
  noteFirstUp(client: number, due: number): void {
    this.everUp++;
    this.lastFirstUp = this.clock();
    this.connectTook[client < this.plan.clients / 2 ? 'earlier' : 'later'].record(this.lastFirstUp - due);
  }

  /** A client heard nothing from `since` to `now`, when a message came that was due then. */
  noteGap(client: number, since: number, now: number, due: number): void {
    this.recorder.noteGap(localNumber(client, this.share), since, now, due);
  }

  noteResent(publishes: number, now: number): void {
    this.segment(now).counts.resent += publishes;
  }

  /** The event loop of this process was late; a measure window is told what fell into it. */
  noteLoopDelay(lateMicros: number, dueMicros: number): void {
    const segment = this.segment(dueMicros);
    if (segment.name !== null) segment.record('loop.delay', lateMicros);
  }
}
