import type { ClockLine } from '../../base/clock.js';
import { codeOf, MqbenchError, messageOf } from '../../base/errors.js';
import type { Role } from '../../base/process/role.js';
import type { EventTime } from '../../load/messages.js';
import type { FollowOrder, FromAgent, Hiring, Refusal, ToAgent } from '../messages.js';
import { ownTime } from './held-lab.js';
import { thrown } from './targets.js';

/** Workers that do not go by themselves are ended by force after this, ms: an agent without its coordinator stops its load within 2 s. */
const graceMillis = 150;

type Call = Extract<ToAgent, { kind: 'call' }>;

/** What a worker tells that is passed on as it is. */
const events = ['progress', 'fatal', 'loadingHook', 'hookStalled'] as const;

/** The load workers that an agent has for one coordinator. */
export class Squad {
  private readonly workers = new Map<number, Role>();
  private briefed: Refusal | undefined = {
    code: 'MQB_AGENT_WORDS',
    message: 'an order to start came before it was said what the load is',
  };
  private most = 0;
  private over = false;

  /**
   * @param start a load worker of the coordinator's number
   * @param line of the clock that workers are to follow; undefined: their own is the coordinator's
   */
  constructor(
    private readonly hiring: Hiring,
    private readonly say: (message: FromAgent) => void,
    private readonly start: (worker: number) => Role,
    /** As who it is spoken of in events that happened to several. */
    private readonly name: string,
    private readonly line: () => ClockLine | undefined,
    /** The coordinator's clock. */
    private readonly clock: () => number,
  ) {}

  get size(): number {
    return this.workers.size;
  }

  /** What the load is: workers may be started for it. @param fleets each has a worker at least */
  brief(refusal: Refusal | undefined, fleets: number): void {
    this.briefed = refusal;
    this.most = this.hiring.workers + fleets;
  }

  /** Passes an order on, and the answers back. */
  call({ calls, method, params: of, timeoutMs }: Call): void {
    const params = method === 'happened' ? ownHappened(of as Happened, this.name) : of;
    for (const { id, worker } of calls) {
      void this.answer(worker, method, params, timeoutMs).then(
        (result) => this.say({ kind: 'answer', id, result }),
        (error) => this.say({ kind: 'answer', id, refusal: refusalFrom(error) }),
      );
    }
  }

  private async answer(worker: number, method: string, params: unknown, timeoutMs: number): Promise<unknown> {
    const role = this.workers.get(worker) ?? (await this.open(worker, method));
    return role.call(method, params, timeoutMs);
  }

  private async open(worker: number, method: string): Promise<Role> {
    if (this.over || method !== 'start')
      throw new MqbenchError('MQB_ROLE_DIED', `there is no load worker ${worker + 1}`);
    if (this.briefed) throw thrown(this.briefed);
    if (this.workers.size >= this.most)
      throw new MqbenchError('MQB_AGENT_WORDS', `more than ${this.most} workers were asked for`);
    const role = this.start(worker);
    this.workers.set(worker, role);
    for (const event of events)
      role.on(event, (data) => this.say({ kind: 'event', worker, atMicros: this.clock(), event, data }));
    role.failed.catch((error) => this.say({ kind: 'died', worker, refusal: refusalFrom(error) }));
    await this.follow(role);
    return role;
  }

  private async follow(role: Role): Promise<void> {
    const line = this.line();
    if (line === undefined) return;
    const order: FollowOrder = { identity: this.hiring.stamp, line };
    await role.call('follow', order);
  }

  /** The coordinator's clock is known better. */
  steer(): void {
    for (const role of this.workers.values()) void this.follow(role).catch(() => {}); // it died, which is told
  }

  /** Ends some workers, or all. Resolves when they have gone, by force if need be. */
  async end(workers: readonly number[] = [...this.workers.keys()], millis = graceMillis): Promise<void> {
    const roles = workers.flatMap((worker) => this.workers.get(worker) ?? []);
    for (const worker of workers) this.workers.delete(worker);
    await Promise.all(roles.map((role) => role.end(millis)));
  }

  /** All of them, and none is started any more. */
  close(): Promise<void> {
    this.over = true;
    return this.end();
  }
}

type Happened = { readonly when: EventTime };

/** The workers of this agent are told when it happened to them. */
const ownHappened = (order: Happened, agent: string): Happened => ({ ...order, when: ownTime(order.when, agent) });

export function refusalFrom(error: unknown): Refusal {
  const { hint, exitCode } = error instanceof MqbenchError ? error : {};
  return { code: codeOf(error), message: messageOf(error), hint, exitCode };
}
