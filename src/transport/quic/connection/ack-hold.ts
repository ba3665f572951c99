/** RFC 9000 13.2.2: an ACK for at least every second ack-eliciting packet. */
const mostUnacknowledged = 2;

/**
 * Holds back packets that would carry nothing but an ACK, so that it leaves
 * with the next data instead: in request-answer traffic that halves the
 * packets. The peer was told to expect it (max_ack_delay).
 */
export class AckHold {
  private unacknowledged = 0;
  private due = Number.POSITIVE_INFINITY;
  private urgent = false;

  /** @param holdMs 0 holds nothing */
  constructor(private readonly holdMs: number) {}

  received(): void {
    this.unacknowledged++;
  }

  /** There is something to send beside an ACK. */
  hasMore(): void {
    this.urgent = true;
  }

  /** Whether to wait; the caller must look again at {@link deadline}. */
  holds(nowMs: number): boolean {
    if (this.holdMs === 0 || this.urgent || this.unacknowledged >= mostUnacknowledged) return false;
    if (this.unacknowledged > 0 && this.due === Number.POSITIVE_INFINITY) this.due = nowMs + this.holdMs;
    return nowMs < this.due;
  }

  /** Everything has left. */
  sent(): void {
    this.unacknowledged = 0;
    this.due = Number.POSITIVE_INFINITY;
    this.urgent = false;
  }

  get deadline(): number {
    return this.due;
  }
}
