import { type ProcessorUse, processorUse } from '../../metrics/resources.js';
import type { LoadPlan } from '../../plan/plan.js';
import type { VirtualClient } from '../client/client.js';
import * as words from '../errors.js';
import { type CutOrder, type ProgressEvent, stepMicros } from '../messages.js';
import { Agenda } from '../pace/agenda.js';
import { FineTimer } from '../pace/fine-timer.js';
import type { FineWait } from '../pace/fine-wait.js';
import { constantRate } from '../pace/schedule.js';
import { ShareCursor } from '../pace/split.js';
import { Turns } from '../pace/turns.js';
import { addCounts, noCounts } from '../segment.js';
import { Cuts, comeBack } from './come-back.js';
import { PhaseWatch } from './phase-watch.js';
import type { Worker } from './worker.js';

const sweepMicros = 100_000;
/** At high rates what is due within this time goes out together: waking for each message alone would cost more than sending it. */
const shortestSleepMicros = 250;

/**
 * The loop of a worker: starts dials and publishes when they are due, and looks
 * at every client ten times a second for keepalives, silences and retries.
 */
export class Drive {
  /** What this process did to its own numbers. */
  readonly watch: PhaseWatch;
  private readonly dials: ShareCursor;
  private publishes: ShareCursor;
  /** Instead of `publishes` where clients do not take turns. */
  private agenda: Agenda | undefined;
  private connectStart = Number.POSITIVE_INFINITY;
  private publishEnd = Number.POSITIVE_INFINITY;
  private readonly timer: FineTimer;
  private stepTimer: NodeJS.Timeout | undefined;
  private readonly timers: NodeJS.Timeout[] = [];
  private readonly due: VirtualClient[] = [];
  private step = 0;
  private atLastStep = noCounts();
  private stopped = false;
  private cuts: Cuts[] = [];
  private readonly returning: Turns<VirtualClient>;

  constructor(
    private readonly worker: Worker,
    private readonly epochMicros: number,
    private readonly onProgress: (event: ProgressEvent) => void,
    wait: FineWait | undefined,
    use: () => ProcessorUse = processorUse,
  ) {
    this.watch = new PhaseWatch(worker.clock, use, (late, due) => worker.noteLoopDelay(late, due));
    this.timer = new FineTimer(worker.clock, wait, this.wake);
    this.returning = new Turns(worker.clock, (client) => {
      if (!this.stopped && client.state === 'waiting') this.dial(client);
    });
    const { plan, share } = worker;
    this.dials = new ShareCursor(plan.clients, share);
    this.publishes = new ShareCursor(worker.publishers, share);
    this.timers.push(setInterval(() => this.sweep(), sweepMicros / 1000));
    this.scheduleStep();
    worker.redial = (client, due) => this.redial(client, due);
    if (plan.churn !== undefined) this.churn(plan.churn);
  }

  /** Dials again at a time; to the millisecond, which is what a retry needs. */
  private redial(client: VirtualClient, due: number): void {
    setTimeout(() => this.returning.add(client), Math.max(0, (due - this.worker.clock()) / 1000)).unref();
  }

  /** A client that is up leaves after its stay, and is due again when it has been away. */
  private churn({ stayMicros, awayMicros, politely }: NonNullable<LoadPlan['churn']>): void {
    const { worker } = this;
    worker.whenUp = (client) => {
      const { generation } = client;
      const leave = async (): Promise<void> => {
        if (this.stopped || client.generation !== generation) return;
        const left = worker.clock();
        if (!(await comeBack(client, left, { politely, clock: worker.clock }))) return;
        client.returnDue(left + awayMicros);
        this.redial(client, left + awayMicros);
      };
      setTimeout(() => void leave(), stayMicros / 1000).unref();
    };
  }

  /** Client i is due at `startMicros` + i / connectRate. */
  connect(startMicros: number): void {
    this.connectStart = startMicros;
    this.watch.begin('connecting');
    this.wake();
  }

  /** All clients are up or have given up. Who publishes nothing has its traffic from here on: that of others. */
  connected(): void {
    if (this.worker.plan.publish === undefined) this.watch.begin('traffic');
    else this.watch.end();
  }

