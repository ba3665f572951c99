import { type Clock, nowMicros } from '../base/clock.js';
import { Random } from '../base/numbers/random.js';
import { sumOf } from '../base/numbers/sum.js';
import { sleep } from '../base/sleep.js';
import type { ProcessorUse, ProcessUse } from '../metrics/resources.js';
import type { LoadPlan } from '../plan/plan.js';
import type { LoadProgress, LoadReport } from './contract.js';
import { Fleets } from './fleets.js';
import { loadReport } from './merge/report.js';
import { reportAsTold } from './merge/told.js';
import { type Connected, type CutOrder, type EventTime, stepMicros, type WorkerReport } from './messages.js';
import { Progress } from './progress.js';
import type { LoadState } from './prometheus.js';
import { addCounts, type Counts, noCounts } from './segment.js';
import { askUnknown, publishedBooks, untilDrained } from './settling.js';
import { orderFor, turned, withOwnAddresses } from './start-order.js';
import { type TeamOptions, WorkerTeam } from './team.js';

export interface CoordinatorOptions extends TeamOptions {
  readonly clock?: Clock;
}

const defaultWarmupClients = 30;
/** An order that waits for clients is answered this much after its deadline at the latest. */
const graceMicros = 10_000_000;

/** Which fleets a cut is of. */
export interface CutFleets {
  readonly fleets?: readonly string[] | undefined;
}

/**
 * The load of one cell, seen from the main process. In this order:
 * connectAll, startPublishing, (window | mark, happened)*, stopPublishing, drain, collect, close.
 */
export class Coordinator {
  private connectStart = 0;
  private publishStart = 0;
  private publishEnd = 0;
  private windowOpen = false;
  private drained = true;
  private warm = false;

  private constructor(
    private readonly fleets: Fleets,
    private readonly team: WorkerTeam,
    private readonly progress: Progress,
    private readonly clock: Clock,
    private readonly epochMicros: number,
  ) {}

  /**
   * Starts the worker processes and hands each its share; nothing is dialled yet.
   * @param load one plan, or one for each fleet of the cell, with names of their own (`fleet`) and one target
   */
  static async start(load: LoadPlan | readonly LoadPlan[], options: CoordinatorOptions = {}): Promise<Coordinator> {
    const clock = options.clock ?? nowMicros;
    const plans = [load].flat();
    const fleets = new Fleets(plans.map((plan, i) => withOwnAddresses(plan, plans.slice(0, i))));
    const team = WorkerTeam.spawn(fleets.plans, options, clock);
    const progress = new Progress(team.size);
    team.onProgress((event) => progress.add(event));
    team.onLost = (worker) => progress.lose(worker);
    // Not the scenario's seed: two runs against one broker must tell their messages apart.
    const run = new Random((Date.now() ^ ((plans[0]?.seed ?? 0) << 8)) | 0).below(0x1_0000);
    // Stamps hold whole microseconds: a message that is due where a window begins would be of the one before on arrival.
    const epochMicros = Math.ceil(clock());
    try {
      await team.begin((post) => ({ ...orderFor(fleets, post), run, epochMicros }));
    } catch (error) {
      await team.close(true);
      throw error;
    }
    return new Coordinator(fleets, team, progress, clock, epochMicros);
  }

  get failed(): Promise<never> {
    return this.team.failed;
  }

  /** Orders are given so long before they take effect. */
  get leadMicros(): number {
    return this.team.leadMicros;
  }

  /** Lets the plan's warm-up clients come and go. Done once; connectAll does it when nobody did before. */
  async warmUp(): Promise<void> {
    if (this.warm) return;
    this.warm = true;
    await this.team.each('warmUp', (fleet) => {
      const plan = this.fleets.plans[fleet] as LoadPlan;
      const clients = Math.min(plan.warmupClients ?? defaultWarmupClients, plan.clients);
      return clients === 0 ? undefined : { clients };
    });
  }

