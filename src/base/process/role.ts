import type { ChildProcess, StdioOptions } from 'node:child_process';
import process from 'node:process';
import { codeOf, MqbenchError, messageOf } from '../errors.js';
import type { Spawn } from './child.js';

// The control channel between the main process and a role (broker, load worker, link emulator): Node's IPC.
//   main → role  { id, method, params }
//   role → main  { id, result } | { id, error }  |  { event, data }

interface Answer {
  id?: number;
  result?: unknown;
  error?: Pick<MqbenchError, 'code' | 'message'> & Partial<Pick<MqbenchError, 'hint' | 'exitCode'>>;
  event?: string;
  data?: unknown;
}

interface Pending {
  readonly timer: NodeJS.Timeout;
  readonly resolve: (value: never) => void;
  readonly reject: (error: Error) => void;
}

/** How long the last words of a process that has ended are waited for. */
const lastWordsMillis = 500;

/** A role as whoever gives it orders sees it, wherever it runs. */
export interface Role {
  /** As it is called in texts. */
  readonly role: string;
  /** Rejects when it ends without having been told to; never resolves. */
  readonly failed: Promise<never>;
  /** Calls a method of the role. @throws what the role threw, or that it is gone or silent */
  call<T>(method: string, params: unknown, timeoutMs?: number): Promise<T>;
  /** One listener per event name. */
  on<T>(event: string, listener: (data: T) => void): void;
  /** Ends it, with force when it has not gone by then. */
  end(graceMs?: number): Promise<void>;
}

/** The main process's end of a role process. */
export class RoleHandle implements Role {
  private nextId = 1;
  private readonly pending = new Map<number, Pending>();
  private readonly listeners = new Map<string, (data: never) => void>();
  private stderrTail = '';
  private ending = false;
  /** Resolves with the exit code or signal once the process is gone. */
  readonly exited: Promise<string>;
  /** Rejects with MQB_ROLE_DIED when the process ends without having been told to; never resolves. */
  readonly failed: Promise<never>;