  /**
   * Message k is due at `startMicros` + k / rate.
   * @param lengthMicros nothing is offered that is due so much later, or after that
   */
  startPublishing(startMicros: number, lengthMicros = Number.POSITIVE_INFINITY): void {
    const { worker } = this;
    this.watch.begin('traffic');
    worker.publishStart = startMicros;
    // Where nothing is ever due, no silence is one.
    if (worker.plan.publish !== undefined || worker.anyRun) worker.publishingSince = startMicros;
    this.publishes = new ShareCursor(worker.publishers, worker.share);
    this.agenda = worker.timetable && new Agenda(worker.timetable, worker.publishers, worker.share);
    this.publishEnd = startMicros + lengthMicros;
    if (worker.closedLoop) {
      this.timers.push(setTimeout(() => this.startClosedLoop(), Math.max(0, (startMicros - worker.clock()) / 1000)));
    } else {
      worker.publishing = true;
    }
    this.wake();
  }

  /** Messages due at `endMicros` or later are not offered any more. */
  stopPublishing(endMicros: number): void {
    this.publishEnd = endMicros;
    this.worker.recorder.split(endMicros, this.worker.clock());
    const finish = (): void => {
      this.offer(endMicros);
      if (!this.worker.publishing) return;
      this.watch.begin('drain');
      this.worker.closeSilences(endMicros);
      this.worker.publishing = false;
    };
    // Not before the end: a timer may come up to a millisecond early, and what is not due yet must not go out.
    this.timers.push(setTimeout(finish, Math.max(0, Math.ceil((endMicros - this.worker.clock()) / 1000) + 1)));
  }

  /** Client i gives its connection up at `atMicros` + i / perSecond (without a rate: all at once) and comes back. */
  cut(order: CutOrder): void {
    const { plan, share } = this.worker;
    this.cuts.push(new Cuts(new ShareCursor(plan.clients, share), plan.clients, order));
    this.wake();
  }

  /** No new work and no more waiting: drops every connection. @param politely with DISCONNECT */
  async stop(politely: boolean): Promise<void> {
    this.stopped = true;
    this.timer.clear();
    clearTimeout(this.stepTimer);
    for (const timer of this.timers) clearTimeout(timer);
    this.watch.end();
    const closing: Promise<void>[] = [];
    for (const client of this.worker.clients) {
      const { connection } = client;
      client.state = 'closed';
      if (connection === undefined) continue;
      if (!politely) {
        connection.abort();
        continue;
      }
      client.session.disconnect();
      closing.push(connection.close().catch(() => {}));
    }
    await Promise.race([Promise.all(closing), new Promise((resolve) => setTimeout(resolve, 1000).unref())]);
  }

  private startClosedLoop(): void {
    this.worker.publishing = true;
    const turn = (): void => {
      if (this.stopped || !this.worker.publishing) return;
      for (const client of this.worker.clients) {
        client.pump(false);
        client.session.flush();
      }
      // Acknowledgements keep QoS 1 and 2 going; nothing answers QoS 0, so the next turn comes by itself.
      if (this.worker.plan.publish?.qos === 0) setImmediate(turn);
    };
    turn();
  }

  /** Does what is due and sets the timer for what is next. */
  private readonly wake = (): void => {
    if (this.stopped) return;
    const now = this.worker.clock();
    this.startDials(now);
    this.startCuts(now);
    this.offer(now);
    const next = Math.min(this.nextDial(), this.nextPublish(), ...this.cuts.map((cuts) => cuts.next()));
    this.timer.set(Math.max(next, now + shortestSleepMicros));
  };

  private nextDial(): number {
    const index = this.dials.index;
    if (index >= this.worker.plan.clients) return Number.POSITIVE_INFINITY;
    return this.connectStart + constantRate(this.worker.plan.connectRate).dueAt(index);
  }

  private startDials(now: number): void {
    for (let due = this.nextDial(); due <= now; due = this.nextDial()) {
      const client = this.worker.clients[this.dials.client] as VirtualClient;
      client.connectDue = due;
      this.dials.advance();
      this.dial(client);
      this.worker.segment(due).record('connect.late', client.dialStarted - due);
    }
  }

  private startCuts(now: number): void {
    for (const cuts of this.cuts) cuts.start(now, this.worker, (client) => this.returning.add(client));
    this.cuts = this.cuts.filter((cuts) => cuts.next() < Number.POSITIVE_INFINITY);
  }

  private dial(client: VirtualClient): void {
    const { worker } = this;
    client.dialStarted = worker.clock();
    client.state = 'dialling';
    worker.dialer.dial(client.name).then(
      (connection) => {
        if (this.stopped) connection.abort();
        else client.onDialled(connection);
      },
      (error: unknown) => {
        if (!this.stopped) client.onAttemptFailed(worker.describe(error, client));
      },
    );
  }

