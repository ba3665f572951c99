import { type ProcessorUse, processorUse } from '../../metrics/resources.js';
import type { VirtualClient } from '../client/client.js';
import type { CutOrder, ProgressEvent } from '../messages.js';
import { Churn } from '../pace/executors/churn.js';
import { ClosedLoop } from '../pace/executors/closed-loop.js';
import { Connects } from '../pace/executors/connects.js';
import { Cuts } from '../pace/executors/cuts.js';
import type { Executor } from '../pace/executors/executor.js';
import { OpenLoop } from '../pace/executors/open-loop.js';
import { FineTimer } from '../pace/fine-timer.js';
import type { FineWait } from '../pace/fine-wait.js';
import { ShareCursor } from '../pace/split.js';
import { Turns } from '../pace/turns.js';
import { PhaseWatch } from './phase-watch.js';
import { Steps } from './steps.js';
import { sweep, sweepMillis } from './upkeep.js';
import type { Worker } from './worker.js';

/** At high rates what is due within this time goes out together: waking for each message alone would cost more than sending it. */
const shortestSleepMicros = 250;
/** Connections that do not close within this time after DISCONNECT are left to the end of the process. */
const longestGoodbyeMillis = 1000;

/**
 * The loop of a worker: asks its executors what is due and when to look again, and sees to every client ten times a
 * second.
 */
export class Loop {
  /** What this process did to its own numbers. */
  readonly watch: PhaseWatch;
  private executors: Executor[] = [];
  private publisher: Executor | undefined;
  private readonly steps: Steps;
  private readonly timer: FineTimer;
  private readonly timers: NodeJS.Timeout[] = [];
  /** Clients that dial again, some at a time. */
  private readonly returning: Turns<VirtualClient>;
  private stopped = false;

  constructor(
    private readonly worker: Worker,
    epochMicros: number,
    onProgress: (event: ProgressEvent) => void,
    wait: FineWait | undefined,
    use: () => ProcessorUse = processorUse,
  ) {
    const { clock, plan } = worker;
    this.watch = new PhaseWatch(clock, use, (late, due) => worker.noteLoopDelay(late, due));
    this.steps = new Steps(worker, epochMicros, onProgress);
    this.timer = new FineTimer(clock, wait, this.wake);
    this.returning = new Turns(clock, (client) => {
      if (!this.stopped && client.state === 'waiting') this.dial(client);
    });
    this.timers.push(setInterval(() => sweep(worker), sweepMillis));
    worker.redial = (client, due) => this.redial(client, due);
    if (plan.churn !== undefined) this.churn(new Churn(plan.churn, clock, worker.redial));
  }

  /** Client i is due at `startMicros` + i / connectRate. */
  connect(startMicros: number): void {
    const { worker } = this;
    this.watch.begin('connecting');
    const dial = (local: number, due: number): void => {
      const client = worker.clients[local] as VirtualClient;
      client.connectDue = due;
      this.dial(client);
      worker.segment(due).record('connect.late', client.dialStarted - due);
    };
    this.add(new Connects(worker.plan, worker.share, startMicros, dial));
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
    const { plan, publishing } = worker;
    this.watch.begin('traffic');
    publishing.start = startMicros;
    // Where nothing is ever due, no silence is one.
    if (plan.publish !== undefined || worker.anyRun) publishing.silenceFrom = startMicros;
    publishing.isOn = !publishing.isClosedLoop;
    this.publisher = publisherOf(worker, startMicros);
    if (this.publisher === undefined) return;
    this.publisher.stop(startMicros + lengthMicros);
    this.add(this.publisher);
  }

  /** Messages due at `endMicros` or later are not offered any more. */
  stopPublishing(endMicros: number): void {
    const { worker } = this;
    this.publisher?.stop(endMicros);
    worker.recorder.split(endMicros, worker.clock());
    const finish = (): void => {
      this.publisher?.run(endMicros);
      if (!worker.publishing.isOn) return;
      this.watch.begin('drain');
      worker.closeSilences(endMicros);
      worker.publishing.isOn = false;
    };
    // Not before the end: a timer may come up to a millisecond early, and what is not due yet must not go out.
    this.timers.push(setTimeout(finish, Math.max(0, Math.ceil((endMicros - worker.clock()) / 1000) + 1)));
  }

  /** Client i gives its connection up at `atMicros` + i / perSecond (without a rate: all at once) and comes back. */
  cut(order: CutOrder): void {
    const { plan, share } = this.worker;
    const cursor = new ShareCursor(plan.clients, share);
    this.add(new Cuts(this.worker, cursor, plan.clients, order, (client) => this.returning.add(client)));
  }

  /** The counts until now; see {@link Steps}. */
  emitStep(): void {
    this.steps.emit();
  }

  /** No new work and no more waiting: drops every connection. @param politely with DISCONNECT */
  async stop(politely: boolean): Promise<void> {
    this.stopped = true;
    this.timer.clear();
    this.steps.stop();
    for (const executor of this.executors) executor.stop(0);
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
    const patience = new Promise((resolve) => setTimeout(resolve, longestGoodbyeMillis).unref());
    await Promise.race([Promise.all(closing), patience]);
  }

  private add(executor: Executor): void {
    const isLeft = (one: Executor): boolean => !(one instanceof Cuts) || one.next() < Number.POSITIVE_INFINITY;
    this.executors = [...this.executors.filter(isLeft), executor];
    this.wake();
  }

  private churn(churn: Churn): void {
    this.executors.push(churn);
    this.worker.whenUp = (client) => {
      churn.arrived(client);
      this.rearm(this.worker.clock());
    };
  }

  /** Dials again at a time; to the millisecond, which is what a retry needs. */
  private redial(client: VirtualClient, due: number): void {
    setTimeout(() => this.returning.add(client), Math.max(0, (due - this.worker.clock()) / 1000)).unref();
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
        if (!this.stopped) client.onAttemptFailed(worker.words.describe(error, client));
      },
    );
  }

  /** Does what is due and sets the timer for what is next. */
  private readonly wake = (): void => {
    if (this.stopped) return;
    const now = this.worker.clock();
    for (const executor of this.executors) executor.run(now);
    this.rearm(now);
  };

  private rearm(now: number): void {
    if (this.stopped) return;
    let next = Number.POSITIVE_INFINITY;
    for (const executor of this.executors) next = Math.min(next, executor.next());
    this.timer.set(Math.max(next, now + shortestSleepMicros));
  }
}

function publisherOf(worker: Worker, startMicros: number): Executor | undefined {
  const { isClosedLoop, timetable } = worker.publishing;
  if (isClosedLoop) return new ClosedLoop(worker, startMicros);
  return timetable && new OpenLoop(worker, timetable.queue(worker.share), startMicros);
}