  /**
   * Connects (and subscribes) all clients on the plan's schedule.
   * @returns when each was up once or had failed for good; at the latest a dial timeout after the last was due
   */
  async connectAll(): Promise<Connected> {
    await this.warmUp();
    const atMicros = this.clock() + this.leadMicros;
    this.connectStart = atMicros;
    const longest = ({ clients, connectRate, dialTimeoutMicros }: LoadPlan): number =>
      (clients / connectRate) * 1e6 + 2 * dialTimeoutMicros;
    const deadlineMicros = atMicros + Math.max(...this.fleets.plans.map(longest));
    const order = { atMicros, deadlineMicros };
    const answers = await this.team.all('connect', order, deadlineMicros - this.clock() + graceMicros);
    const [up, down] = [sumOf(answers, ({ connected }) => connected), sumOf(answers, ({ failed }) => failed)];
    return { connected: up, failed: down };
  }

  /**
   * Message k is due k / rate after the time returned (monotonic microseconds), which lies shortly ahead: where a step
   * of the timeline begins, so that the steps of all cells have the same edges, counted from the traffic's begin.
   * @param lengthMicros known beforehand: what is due later is not offered, however late the order to stop comes, because
   *   this process was held up
   */
  async startPublishing(lengthMicros?: number): Promise<number> {
    const steps = Math.ceil((this.clock() + this.leadMicros - this.epochMicros) / stepMicros);
    const atMicros = this.epochMicros + steps * stepMicros;
    this.publishStart = atMicros;
    await this.team.all('startPublishing', { atMicros, lengthMicros });
    return atMicros;
  }

  /**
   * From that time on samples belong to the measure window of that name; null ends the one before. All workers cut at the
   * same instant, when they are told {@link Coordinator.leadMicros} before it. Resolves when it has passed. A name may be used again:
   * its parts add up.
   */
  async window(name: string | null, atMicros = this.clock() + this.leadMicros): Promise<number> {
    this.windowOpen = name !== null;
    await this.team.all('boundary', { name, atMicros });
    await sleep((atMicros - this.clock()) / 1000);
    return atMicros;
  }

  /**
   * Something is about to happen to the network or the fleet: notes who is on which connection. What becomes of them is
   * told for each event apart, when {@link happened} has said when it was. @param name unique
   */
  async mark(name: string): Promise<void> {
    await this.team.all('mark', { name });
  }

  async happened(name: string, when: EventTime): Promise<void> {
    await this.team.all('happened', { name, when });
  }

  /** The clients' addresses have changed: who dials from now on does so from these, client i of all from i mod n. */
  async moveTo(localAddresses: readonly string[]): Promise<void> {
    await this.team.each('moveTo', (fleet) => ({
      localAddresses: turned(localAddresses, this.fleets.all[fleet]?.firstClient ?? 0),
    }));
  }

  /**
   * Every client gives its connection up and comes back in the same moment; see {@link CutOrder}. Resolves at once.
   * @param order.fleets only those of these names; absent: all. A rate is that of all of them together
   */
  async cut({ fleets: names, ...order }: Omit<CutOrder, 'atMicros'> & CutFleets): Promise<number> {
    const atMicros = this.clock() + this.leadMicros;
    const { plans } = this.fleets;
    const isMeant = ({ fleet = '' }: LoadPlan): boolean => names?.includes(fleet) ?? true;
    const clients = sumOf(plans.filter(isMeant), (plan) => plan.clients);
    await this.team.each('cut', (fleet) => {
      const plan = plans[fleet] as LoadPlan;
      if (!isMeant(plan)) return undefined;
      const { perSecond } = order;
      return { ...order, perSecond: perSecond && (perSecond * plan.clients) / clients, atMicros };
    });
    return atMicros;
  }

  /**
   * No new work: messages due from `atMicros` on are not offered. Resolves when it has passed, so a run of a known
   * length says its end right after startPublishing, and offers exactly rate × length. Default: shortly ahead.
   */
  async stopPublishing(atMicros: number = this.clock() + this.leadMicros): Promise<number> {
    this.publishEnd = atMicros;
    await this.team.all('stopPublishing', { atMicros });
    await sleep((atMicros - this.clock()) / 1000 + 5);
    return atMicros;
  }

  /**
   * No more waiting than this: until all that was offered is written and acknowledged, and has come to every subscriber
   * that it is for.
   * @returns false when something was still missing at the end; what {@link collect} gives says what, and how old
   */
  async drain(timeoutMicros: number): Promise<boolean> {
    const { fleets, team, clock } = this;
    this.drained = await untilDrained({ fleets, team, clock }, this.publishEnd - this.publishStart, timeoutMicros);
    return this.drained;
  }

