import type { QuicConnection } from './connection.js';
import { closeCodes, lossOf } from './failure.js';

/** How long close() waits for the peer to finish its side before it closes anyway, ms. */
const finishMs = 3000;

// open ──close(), the control stream's FINs──► finishing ──all acknowledged and read, or 3 s──┐
//  ├──────── abort(), closeNow(): immediate close, 10.2 ─────────┴────────────────────────────┴► closing
//  │ the peer's CONNECTION_CLOSE (10.2.2), idle timeout (10.1),                                     │ the peer's answer,
//  │ stateless reset (10.3): nothing more may be sent                                               ▼ or 1 s
//  └──────────────────────────────────────────────────────────────────────────────────────────► discarded
type State = 'open' | 'finishing' | 'closing' | 'discarded';

/** How one connection ends: RFC 9000 section 10. */
export class Termination {
  state: State = 'open';
  private hasTold = false;
  private readonly waiting: (() => void)[] = [];

  constructor(private readonly connection: QuicConnection) {}

  /** Whether packets other than CONNECTION_CLOSE may be sent. */
  get isOpen(): boolean {
    return this.state === 'open' || this.state === 'finishing';
  }

  /** Finishes our side and waits for the peer's. @returns resolves when the connection is closed */
  close(): Promise<void> {
    if (this.hasTold) return Promise.resolve();
    const { duplex } = this.connection;
    if (this.state === 'open') {
      this.finish();
      duplex.end();
      duplex.resume(); // unread bytes must not keep the peer's FIN away
    }
    return new Promise((resolve) => this.waiting.push(resolve));
  }

  /** What was written leaves, then CONNECTION_CLOSE with an application code. */
  closeNow(code: number): void {
    if (!this.isOpen) return;
    const { connection } = this;
    if (connection.isReady) connection.streams.push();
    connection.transmit();
    this.state = 'closing';
    connection.quiche.close(true, code, Buffer.alloc(0));
    connection.transmit();
    connection.due.close(connection.nowMs());
    connection.host.wake(connection);
    this.tell();
  }

  /** The control stream is over, by FINs or because the application or an error destroyed it. */
  controlClosed(error: Error | null): void {
    if (!error && this.connection.duplex.finished) this.finish();
    else this.closeNow(error ? closeCodes.controlStreamEnded : closeCodes.normal);
  }

  /** Closes once all we sent is acknowledged and the peer's FIN is read, or when that took too long. */
  checkFinished(): void {
    const { duplex, streams, due } = this.connection;
    if (this.connection.nowMs() < due.finish && !(duplex.finished && streams.controlCollected())) return;
    this.closeNow(closeCodes.normal);
    duplex.destroy();
  }

  /** quiche is draining or closed: whoever ended the connection, the application learns it now. */
  peerEnded(): void {
    const { connection, isOpen } = this;
    const { quiche } = connection;
    if (isOpen) this.state = 'closing';
    if (isOpen && connection.isReady) connection.streams.end(lossOf(connection));
    // The peer closed, or nothing is left to say: no need to sit out the draining period (RFC 9000 10.2.2),
    // a late datagram is just one for an unknown id.
    if (isOpen || quiche.isClosed()) this.discard();
  }

  /** Drops the connection without another packet. */
  discard(): void {
    if (this.state === 'discarded') return;
    this.state = 'discarded';
    const { connection } = this;
    connection.host.wheel.cancel(connection);
    connection.host.gone(connection);
    if (connection.isReady) connection.streams.abandon();
    else connection.duplex.destroy();
    this.tell();
  }

  private finish(): void {
    if (this.state !== 'open') return;
    const { connection } = this;
    this.state = 'finishing';
    connection.due.finish = connection.nowMs() + finishMs;
    connection.host.wake(connection);
  }

  /** Tells whoever waits, once. */
  private tell(): void {
    if (this.hasTold) return;
    this.hasTold = true;
    this.connection.ended();
    for (const resolve of this.waiting.splice(0)) resolve();
  }
}