  constructor(
    readonly role: string,
    readonly child: ChildProcess,
  ) {
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.stderrTail = (this.stderrTail + text).slice(-4000);
    });
    child.on('message', (message) => this.onMessage(message as Answer));
    this.exited = new Promise((resolve) => {
      child.on('exit', (code, signal) => resolve(signal ?? String(code)));
      child.on('error', (error) => resolve(messageOf(error)));
    });
    this.failed = new Promise((_, reject) => {
      void this.exited.then(async (how) => {
        await this.heardOut();
        const said = this.stderrTail.trim();
        const error = new MqbenchError(
          'MQB_ROLE_DIED',
          `the ${role} process ended unexpectedly (${how})${said ? `: ${said.slice(-1500)}` : ''}`,
        );
        for (const id of [...this.pending.keys()]) this.settle(id)?.reject(error);
        if (!this.ending) reject(error);
      });
    });
    this.failed.catch(() => {}); // whoever awaits it sees it; nobody having to is not an unhandled rejection
  }

  /** What it has sent and said before it ended may be read a little later than its end. */
  private heardOut(): Promise<void> {
    const { child } = this;
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, lastWordsMillis); // another process may hold its standard error open
      const look = (): void => {
        if (child.connected || child.stderr?.closed === false) return;
        clearTimeout(timer);
        resolve();
      };
      child.once('disconnect', () => setImmediate(look));
      child.once('close', look);
      child.once('error', look);
      look();
    });
  }

  /**
   * Starts the compiled entry file with Node, in a group of its own: a signal to the main process's group (Ctrl-C, `timeout`,
   * a CI server, a terminal that goes away) is not for it, also not before {@link serveRole} could ignore it.
   * @param execArgv options of Node itself, e.g. `--expose-gc`
   */
  static start(role: string, entry: string, spawn: Spawn, execArgv: readonly string[] = []): RoleHandle {
    const stdio: StdioOptions = ['ignore', 'ignore', 'pipe', 'ipc'];
    return new RoleHandle(role, spawn(process.execPath, [...execArgv, entry], { stdio, detached: true }));
  }

  /** Calls a method of the role. @throws what the role threw, or MQB_ROLE_DIED, or MQB_ROLE_SILENT after timeoutMs */
  call<T>(method: string, params: unknown, timeoutMs = 60_000): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      if (!this.child.connected) {
        return reject(new MqbenchError('MQB_ROLE_DIED', `the ${this.role} process is gone; could not call ${method}`));
      }
      const id = this.nextId++;
      const silent = `the ${this.role} process did not answer ${method} in ${timeoutMs} ms`;
      const timer = setTimeout(() => this.settle(id)?.reject(new MqbenchError('MQB_ROLE_SILENT', silent)), timeoutMs);
      this.pending.set(id, { timer, resolve, reject });
      this.child.send({ id, method, params }, () => {}); // a send that fails means it died: `exited` tells
    });
  }

  /** The call of this number, which is not waited for any more. */
  private settle(id: number): Pending | undefined {
    const call = this.pending.get(id);
    clearTimeout(call?.timer);
    this.pending.delete(id);
    return call;
  }

  /** The first call: when it fails, there is no use for the role, and it ends. @throws as {@link call} */
  async open<T = void>(method: string, params?: unknown, timeoutMs?: number): Promise<T> {
    try {
      return await this.call<T>(method, params, timeoutMs);
    } catch (error) {
      await this.end();
      throw error;
    }
  }

  /** One listener per event name. */
  on<T>(event: string, listener: (data: T) => void): void {
    this.listeners.set(event, listener as (data: never) => void);
  }

  /** Closes the channel, which ends a role served by {@link serveRole}; kills it when it has not gone by then. */
  async end(graceMs = 3000): Promise<void> {
    this.ending = true;
    if (this.child.connected) this.child.disconnect();
    const timer = setTimeout(() => this.child.kill('SIGKILL'), graceMs);
    await this.exited;
    clearTimeout(timer);
  }

  private onMessage(answer: Answer): void {
    if (answer.event !== undefined) {
      this.listeners.get(answer.event)?.(answer.data as never);
      return;
    }
    const call = this.settle(answer.id ?? -1);
    if (answer.error) call?.reject(new MqbenchError(answer.error.code, answer.error.message, answer.error));
    else call?.resolve(answer.result as never);
  }
}

/**
 * The role's end: answers calls, and ends the process when the main process goes
 * away, however it goes: nothing outlives its owner.
 * @param onEnd last chance to close things, at most 2 s
 * @returns emit, which sends an event to the main process
 */
export function serveRole(
  methods: Record<string, (params: never) => unknown>,
  onEnd: () => Promise<void> | void = () => {},
): (event: string, data: unknown) => void {
  const post = (message: Answer): void => {
    if (process.connected) process.send?.(message, undefined, undefined, () => {});
  };
  process.on('message', async (request: { id: number; method: string; params: never }) => {
    try {
      const method = methods[request.method];
      if (!method) throw new MqbenchError('MQB_ROLE_METHOD', `no method ${request.method}`);
      post({ id: request.id, result: await method(request.params) });
    } catch (error) {
      const { hint, exitCode } = error instanceof MqbenchError ? error : {};
      const message = error instanceof MqbenchError ? error.message : ((error as Error)?.stack ?? messageOf(error));
      post({ id: request.id, error: { code: codeOf(error), message, hint, exitCode } });
    }
  });
  process.on('disconnect', () => {
    setTimeout(() => process.exit(0), 2000).unref();
    void Promise.resolve(onEnd()).finally(() => process.exit(0));
  });
  // Whoever ends a run may tell every process of it (systemd does, and `docker stop` of all that it holds); only the main
  // process decides what that means, and needs what was measured here.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});
  return (event, data) => post({ event, data });
}
