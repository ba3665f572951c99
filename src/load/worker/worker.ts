import type { Clock } from '../../base/clock.js';
import { Random } from '../../base/random.js';
import { Arrivals } from '../../metrics/arrivals.js';
import { Histogram } from '../../metrics/histogram.js';
import type { PublishTemplate } from '../../mqtt/codec/publish-template.js';
import type { TopicAlias } from '../../mqtt/codec/topic-alias.js';
import { Outbox } from '../../mqtt/session/outbox.js';
import type { SessionOptions } from '../../mqtt/session/session.js';
import { type LoadPlan, ownTopics } from '../../plan/plan.js';
import { VirtualClient } from '../client/client.js';
import type { Dialer } from '../client/dialer.js';
import { EventBook } from '../client/event-book.js';
import type { ClientHost } from '../client/host.js';
import { type ClientName, nameClient } from '../client/naming.js';
import { Publishing } from '../client/publishing.js';
import { payloadOf, publishTemplateOf, sessionOptionsOf, type Wire } from '../client/wire.js';
import { ClientWords } from '../client/words.js';
import type { Hook } from '../hook/hook.js';
import { type Standing, type StartOrder, stepMicros } from '../messages.js';
import { backoffMicros } from '../pace/backoff.js';
import { globalNumber, localNumber, type Share, shareOf } from '../pace/split.js';
import type { Segment } from '../segment.js';
import { Presence } from '../tally/presence.js';
import { Tally } from '../tally/tally.js';
import { Recorder } from './recorder.js';

/** The clients of one worker process and everything they share: books, schedule, words. What they do when is up to {@link Loop}. */
export class Worker implements ClientHost {
  readonly plan: LoadPlan;
  readonly share: Share;
  readonly run: number;
  readonly outbox = new Outbox();
  readonly arrivals = new Arrivals();
  readonly words: ClientWords;
  readonly tally: Tally;
  readonly presence: Presence;
  readonly step = { ack: new Histogram(), e2e: new Histogram(), connack: new Histogram() };
  readonly connectTook = { earlier: new Histogram(), later: new Histogram() };
  readonly clients: VirtualClient[] = [];
  readonly recorder: Recorder;
  readonly events: EventBook;
  readonly random: Random;
  readonly publishing: Publishing;
  readonly anyRun: boolean;
  readonly topicArrivals: ClientHost['topicArrivals'];
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
    this.publishing = new Publishing(plan);
    this.anyRun = plan.anyRun === true;
    this.topicArrivals = (ownTopics(plan) ?? []).map(() => ({ received: 0, duplicate: 0, disordered: 0 }));
    this.wire = { plan, payload: payloadOf(plan), run: order.run, hook };
    this.words = new ClientWords(
      plan,
      (number) => dialer.where(number),
      () => this.everUp > 0,
    );
    this.tally = new Tally(plan, this.words);
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

  countOffered(dueMicros: number): void {
    this.segment(dueMicros).counts.offered++;
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

  countResent(publishes: number, now: number): void {
    this.segment(now).counts.resent += publishes;
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
          this.tally.counters.add('migrations', 1);
          this.segment(this.clock()).record('migration.path', micros);
        },
        () => this.tally.counters.add('migrations.failed', 1),
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
    return { counts: this.recorder.totals(), inFlight, waiting, connected, lastSentMicros: this.publishing.lastSent };
  }

  private checkSettled(): void {
    if (this.everUp + this.gone >= this.clients.length) this.settled();
  }
}
