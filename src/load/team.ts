import { cpus } from 'node:os';
import type { Clock } from '../base/clock.js';
import { codeOf, MqbenchError } from '../base/errors.js';
import { entryPath, type Spawn, spawnHere } from '../base/process/child.js';
import { RoleHandle } from '../base/process/role.js';
import type { LoadPlan } from '../plan/plan.js';
import { mergeTickets } from '../transport/tickets.js';
import { HookStall } from './hook/stall.js';
import type { FatalEvent, ProgressEvent, StartOrder } from './messages.js';
import type { WorkerOrders } from './worker/entry.js';

export interface TeamOptions {
  /** Worker processes; default one per core less one, at least 1, at most one per client. */
  readonly workers?: number;
  /** Where they run: on this host, or in the lab's client namespace. */
  readonly spawn?: Spawn;
  /** Options of Node for the workers, e.g. `--expose-gc`. */
  readonly execArgv?: readonly string[];
}

type Order<K extends keyof WorkerOrders> = Parameters<WorkerOrders[K]>[0];
export type Answer<K extends keyof WorkerOrders> = Awaited<ReturnType<WorkerOrders[K]>>;

/** The worker processes of one load: every order goes to all of them, and every answer comes from each. */
export class WorkerTeam {
  /** Rejects when a worker process ends by itself, or a hook does not come back. */
  readonly failed: Promise<never>;
  private readonly stall: HookStall | undefined;
  private closed = false;

  private constructor(
    private readonly plan: LoadPlan,
    private readonly workers: readonly RoleHandle[],
    clock: Clock,
  ) {
    this.stall = HookStall.of(plan, workers, clock);
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

  /** Starts the processes; none has anything to do yet. */
  static spawn(plan: LoadPlan, options: TeamOptions, clock: Clock): WorkerTeam {
    const asked = options.workers ?? Math.max(1, cpus().length - 1);
    const count = Math.max(1, Math.min(asked, plan.clients));
    const entry = entryPath(import.meta.url, './worker/entry.js');
    const workers: RoleHandle[] = [];
    for (let i = 0; i < count; i++) {
      workers.push(RoleHandle.start(`load worker ${i + 1}`, entry, options.spawn ?? spawnHere, options.execArgv));
    }
    return new WorkerTeam(plan, workers, clock);
  }

  get size(): number {
    return this.workers.length;
  }

  /** Called with what each worker tells of every step that is over. */
  onProgress(listener: (event: ProgressEvent) => void): void {
    for (const worker of this.workers) {
      worker.on<ProgressEvent>('progress', (event) => {
        this.stall?.heard(event.worker);
        listener(event);
      });
    }
  }

  /** Gives each its order to start. Rejects when one of them has none, or when a hook hangs in one. */
  begin(order: (worker: number) => StartOrder): Promise<unknown> {
    const started = Promise.all(this.workers.map((worker, i) => worker.call('start', order(i))));
    return Promise.race([started, ...(this.stall === undefined ? [] : [this.failed])]);
  }

  all<K extends keyof WorkerOrders>(method: K, order?: Order<K>, timeoutMicros = 60e6): Promise<Answer<K>[]> {
    return Promise.all(this.workers.map((worker) => worker.call<Answer<K>>(method, order, timeoutMicros / 1000)));
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
}
