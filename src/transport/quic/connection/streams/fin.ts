/** Longest wait of a server's FIN for the acknowledgement of the data before it, ms. */
const longestMs = 300;

/**
 * When a server may finish a stream. NanoSDK and NanoNNG throw away data that
 * arrives together with a FIN (mqtt-over-quic: the receive callback returns on
 * the FIN flag before it copies), so the FIN waits until what was written
 * before is acknowledged, or for 300 ms.
 */
export class FinGate {
  private fresh = false;
  private due = Number.POSITIVE_INFINITY;

  /** Data was handed to quiche. */
  wrote(nowMs: number): void {
    this.fresh = true;
    this.due = nowMs + longestMs;
  }

  /** It has had its chance to leave. */
  flushed(): void {
    this.fresh = false;
  }

  /** @param acknowledged nothing is in flight */
  open(nowMs: number, acknowledged: boolean): boolean {
    if (this.due === Number.POSITIVE_INFINITY) return true;
    return !this.fresh && (acknowledged || nowMs >= this.due);
  }

  /** When a closed gate opens at the latest, ms. */
  get deadline(): number {
    return this.due;
  }
}
