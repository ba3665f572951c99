import type { MqbenchError } from '../../base/errors.js';
import type { Role } from '../../base/process/role.js';

/** Passes orders to the agent that a worker is on. */
export interface Post {
  call<T>(worker: number, method: string, params: unknown, timeoutMs: number): Promise<T>;
  end(worker: number, graceMs: number): Promise<void>;
}

/** A load worker on another machine, as a child process is one on this. */
export class RemoteRole implements Role {
  readonly failed: Promise<never>;
  private reject: (error: MqbenchError) => void = () => {};
  private readonly listeners = new Map<string, (data: never) => void>();
  private ending = false;

  constructor(
    readonly role: string,
    private readonly worker: number,
    private readonly post: Post,
  ) {
    this.failed = new Promise((_, reject) => {
      this.reject = reject;
    });
    this.failed.catch(() => {}); // whoever awaits it sees it
  }

  call<T>(method: string, params: unknown, timeoutMs = 60_000): Promise<T> {
    return this.post.call<T>(this.worker, method, params, timeoutMs);
  }

  on<T>(event: string, listener: (data: T) => void): void {
    this.listeners.set(event, listener as (data: never) => void);
  }

  async end(graceMs = 3000): Promise<void> {
    this.ending = true;
    await this.post.end(this.worker, graceMs);
  }

  /** It has said something. */
  tell(event: string, data: unknown): void {
    this.listeners.get(event)?.(data as never);
  }

  /** It is gone. */
  fail(error: MqbenchError): void {
    if (!this.ending) this.reject(error);
  }
}
