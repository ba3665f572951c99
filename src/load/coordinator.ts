import { cpus } from 'node:os';
import { type Clock, nowMicros } from '../base/clock.js';
import { codeOf, MqbenchError } from '../base/errors.js';
import { entryPath, type Spawn, spawnHere } from '../base/process/child.js';
import { RoleHandle } from '../base/process/role.js';
import { Random } from '../base/random.js';
import type { ProcessorUse, ProcessUse } from '../metrics/resources.js';
import type { LoadPlan } from '../plan/plan.js';
import { mergeTickets } from '../transport/tickets.js';
import type { LoadProgress, LoadReport } from './contract.js';
import { HookStall } from './hook/stall.js';
import { expectedDeliveries } from './merge/ledger.js';
import { loadReport } from './merge/report.js';
import {
  type CollectOrder,
  type Connected,
  type CutOrder,
  type EventReport,
  type EventTime,
  type FatalEvent,
  type ProgressEvent,
  type PublishedBooks,
  type Standing,
  type StartOrder,
  stepMicros,
  type WorkerReport,
} from './messages.js';
import { timetableOf } from './pace/agenda.js';
import { publishSchedule } from './pace/schedule.js';
import { planFor } from './pace/split.js';
import { Progress } from './progress.js';
import type { LoadState } from './prometheus.js';
import { addCounts, type Counts, noCounts } from './segment.js';

export interface CoordinatorOptions {
  /** Worker processes; default one per core less one, at least 1, at most one per client. */
  readonly workers?: number;
  /** Where they run: on this host, or in the lab's client namespace. */
  readonly spawn?: Spawn;
  readonly clock?: Clock;
  /** Options of Node for the workers, e.g. `--expose-gc`. */
  readonly execArgv?: readonly string[];
}

/** Orders are given this long before they take effect, so that every worker has them in time. */
const leadMicros = 40_000;
const defaultWarmupClients = 30;
/** An order that waits for clients is answered this much after its deadline at the latest. */
const graceMicros = 10_000_000;

/**
 * The load of one cell, seen from the main process. In this order:
 * connectAll, startPublishing, (window | mark, happened)*, stopPublishing, drain, collect, close.
 */
export class Coordinator {
  private readonly progress: Progress;
  private connectStart = 0;
  private publishStart = 0;
  private publishEnd = 0;
  private windowOpen = false;
  private drained = true;
  private warm = false;
  private closed = false;
  /** Rejects when a worker process ends by itself, or a hook does not come back. */
  readonly failed: Promise<never>;
  private readonly stall: HookStall | undefined;

  private constructor(
    private readonly plan: LoadPlan,
    private readonly workers: readonly RoleHandle[],
    private readonly clock: Clock,
    private readonly epochMicros: number,
  ) {
    this.progress = new Progress(workers.length);
    this.stall = HookStall.of(plan, workers, clock);
    for (const worker of workers) {
      worker.on<ProgressEvent>('progress', (event) => {
        this.stall?.heard(event.worker);
        this.progress.add(event);
      });
    }
    const fatal = workers.map(
      (worker) =>
        new Promise<never>((_, reject) => {
          worker.on<FatalEvent>('fatal', ({ code, message, ...details }) =>
            reject(new MqbenchError(code, message, details)),
          );
        }),
    );
    const stalled = this.stall === undefined ? [] : [this.stall.failed];
    this.failed = Promise.race([...fatal, ...stalled, ...workers.map((worker) => worker.failed)]);
    this.failed.catch(() => {}); // seen by whoever races against it
  }

  /** Starts the worker processes and hands each its share; nothing is dialled yet. */
  static async start(plan: LoadPlan, options: CoordinatorOptions = {}): Promise<Coordinator> {
    const clock = options.clock ?? nowMicros;
    const asked = options.workers ?? Math.max(1, cpus().length - 1);
    const count = Math.max(1, Math.min(asked, plan.clients));
    const entry = entryPath(import.meta.url, './worker/entry.js');
    const workers: RoleHandle[] = [];
    for (let i = 0; i < count; i++) {
      workers.push(RoleHandle.start(`load worker ${i + 1}`, entry, options.spawn ?? spawnHere, options.execArgv));
    }
    // Not the scenario's seed: two runs against one broker must tell their messages apart.
    const run = new Random((Date.now() ^ (plan.seed << 8)) | 0).below(0x1_0000);
    const epochMicros = clock();
    const coordinator = new Coordinator(plan, workers, clock, epochMicros);
    try {
      const started = coordinator.all((worker) => {
        const share = { worker, workers: count };
        const order: StartOrder = { plan: planFor(plan, share), share, run, epochMicros };
        return ['start', order];
      });
      await Promise.race([started, ...(coordinator.stall === undefined ? [] : [coordinator.failed])]);
    } catch (error) {
      await coordinator.close();
      throw error;
    }
    return coordinator;
  }

