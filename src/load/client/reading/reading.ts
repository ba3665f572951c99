import type { Clock } from '../../../base/clock.js';
import type { Session } from '../../../mqtt/session/session.js';
import type { ReadsPlan } from '../../../plan/reads.js';
import type { Connection } from '../../../transport/contract.js';
import { SlowReading } from './slow-reading.js';

/** Brings what comes on the connections of one client to its session: as it comes, or no faster than a plan says. */
export class Reading {
  /** Undefined: it reads as it can. */
  private readonly slow: SlowReading | undefined;

  constructor(
    plan: ReadsPlan | undefined,
    clock: Clock,
    private readonly session: Session,
  ) {
    this.slow = plan && new SlowReading(plan, clock, (bytes) => session.feed(bytes));
  }

  /** @param isCurrent whether this connection is still the client's */
  attach(connection: Connection, isCurrent: () => boolean): void {
    const { slow, session } = this;
    const { duplex } = connection;
    slow?.attach(duplex);
    duplex.on('data', (chunk: Buffer) => {
      if (!isCurrent()) return;
      if (slow === undefined) session.feed(chunk);
      else slow.take(chunk);
    });
    if (slow !== undefined) return; // it stops the stream
    connection.readDirectly?.((bytes) => {
      if (!isCurrent() || duplex.readableLength > 0) return 0;
      session.feed(bytes);
      return bytes.length;
    });
  }

  /** The client is connected: from now on it may be slow. */
  begin(now: number): void {
    this.slow?.begin(now);
  }

  /** Something may have come that it does not read yet, on purpose. */
  isHeld(now: number): boolean {
    return this.slow?.isHeld(now) === true;
  }

  /** The connection is about to be closed: it reads on, and takes no more. */
  release(): void {
    this.slow?.release();
  }

  /** The connection is over, with all that was not taken. */
  detach(): void {
    this.slow?.detach();
  }
}
