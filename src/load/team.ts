import { cpus } from 'node:os';
import type { Clock } from '../base/clock.js';
import { codeOf, MqbenchError } from '../base/errors.js';
import { entryPath, type Spawn, spawnHere } from '../base/process/child.js';
import { type Role, RoleHandle } from '../base/process/role.js';
import type { ProcessorUse } from '../metrics/resources.js';
import type { LoadPlan } from '../plan/plan.js';
import { mergeTickets } from '../transport/tickets.js';
import type { Crew } from './crew.js';
import { HookStall } from './hook/stall.js';
import { type FatalEvent, leadMicros, type ProgressEvent, type StartOrder } from './messages.js';
import { type Share, workersOf } from './pace/split.js';
import type { WorkerOrders } from './worker/entry.js';

export interface TeamOptions {
  /** Worker processes; default one per core less one, at least 1, at most one per client. */
  readonly workers?: number;
  /** Where they run: on this host, or in the lab's client namespace. */
  readonly spawn?: Spawn;
  /** Options of Node for the workers, e.g. `--expose-gc`. */
  readonly execArgv?: readonly string[];
  /** Of other machines, instead of worker processes of this one. */
  readonly crew?: Crew | undefined;
}

type Order<K extends keyof WorkerOrders> = Parameters<WorkerOrders[K]>[0];
export type Answer<K extends keyof WorkerOrders> = Awaited<ReturnType<WorkerOrders[K]>>;

const nothingUsed: ProcessorUse = { cpuUserMicros: 0, cpuSystemMicros: 0, peakRssBytes: 0, contextSwitches: 0 };

/** Which clients a worker has: its share of those of one of the cell's fleets. */
export interface Post {
  readonly fleet: number;
  readonly share: Share;
}

/** The worker processes of one load: every order goes to all of them, and every answer comes from each. */
export class WorkerTeam {
  /** Rejects when a worker process ends by itself, or a hook does not come back. */
  readonly failed: Promise<never>;
  private readonly stalls: readonly HookStall[];
  /** Numbers of workers that the load goes on without. */
  private readonly lost = new Set<number>();
  private closed = false;
  private used: readonly ProcessorUse[] = [];

  private constructor(
    private readonly plans: readonly LoadPlan[],
    private readonly workers: readonly Role[],
    private readonly posts: readonly Post[],
    clock: Clock,
    /** Orders are given so long before they take effect. */
    readonly leadMicros: number,
    /** Its processes are this machine's. */
    readonly isHere: boolean,
  ) {
    this.stalls = plans.flatMap((plan, fleet) => HookStall.of(plan, this.of(fleet, workers), clock) ?? []);
    const fatal = workers.map(
      (worker) =>
        new Promise<never>((_, reject) => {
          worker.on<FatalEvent>('fatal', ({ code, message, ...details }) =>
            reject(new MqbenchError(code, message, details)),
          );
        }),
    );
    const stalled = this.stalls.map(({ failed }) => failed);
    this.failed = Promise.race([...fatal, ...stalled, ...workers.map((worker) => worker.failed)]);
    this.failed.catch(() => {}); // seen by whoever races against it
  }

  /** Starts the processes; none has anything to do yet. */
  static spawn(plans: readonly LoadPlan[], options: TeamOptions, clock: Clock): WorkerTeam {
    const { crew } = options;
    const asked = crew?.size ?? options.workers ?? Math.max(1, cpus().length - 1);
    const posts = workersOf(plans, asked).flatMap((workers, fleet) =>
      Array.from({ length: workers }, (_, worker): Post => ({ fleet, share: { worker, workers } })),
    );
    if (crew === undefined) {
      const workers = posts.map((_, i) => startWorker(i, options.spawn, options.execArgv));
      return new WorkerTeam(plans, workers, posts, clock, leadMicros, true);
    }
    const team = new WorkerTeam(plans, crew.staff(posts.length), posts, clock, crew.leadMicros, false);
    crew.onLost((workers) => team.lose(workers));
    return team;
  }

  get size(): number {
    return this.workers.length;
  }

  /** Called with the number of each worker that the load goes on without. */
  onLost: (worker: number) => void = () => {};

  private lose(workers: readonly number[]): void {
    for (const worker of workers) {
      this.lost.add(worker);
      this.onLost(worker);
    }
  }

  /** How many workers the load goes on without. */
  get lostWorkers(): number {
    return this.lost.size;
  }

  /** Called with what each worker tells of every step that is over. */
  onProgress(listener: (event: ProgressEvent) => void): void {
    for (const [i, worker] of this.workers.entries()) {
      worker.on<ProgressEvent>('progress', (event) => {
        for (const stall of this.stalls) stall.heard(worker);
        // A worker knows its place in its fleet only.
        listener({ ...event, worker: i });
      });
    }
  }