  /** Lets the plan's warm-up clients come and go. Done once; connectAll does it when nobody did before. */
  async warmUp(): Promise<void> {
    const { plan } = this;
    const clients = Math.min(plan.warmupClients ?? defaultWarmupClients, plan.clients);
    if (this.warm || clients === 0) return;
    this.warm = true;
    await this.all(() => ['warmUp', { clients }]);
  }

  /**
   * Connects (and subscribes) all clients on the plan's schedule.
   * @returns when each was up once or had failed for good; at the latest a dial timeout after the last was due
   */
  async connectAll(): Promise<Connected> {
    const { plan } = this;
    await this.warmUp();
    const atMicros = this.clock() + leadMicros;
    this.connectStart = atMicros;
    const deadlineMicros = atMicros + (plan.clients / plan.connectRate) * 1e6 + 2 * plan.dialTimeoutMicros;
    const order = { atMicros, deadlineMicros };
    const answers = await this.all<Connected>(() => ['connect', order], deadlineMicros - this.clock() + graceMicros);
    return {
      connected: answers.reduce((sum, answer) => sum + answer.connected, 0),
      failed: answers.reduce((sum, answer) => sum + answer.failed, 0),
    };
  }

  /**
   * Message k is due k / rate after the time returned (monotonic microseconds), which lies shortly ahead: where a step
   * of the timeline begins, so that the steps of all cells have the same edges, counted from the traffic's begin.
   * @param lengthMicros known beforehand: what is due later is not offered, however late the order to stop comes, because
   *   this process was held up
   */
  async startPublishing(lengthMicros?: number): Promise<number> {
    const steps = Math.ceil((this.clock() + leadMicros - this.epochMicros) / stepMicros);
    const atMicros = this.epochMicros + steps * stepMicros;
    this.publishStart = atMicros;
    await this.all(() => ['startPublishing', { atMicros, lengthMicros }]);
    return atMicros;
  }

  /**
   * From the time returned on, samples belong to the measure window of that name; null ends the one before.
   * All workers cut at the same instant. Resolves when it has passed. A name may be used again: its parts add up.
   */
  async window(name: string | null): Promise<number> {
    const atMicros = this.clock() + leadMicros;
    this.windowOpen = name !== null;
    await this.all(() => ['boundary', { name, atMicros }]);
    await sleep((atMicros - this.clock()) / 1000);
    return atMicros;
  }

  /**
   * Something is about to happen to the network or the fleet: notes who is on which connection. What becomes of them is
   * told for each event apart, when {@link happened} has said when it was. @param name unique
   */
  async mark(name: string): Promise<void> {
    await this.all(() => ['mark', { name }]);
  }

  /** The event marked before happened, and when. */
  async happened(name: string, when: EventTime): Promise<void> {
    await this.all(() => ['happened', { name, when }]);
  }

  /** The clients' addresses have changed: who dials from now on does so from these, client i from i mod n. */
  async moveTo(localAddresses: readonly string[]): Promise<void> {
    await this.all(() => ['moveTo', { localAddresses }]);
  }

  /** Every client gives its connection up and comes back in the same moment; see {@link CutOrder}. Resolves at once. */
  async cut(order: Omit<CutOrder, 'atMicros'>): Promise<number> {
    const atMicros = this.clock() + leadMicros;
    await this.all(() => ['cut', { ...order, atMicros }]);
    return atMicros;
  }

  /**
   * No new work: messages due from `atMicros` on are not offered. Resolves when it has passed, so a run of a known
   * length says its end right after startPublishing, and offers exactly rate × length. Default: shortly ahead.
   */
  async stopPublishing(atMicros: number = this.clock() + leadMicros): Promise<number> {
    this.publishEnd = atMicros;
    await this.all(() => ['stopPublishing', { atMicros }]);
    await sleep((atMicros - this.clock()) / 1000 + 5);
    return atMicros;
  }