  async connectedNow(): Promise<number> {
    return sumOf(await this.team.all('standing'), ({ connected }) => connected);
  }

  /** What was offered, sent, acknowledged and received until now. */
  async totals(): Promise<Counts> {
    const sum = noCounts();
    for (const standing of await this.team.all('standing')) addCounts(sum, standing.counts);
    return sum;
  }

  async lastSentMicros(): Promise<number> {
    return Math.max(...(await this.team.all('standing')).map((standing) => standing.lastSentMicros));
  }

  /**
   * Everything measured so far, merged over all workers. Ends the window that is open.
   * @param askMicros when all numbers are taken, clients of which nothing was asked since an event are asked for an
   *   answer, and waited for no longer than this
   */
  async collect({ askMicros = 0 }: { readonly askMicros?: number } = {}): Promise<LoadReport> {
    if (this.windowOpen) await this.window(null);
    const { fleets, team, clock } = this;
    const order = { books: await publishedBooks(fleets, team) };
    const taken = await team.byWorker('collect', () => order);
    return this.reportOf(await askUnknown({ team, clock }, taken, askMicros));
  }

  /**
   * What was measured until now, of a load that is broken off: nothing more is offered, nothing that is under way is
   * waited for, and workers that have died are left out.
   * @param limitMicros for each of three questions to the workers
   * @throws what is wrong with them, when none answers; of a crew's, then what they told before
   */
  async salvage(limitMicros: number): Promise<LoadReport> {
    try {
      return await this.askWhoIsLeft(limitMicros);
    } catch (error) {
      if (this.team.isHere || this.progress.connected.count === 0) throw error;
      return reportAsTold(this.progress, this.timeline);
    }
  }

  private async askWhoIsLeft(limitMicros: number): Promise<LoadReport> {
    const atMicros = this.clock() + this.leadMicros;
    if (this.publishStart > 0 && (this.publishEnd === 0 || this.publishEnd > atMicros)) {
      this.publishEnd = atMicros;
      await this.team.living('stopPublishing', { atMicros }, limitMicros);
    }
    if (this.windowOpen) await this.team.living('boundary', { name: null, atMicros }, limitMicros);
    this.windowOpen = false;
    const millis = Math.max(0, (atMicros - this.clock()) / 1000 + 5);
    await new Promise((resolve) => setTimeout(resolve, millis)); // keeps the process alive: no worker may be left that does
    const { publishes, subscribes } = this.fleets;
    const books = publishes && subscribes ? await this.team.living('books', undefined, limitMicros) : [];
    return this.reportOf(await this.team.living('collect', { books }, limitMicros));
  }

  private reportOf(reports: readonly WorkerReport[]): LoadReport {
    return loadReport({
      plans: this.fleets.plans,
      reports,
      connectStart: this.connectStart,
      publishStart: this.publishStart,
      publishEnd: this.publishEnd > 0 ? this.publishEnd : this.clock(),
      drained: this.drained,
      timeline: this.timeline,
    });
  }

  private get timeline(): LoadReport['timeline'] {
    return {
      ...this.progress.timeline(),
      trafficFromMicros: this.publishStart > 0 ? this.publishStart - this.epochMicros : undefined,
    };
  }

  /** Resources of each worker process now, after a garbage collection where `--expose-gc` was given. */
  use(): Promise<ProcessUse[]> {
    return this.team.all('use');
  }

  /** The same without what they hold now, which costs no pause. */
  processorUse(): Promise<ProcessorUse[]> {
    return this.team.processorUse();
  }

  /** What is known while it runs, at most half a second old; for an exporter of metrics. */
  get state(): LoadState {
    return this.progress;
  }

  onProgress(listener: (progress: LoadProgress) => void): void {
    this.progress.listener = listener;
  }

  /** Ends all connections (with DISCONNECT unless `abort`) and the workers. Idempotent. @throws as {@link WorkerTeam.close} */
  close(options: { readonly abort?: boolean } = {}): Promise<void> {
    return this.team.close(options.abort !== true);
  }
}