  private nextPublish(): number {
    const { worker } = this;
    if (worker.schedule === undefined || worker.publishStart === 0) return Number.POSITIVE_INFINITY;
    const index = this.publishes.index;
    if (index === Number.POSITIVE_INFINITY) return index;
    const due = worker.publishStart + (this.agenda?.next ?? worker.schedule.dueAt(index));
    return due < this.publishEnd ? due : Number.POSITIVE_INFINITY;
  }

  /** Hands every due message to its client, then lets each client write all it has in one go. */
  private offer(now: number): void {
    const { worker, due } = this;
    for (let at = this.nextPublish(); at <= now; at = this.nextPublish()) {
      const client = this.takeDue();
      worker.segment(at).counts.offered++;
      if (client.traffic.marked) continue;
      client.traffic.marked = true;
      due.push(client);
    }
    for (const client of due) {
      client.traffic.marked = false;
      client.pump(true);
      client.session.flush();
    }
    due.length = 0;
  }

  /** Hands the message that is due next to its client. */
  private takeDue(): VirtualClient {
    const { local, flow } = this.agenda?.take() ?? { local: this.publishes.client, flow: 0 };
    if (this.agenda === undefined) this.publishes.advance();
    const client = this.worker.clients[local] as VirtualClient;
    client.traffic.offer(flow);
    if (client.state !== 'up') client.traffic.dueAway++;
    return client;
  }

  private retryPublishes(client: VirtualClient, olderThan: number, now: number): void {
    const again = client.session.retry((flow, sequence) => client.traffic.templateOf(flow, sequence), olderThan, now);
    if (again > 0) this.worker.countResent(again, now);
    client.session.flush();
  }

  private sweep(): void {
    const { worker } = this;
    const { plan } = worker;
    const retryAfterMicros = plan.publish?.retryAfterMicros;
    const now = worker.clock();
    for (const client of worker.clients) {
      const { session, state } = client;
      if (state === 'up') {
        session.checkKeepalive(now);
        if (retryAfterMicros !== undefined) this.retryPublishes(client, now - retryAfterMicros, now);
        const owed = session.oldestOwed;
        if (owed > 0 && now - Math.max(owed, session.lastRead) > plan.deadAfterMicros) {
          client.fail(words.silent(worker.dialer.where(client.number), now - Math.max(owed, session.lastRead)), true);
        }
      } else if (state === 'greeting' || state === 'subscribing') {
        const since = now - client.dialStarted;
        const packet = state === 'greeting' ? 'CONNACK' : 'SUBACK';
        if (since > plan.dialTimeoutMicros) {
          client.fail(words.noAnswer(packet, worker.dialer.where(client.number), plan.dialTimeoutMicros), true);
        }
      }
    }
  }

  private scheduleStep(): void {
    const due = this.epochMicros + (this.step + 1) * stepMicros;
    const tick = (): void => {
      if (this.stopped) return;
      this.emitStep();
      this.step++;
      this.scheduleStep();
    };
    this.stepTimer = setTimeout(tick, Math.max(0, (due - this.worker.clock()) / 1000));
  }

  /** Tells what has been counted since the step before; also in the middle of one, so that at the end nothing is missing. */
  emitStep(): void {
    const { worker } = this;
    const totals = worker.recorder.totals();
    const counts = noCounts();
    addCounts(counts, totals);
    for (const key of Object.keys(counts) as (keyof typeof counts)[]) counts[key] -= this.atLastStep[key];
    this.atLastStep = totals;
    let connectedNow = 0;
    let inFlight = 0;
    let gone = 0;
    for (const client of worker.clients) {
      if (client.isUp) connectedNow++;
      if (client.state === 'gone') gone++;
      inFlight += client.session.unacknowledged;
    }
    const { least: connectedLeast, cut } = worker.presence.take(this.step);
    this.onProgress({
      worker: worker.share.worker,
      step: this.step,
      connectedNow,
      connectedLeast,
      cut,
      everConnected: worker.everUp,
      gone,
      failed: worker.failedAttempts,
      inFlight,
      lateSends: worker.lateSends,
      counts,
      ack: worker.step.ack.toData(),
      e2e: worker.step.e2e.toData(),
      connack: worker.step.connack.toData(),
    });
    for (const histogram of Object.values(worker.step)) histogram.reset();
  }
}