  /**
   * No more waiting than this: until all that was offered is written and acknowledged, and has come to every subscriber
   * that it is for.
   * @returns false when something was still missing at the end; what {@link collect} gives says what, and how old
   */
  async drain(timeoutMicros: number): Promise<boolean> {
    this.drained = await this.waitUntilDrained(timeoutMicros);
    return this.drained;
  }

  private async waitUntilDrained(timeoutMicros: number): Promise<boolean> {
    const end = this.clock() + timeoutMicros;
    const times = timetableOf(this.plan) ?? publishSchedule(this.plan);
    const scheduled = times?.countBefore(this.publishEnd - this.publishStart) ?? 0;
    let expected: number | undefined;
    for (;;) {
      const standings = await this.all<Standing>(() => ['standing', null]);
      const sum = (of: (standing: Standing) => number): number => standings.reduce((n, s) => n + of(s), 0);
      const written = sum((s) => s.counts.offered) >= scheduled && sum((s) => s.inFlight + s.waiting) === 0;
      if (written) expected ??= expectedDeliveries(this.plan, await this.books());
      if (expected !== undefined && sum((s) => s.counts.received) >= expected) return true;
      const left = (end - this.clock()) / 1000;
      if (left <= 0) return false;
      await sleep(Math.min(50, left));
    }
  }

  /** Clients that are up at this moment. */
  async connectedNow(): Promise<number> {
    const standings = await this.all<Standing>(() => ['standing', null]);
    return standings.reduce((sum, standing) => sum + standing.connected, 0);
  }

  /** What was offered, sent, acknowledged and received until now. */
  async totals(): Promise<Counts> {
    const sum = noCounts();
    for (const standing of await this.all<Standing>(() => ['standing', null])) addCounts(sum, standing.counts);
    return sum;
  }

  /** When the last message of a closed loop was written; 0: none was. */
  async lastSentMicros(): Promise<number> {
    const standings = await this.all<Standing>(() => ['standing', null]);
    return Math.max(...standings.map((standing) => standing.lastSentMicros));
  }

  /**
   * Everything measured so far, merged over all workers. Ends the window that is open.
   * @param askMicros when all numbers are taken, clients of which nothing was asked since an event are asked for an
   *   answer, and waited for no longer than this
   */
  async collect({ askMicros = 0 }: { readonly askMicros?: number } = {}): Promise<LoadReport> {
    if (this.windowOpen) await this.window(null);
    const order: CollectOrder = { books: await this.books() };
    const taken = await this.all<WorkerReport>(() => ['collect', order]);
    return this.reportOf(askMicros > 0 ? await this.askUnknown(taken, askMicros) : taken);
  }

  /**
   * What was measured until now, of a load that is broken off: nothing more is offered, nothing that is under way is
   * waited for, and workers that have died are left out.
   * @param limitMicros for each of three questions to the workers
   * @throws what is wrong with them, when none answers
   */
  async salvage(limitMicros: number): Promise<LoadReport> {
    const ask = <T>(method: string, params: unknown) => this.living<T>(method, params, limitMicros);
    const atMicros = this.clock() + leadMicros;
    if (this.publishStart > 0 && (this.publishEnd === 0 || this.publishEnd > atMicros)) {
      this.publishEnd = atMicros;
      await ask('stopPublishing', { atMicros });
    }
    if (this.windowOpen) await ask('boundary', { name: null, atMicros });
    this.windowOpen = false;
    const millis = Math.max(0, (atMicros - this.clock()) / 1000 + 5);
    await new Promise((resolve) => setTimeout(resolve, millis)); // keeps the process alive: no worker may be left that does
    const { publish, subscribe } = this.plan;
    const books = publish && subscribe ? await ask<PublishedBooks>('books', null) : [];
    return this.reportOf(await ask<WorkerReport>('collect', { books } satisfies CollectOrder));
  }

  private reportOf(reports: readonly WorkerReport[]): LoadReport {
    return loadReport({
      plan: this.plan,
      reports,
      epochMicros: this.epochMicros,
      connectStart: this.connectStart,
      publishStart: this.publishStart,
      publishEnd: this.publishEnd > 0 ? this.publishEnd : this.clock(),
      drained: this.drained,
      timeline: {
        ...this.progress.timeline(),
        trafficFromMicros: this.publishStart > 0 ? this.publishStart - this.epochMicros : undefined,
      },
    });
  }

