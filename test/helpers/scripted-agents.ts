import { Agent } from '../../src/agents/agent/agent.js';
import { buildName } from '../../src/agents/agent/self.js';
import type { AgentInfo } from '../../src/agents/messages.js';
import type { Clock } from '../../src/base/clock.js';
import { clockIdentity } from '../../src/base/clock-identity.js';
import type { Role } from '../../src/base/process/role.js';
import type { FakeWire } from './fake-channel.js';

/** An order as a worker got it. */
export interface Given {
  readonly worker: number;
  readonly method: string;
  readonly params: unknown;
}

/** A load worker that does what a script says, and is no process. */
export class ScriptedRole implements Role {
  readonly role: string;
  readonly failed: Promise<never>;
  readonly given: Given[] = [];
  ended = false;
  private fail: (error: Error) => void = () => {};
  private readonly listeners = new Map<string, (data: never) => void>();

  constructor(
    readonly worker: number,
    private readonly answer: (order: Given) => unknown = () => null,
  ) {
    this.role = `load worker ${worker + 1}`;
    this.failed = new Promise((_, reject) => {
      this.fail = reject;
    });
    this.failed.catch(() => {});
  }

  async call<T>(method: string, params: unknown): Promise<T> {
    const order = { worker: this.worker, method, params };
    this.given.push(order);
    return this.answer(order) as T;
  }

  on<T>(event: string, listener: (data: T) => void): void {
    this.listeners.set(event, listener as (data: never) => void);
  }

  async end(): Promise<void> {
    this.ended = true;
  }

  tell(event: string, data: unknown): void {
    this.listeners.get(event)?.(data as never);
  }

  die(error: Error): void {
    this.fail(error);
  }
}

/** What an agent says of itself here. */
export const infoFor = (name: string, over: Partial<AgentInfo> = {}): AgentInfo => ({
  name,
  instance: `${name}-1`,
  labels: {},
  host: `host-of-${name}`,
  build: buildName(),
  node: process.versions.node,
  cores: 2,
  workers: 1,
  memoryBytes: 2e9,
  allow: ['private'],
  clock: clockIdentity(),
  ...over,
});

export interface ScriptedAgent {
  readonly agent: Agent;
  readonly roles: ScriptedRole[];
  readonly notes: string[];
}

/** The agent as it is, with workers that are none. */
export function startScripted(
  wire: FakeWire,
  info: AgentInfo,
  { answer, clock }: { readonly answer?: (order: Given) => unknown; readonly clock?: Clock } = {},
): ScriptedAgent {
  const roles: ScriptedRole[] = [];
  const notes: string[] = [];
  const startWorker = (worker: number): Role => {
    const role = new ScriptedRole(worker, answer);
    roles.push(role);
    return role;
  };
  const channel = wire.open(info.instance);
  const agent = new Agent({
    channel,
    info,
    startWorker,
    note: (line) => notes.push(line),
    ...(clock ? { clock } : {}),
  });
  return { agent, roles, notes };
}
