import { MqbenchError } from '../../base/errors.js';
import { thrown } from '../agent/targets.js';
import type { AgentInfo, ClockState, FromAgent, LabOrder, Refusal, ToAgent } from '../messages.js';
import { type Post, RemoteRole } from './remote-role.js';

interface Pending {
  readonly timer: NodeJS.Timeout;
  readonly resolve: (value: never) => void;
  readonly reject: (error: Error) => void;
}

interface Asked {
  readonly id: number;
  readonly worker: number;
  readonly method: string;
  readonly params: unknown;
  readonly timeoutMs: number;
}

type Without<T> = T extends unknown ? Omit<T, 'asker'> : never;

/** Not what a worker throws, but that it is none any more. */
const isOfProcess = ({ code }: Refusal): boolean => code === 'MQB_ROLE_DIED' || code === 'MQB_ROLE_SILENT';

/** An agent that works for this coordinator: orders to its workers, and what they answer. */
export class HiredAgent implements Post {
  private nextId = 1;
  private readonly pending = new Map<number, Pending>();
  private queued: Asked[] = [];
  private readonly roles = new Map<number, RemoteRole>();
  /** The clock as it was known last, with the largest bound since it was hired. */
  clock: ClockState | undefined;
  /** Why it is gone; undefined: it is there. */
  lost: MqbenchError | undefined;
  /** How late the latest of its words was heard, µs. */
  lateMicros = 0;
  /** Rejects when the network that it holds dies by itself; never resolves. */
  readonly labFailed: Promise<never>;
  private failLab: (error: Error) => void = () => {};

  constructor(
    readonly info: AgentInfo,
    private readonly say: (message: Without<ToAgent>) => void,
    private readonly now: () => number,
  ) {
    this.labFailed = new Promise((_, reject) => {
      this.failLab = reject;
    });
    this.labFailed.catch(() => {}); // whoever waits for it sees it
  }

  get name(): string {
    return this.info.name;
  }

  /** @param worker its number among all of the load */
  role(worker: number): RemoteRole {
    const role = new RemoteRole(`load worker ${worker + 1} on ${this.name}`, worker, this);
    this.roles.set(worker, role);
    return role;
  }

  /** Workers of an earlier load are not spoken of any more. */
  forgetRoles(): void {
    this.roles.clear();
  }

  call<T>(worker: number, method: string, params: unknown, timeoutMs: number): Promise<T> {
    if (this.lost) return Promise.reject(this.lost);
    return new Promise<T>((resolve, reject) => {
      const id = this.nextId++;
      const silent = `load worker ${worker + 1} on ${this.name} did not answer ${method} in ${timeoutMs} ms`;
      const timer = setTimeout(() => this.settle(id)?.reject(new MqbenchError('MQB_ROLE_SILENT', silent)), timeoutMs);
      this.pending.set(id, { timer, resolve, reject });
      this.queue({ id, worker, method, params, timeoutMs });
    });
  }

  /** An order to the network that it holds. */
  lab<T>(order: LabOrder, timeoutMs: number): Promise<T> {
    if (this.lost) return Promise.reject(this.lost);
    return new Promise<T>((resolve, reject) => {
      const id = this.nextId++;
      const silent = `the network of the agent ${this.name} did not answer ${order.what} in ${timeoutMs} ms`;
      const timer = setTimeout(() => this.settle(id)?.reject(new MqbenchError('MQB_ROLE_SILENT', silent)), timeoutMs);
      const named = (error: Error): void => reject(this.onAgent(error));
      this.pending.set(id, { timer, resolve, reject: named });
      this.say({ kind: 'lab', id, order });
    });
  }

  async end(worker: number, graceMs: number): Promise<void> {
    if (this.lost) return;
    await new Promise<void>((resolve) => {
      const id = this.nextId++;
      const timer = setTimeout(() => this.settle(id)?.resolve(undefined as never), graceMs + 2000);
      this.pending.set(id, { timer, resolve: resolve as () => void, reject: () => resolve() });
      this.say({ kind: 'end', id, workers: [worker] });
    });
  }

  /** The same order to several of its workers, given in one go, travels once. */
  private queue(asked: Asked): void {
    this.queued.push(asked);
    if (this.queued.length === 1) queueMicrotask(() => this.flush());
  }

  private flush(): void {
    const all = this.queued;
    this.queued = [];
    while (all.length > 0) {
      const { method, params, timeoutMs } = all[0] as Asked;
      const isSame = (one: Asked): boolean => one.method === method && one.params === params;
      const end = all.findIndex((one) => !isSame(one));
      const calls = all.splice(0, end < 0 ? all.length : end).map(({ id, worker }) => ({ id, worker }));
      this.say({ kind: 'call', calls, method, params, timeoutMs });
    }
  }

  private settle(id: number): Pending | undefined {
    const call = this.pending.get(id);
    clearTimeout(call?.timer);
    this.pending.delete(id);
    return call;
  }

  hear(message: FromAgent): void {
    if (message.kind === 'beat') this.noteClock(message.clock);
    else if (message.kind === 'answer') {
      const call = this.settle(message.id);
      // What a worker throws is said as it is; that it is gone, with where it was.
      const { refusal } = message;
      if (refusal) call?.reject(isOfProcess(refusal) ? this.diedOn(refusal) : thrown(refusal));
      else call?.resolve(message.result as never);
    } else if (message.kind === 'event') {
      this.lateMicros = Math.max(this.lateMicros, this.now() - message.atMicros);
      this.roles.get(message.worker)?.tell(message.event, message.data);
    } else if (message.kind === 'died') this.roles.get(message.worker)?.fail(this.diedOn(message.refusal));
    else if (message.kind === 'labDied') this.failLab(this.onAgent(thrown(message.refusal)));
    else if (message.kind === 'ended') this.settle(message.id)?.resolve(undefined as never);
  }

  noteClock(clock: ClockState | undefined): void {
    if (clock === undefined) return;
    this.clock = { ...clock, boundMicros: Math.max(clock.boundMicros, this.clock?.boundMicros ?? 0) };
  }

  private diedOn(refusal: Refusal): MqbenchError {
    return thrown({ ...refusal, message: `on the agent ${this.name}, ${refusal.message}` });
  }

  /** The same of what was thrown, unless it speaks of the agent itself. */
  private onAgent(error: Error): Error {
    if (!(error instanceof MqbenchError) || error === this.lost) return error;
    const { code, message, hint, exitCode } = error;
    return this.diedOn({ code, message, hint, exitCode });
  }

  /** Nothing is heard of it any more. @param fails whether its workers fail, or are counted lost by who asked for them */
  lose(error: MqbenchError, fails: boolean): void {
    this.lost = error;
    this.queued = [];
    for (const id of [...this.pending.keys()]) this.settle(id)?.reject(error);
    if (fails) for (const role of this.roles.values()) role.fail(error);
  }
}