  private async askUnknown(reports: readonly WorkerReport[], askMicros: number): Promise<readonly WorkerReport[]> {
    if (!reports.some(({ events }) => events.some(({ outcome }) => outcome.unknown > 0))) return reports;
    const end = this.clock() + askMicros;
    await this.all(() => ['ask', null]);
    for (;;) {
      const answers = await this.all<readonly EventReport[]>(() => ['outcomes', null]);
      const awaited = answers.some((events) => events.some(({ outcome }) => outcome.awaited > 0));
      if (!awaited || this.clock() >= end) return reports.map((report, i) => withOutcomes(report, answers[i] ?? []));
      await sleep(50);
    }
  }

  /** Only where somebody subscribes to it does anybody want to know. */
  private async books(): Promise<PublishedBooks[]> {
    const { publish, subscribe } = this.plan;
    if (publish === undefined || subscribe === undefined) return [];
    return this.all<PublishedBooks>(() => ['books', null]);
  }

  /** Resources of each worker process now, after a garbage collection where `--expose-gc` was given. */
  use(): Promise<ProcessUse[]> {
    return this.all<ProcessUse>(() => ['use', null]);
  }

  /** The same without what they hold now, which costs no pause. */
  processorUse(): Promise<ProcessorUse[]> {
    return this.all<ProcessorUse>(() => ['processorUse', null]);
  }

  /** What is known while it runs, at most half a second old; for an exporter of metrics. */
  get state(): LoadState {
    return this.progress;
  }

  /** Called about twice a second. */
  onProgress(listener: (progress: LoadProgress) => void): void {
    this.progress.listener = listener;
  }

  /**
   * Ends all connections (with DISCONNECT unless `abort`) and the workers. Idempotent.
   * @throws MQB_TICKETS when the plan's file of tickets cannot be written
   */
  async close(options: { readonly abort?: boolean } = {}): Promise<void> {
    const politely = options.abort !== true;
    await this.all(() => ['stop', { politely }], 5e6).catch(() => []); // a worker that died needs no good-bye
    const saved = this.closed ? [] : await this.saveTickets();
    this.closed = true;
    this.stall?.close();
    await Promise.all(this.workers.map((worker) => worker.end()));
    const { ticketsFile } = this.plan.target;
    if (ticketsFile !== undefined) mergeTickets(ticketsFile, this.ticketParts(ticketsFile));
    for (const error of saved) if (codeOf(error) === 'MQB_TICKETS') throw error;
  }

  /** Every worker writes its share. @returns what went wrong; a worker that died is reported elsewhere */
  private async saveTickets(): Promise<unknown[]> {
    const { ticketsFile } = this.plan.target;
    if (ticketsFile === undefined) return [];
    const parts = this.ticketParts(ticketsFile);
    const calls = this.workers.map((worker, i) => worker.call('saveTickets', { file: parts[i] }, 20_000));
    const outcomes = await Promise.allSettled(calls);
    return outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []));
  }

  private ticketParts(file: string): string[] {
    return this.workers.map((_, worker) => `${file}.worker-${worker}`);
  }

  /** The answers of those that give one. */
  private async living<T>(method: string, params: unknown, limitMicros: number): Promise<T[]> {
    const calls = this.workers.map((worker) => worker.call<T>(method, params, limitMicros / 1000));
    const outcomes = await Promise.allSettled(calls);
    const answers = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
    if (answers.length === 0) await Promise.all(calls);
    return answers;
  }

  private all<T>(order: (worker: number) => [method: string, params: unknown], timeoutMicros = 60e6): Promise<T[]> {
    return Promise.all(
      this.workers.map((worker, index) => {
        const [method, params] = order(index);
        return worker.call<T>(method, params, timeoutMicros / 1000);
      }),
    );
  }
}

/** The outcomes of later, with the numbers that were taken before anybody was asked. */
function withOutcomes(report: WorkerReport, later: readonly EventReport[]): WorkerReport {
  const outcomeOf = ({ name, outcome }: EventReport) => later.find((one) => one.name === name)?.outcome ?? outcome;
  return { ...report, events: report.events.map((event) => ({ ...event, outcome: outcomeOf(event) })) };
}

/** Does not keep the process alive by itself (the workers do): an interrupted run must not wait for its planned end. */
function sleep(millis: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, Math.max(0, millis)).unref());
}
