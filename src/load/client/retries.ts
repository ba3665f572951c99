import type { ClientHost } from './host.js';

/** The tries of one client to connect since it was connected last. */
export class Retries {
  private tries = 0;
  /** Before the last of them. */
  private waited = 0;

  constructor(private readonly host: ClientHost) {}

  /** It is connected, or its return is due at a time of its own. */
  reset(): void {
    this.tries = 0;
    this.waited = 0;
  }

  /** How long to wait before the next one, microseconds; undefined: it gives up. @param everUp after a cut */
  next(everUp: boolean): number | undefined {
    const wait = this.host.retryWait({ attempt: this.tries++, previous: this.waited, everUp });
    this.waited = wait ?? 0;
    return wait;
  }
}
