import type { Connection, EarlyDataPolicy } from '../../transport/contract.js';

/** How often a held packet looks whether its handshake is confirmed (ms): a fraction of any round trip worth 0-RTT. */
const pollMs = 2;

/** Lets packets through, or keeps them until their connection is confirmed. */
export class EarlyDataGate {
  /** Packets that came before their handshake was confirmed, and how many of them had to wait. */
  early = 0;
  heldTotal = 0;
  /** Waiting packets whose handshake failed: replays, or clients that vanished. */
  dropped = 0;
  private readonly held: { readonly connection: Connection; readonly act: () => void }[] = [];
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly policy: EarlyDataPolicy) {}

  /** @param harmful what a replay of this packet would do; undefined when it is idempotent */
  pass(connection: Connection | undefined, harmful: boolean, act: () => void): void {
    const isEarly = connection?.confirmed === false;
    if (isEarly) this.early++;
    if (isEarly && harmful && this.policy === 'hold') {
      this.heldTotal++;
      this.held.push({ connection, act });
      this.timer ??= setInterval(() => this.look(), pollMs);
    } else act();
  }

  /** Packets that wait now. */
  get waiting(): number {
    return this.held.length;
  }

  stop(): void {
    clearInterval(this.timer);
    this.timer = undefined;
    this.held.length = 0;
  }

  private look(): void {
    // In the order in which they came.
    for (const entry of this.held.splice(0)) {
      if (entry.connection.confirmed) entry.act();
      else if (entry.connection.duplex.destroyed) this.dropped++;
      else this.held.push(entry);
    }
    if (this.held.length === 0) this.stop();
  }
}
