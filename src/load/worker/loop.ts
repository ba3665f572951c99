import { sleep } from '../../base/sleep.js';
import { type ProcessorUse, processorUse } from '../../metrics/resources.js';
import type { VirtualClient } from '../client/client.js';
import type { CutOrder, ProgressEvent } from '../messages.js';
import { Churn } from '../pace/executors/churn.js';
import { ClosedLoop } from '../pace/executors/closed-loop.js';
import { cuts } from '../pace/executors/cuts.js';
import type { Executor } from '../pace/executors/executor.js';
import { OneByOne } from '../pace/executors/one-by-one.js';
import { OpenLoop } from '../pace/executors/open-loop.js';
import { Population } from '../pace/executors/population.js';
import { FineTimer, quietTurns } from '../pace/fine-timer.js';
import type { FineWait } from '../pace/fine-wait.js';
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
  private stopped = false;

  constructor(
    private readonly worker: Worker,
    epochMicros: number,
    onProgress: (event: ProgressEvent) => void,
    wait: FineWait | undefined,
    use: () => ProcessorUse = processorUse,
  ) {
    const { clock, plan, books } = worker;
    this.watch = new PhaseWatch(clock, use, (late, due) => books.noteLoopDelay(late, due));
    this.steps = new Steps(worker, epochMicros, onProgress);
    const turns = plan.target.transport === 'quic' ? quietTurns.quic : quietTurns.others;
    this.timer = new FineTimer(clock, wait, this.wake, turns);
    this.timers.push(setInterval(() => sweep(worker), sweepMillis));
    if (plan.churn === undefined) return;
    const churn = new Churn(plan.churn, clock, (client, due) => worker.redial(client, due));
    this.executors.push(churn);
    worker.onUp((client) => {
      churn.arrived(client);
      this.rearm(clock());
    });
  }

  connect(startMicros: number): void {
    const { clients, plan, share } = this.worker;
    this.watch.begin('connecting');
    if (plan.clientStages !== undefined) return; // they come during the traffic
    const connect = (local: number, due: number): void => (clients[local] as VirtualClient).connect(due);
    this.add(new OneByOne(plan.clients, share, startMicros, plan.connectRate, connect));
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
    for (const publishing of worker.publishings) publishing.begin(startMicros);
    this.comeAndGo(startMicros, lengthMicros);
    this.publisher = publisherOf(worker, startMicros);
    if (this.publisher === undefined) return;
    this.publisher.stop(startMicros + lengthMicros);
    this.add(this.publisher);
  }

  /** Clients come and go, where they do so in stages. */
  private comeAndGo(startMicros: number, lengthMicros: number): void {
    const { worker } = this;
    const { clientStages } = worker.plan;
    if (clientStages === undefined) return;
    const population = new Population(worker, clientStages, startMicros);
    population.stop(startMicros + lengthMicros);
    worker.onUp((client) => population.arrived(client));
    this.add(population);
  }

  /** Messages due at `endMicros` or later are not offered any more. */
  stopPublishing(endMicros: number): void {
    const { clock, books, publishing, clients } = this.worker;
    this.publisher?.stop(endMicros);
    books.recorder.split(endMicros, clock());
    const finish = (): void => {
      this.publisher?.run(endMicros);
      if (!publishing.isOn) return;
      this.watch.begin('drain');
      for (const client of clients) client.closeSilence(endMicros);
      publishing.end();
    };
    // Not before the end: a timer may come up to a millisecond early, and what is not due yet must not go out.
    this.timers.push(setTimeout(finish, Math.max(0, Math.ceil((endMicros - clock()) / 1000) + 1)));
  }

  cut(order: CutOrder): void {
    this.add(cuts(this.worker, order));
  }

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
    const closing = Promise.all(this.worker.clients.map((client) => client.close(politely)));
    await Promise.race([closing, sleep(longestGoodbyeMillis)]);
  }

  private add(executor: Executor): void {
    this.executors = [...this.executors.filter(({ isOver }) => !isOver), executor];
    this.wake();
  }

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