  /** Gives each its order to start. Rejects when one of them has none, or when a hook hangs in one. */
  begin(order: (post: Post) => StartOrder): Promise<unknown> {
    const started = Promise.all(this.workers.map((worker, i) => worker.call('start', order(this.posts[i] as Post))));
    return Promise.race([started, ...(this.stalls.length === 0 ? [] : [this.failed])]);
  }

  /** Of a list that has something of each worker, what is of a fleet's. */
  of<T>(fleet: number, list: readonly T[]): T[] {
    return list.filter((_, i) => this.posts[i]?.fleet === fleet);
  }

  /** The answers of all, without those of workers that the load goes on without. */
  async all<K extends keyof WorkerOrders>(method: K, order?: Order<K>, timeoutMicros = 60e6): Promise<Answer<K>[]> {
    const answers = await this.byWorker(method, () => order, timeoutMicros);
    return answers.flatMap((answer) => (answer === undefined ? [] : [answer.of]));
  }

  /** The same in the order of the workers; undefined for those that the load goes on without. */
  byWorker<K extends keyof WorkerOrders>(
    method: K,
    order: (post: Post) => Order<K> | undefined,
    timeoutMicros = 60e6,
  ): Promise<({ readonly of: Answer<K> } | undefined)[]> {
    const ask = async (worker: Role, i: number): Promise<{ readonly of: Answer<K> } | undefined> => {
      if (this.lost.has(i)) return undefined;
      try {
        return { of: await worker.call<Answer<K>>(method, order(this.posts[i] as Post), timeoutMicros / 1000) };
      } catch (error) {
        if (this.lost.has(i)) return undefined;
        throw error;
      }
    };
    return Promise.all(this.workers.map(ask));
  }

  /** In the order of the workers; of those that are lost as it was known last: what they have used is used. */
  async processorUse(): Promise<ProcessorUse[]> {
    const answers = await this.byWorker('processorUse', () => undefined);
    this.used = answers.map((answer, i) => answer?.of ?? this.used[i] ?? nothingUsed);
    return [...this.used];
  }

  /** An order to each that depends on its fleet; undefined: it gets none. */
  async each<K extends keyof WorkerOrders>(method: K, order: (fleet: number) => Order<K> | undefined): Promise<void> {
    const calls = this.workers.map(async (worker, i) => {
      const own = order((this.posts[i] as Post).fleet);
      if (own === undefined || this.lost.has(i)) return;
      await worker.call<Answer<K>>(method, own, 60_000).catch((error) => {
        if (!this.lost.has(i)) throw error;
      });
    });
    await Promise.all(calls);
  }

  /** The answers of those that give one. @throws what is wrong with them, when none does */
  async living<K extends keyof WorkerOrders>(
    method: K,
    order: Order<K> | undefined,
    limitMicros: number,
  ): Promise<Answer<K>[]> {
    const calls = this.workers.map((worker) => worker.call<Answer<K>>(method, order, limitMicros / 1000));
    const outcomes = await Promise.allSettled(calls);
    const answers = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
    if (answers.length === 0) await Promise.all(calls);
    return answers;
  }

  /**
   * Ends all connections (with DISCONNECT if `politely`) and the workers. Idempotent.
   * @throws MQB_TICKETS when the plan's file of tickets cannot be written
   */
  async close(politely: boolean): Promise<void> {
    await this.all('stop', { politely }, 5e6).catch(() => []); // a worker that died needs no good-bye
    const saved = this.closed ? [] : await this.saveTickets();
    this.closed = true;
    for (const stall of this.stalls) stall.close();
    await Promise.all(this.workers.map((worker) => worker.end()));
    const { ticketsFile } = this;
    if (ticketsFile !== undefined) mergeTickets(ticketsFile, this.ticketParts(ticketsFile));
    for (const error of saved) if (codeOf(error) === 'MQB_TICKETS') throw error;
  }

  /** Every worker writes its share. @returns what went wrong; a worker that died is reported elsewhere */
  private async saveTickets(): Promise<unknown[]> {
    const { ticketsFile } = this;
    if (ticketsFile === undefined) return [];
    const parts = this.ticketParts(ticketsFile);
    const calls = this.workers.map((worker, i) => worker.call('saveTickets', { file: parts[i] }, 20_000));
    const outcomes = await Promise.allSettled(calls);
    return outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []));
  }

  /** All fleets have one target. */
  private get ticketsFile(): string | undefined {
    return this.plans[0]?.target.ticketsFile;
  }

  private ticketParts(file: string): string[] {
    return this.workers.map((_, worker) => `${file}.worker-${worker}`);
  }
}

/** A load worker process. @param number from 0 */
export function startWorker(number: number, spawn: Spawn = spawnHere, execArgv?: readonly string[]): RoleHandle {
  return RoleHandle.start(
    `load worker ${number + 1}`,
    entryPath(import.meta.url, './worker/entry.js'),
    spawn,
    execArgv,
  );
}
