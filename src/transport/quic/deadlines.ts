import type { QuicSettings } from './settings.js';

const never = Number.POSITIVE_INFINITY;

/** The deadlines of one connection that are ours, not quiche's; all in milliseconds of the wheel's clock. */
export class Deadlines {
  /** Server: when the handshake, then the client's first stream, must be there. */
  setup = never;
  /** When a close() that waits for the peer's FIN stops waiting. */
  linger = never;
  /** When a CONNECTION_CLOSE that quiche does not send is given up. */
  closing = never;
  private lastSent: number;
  private unheardSince = Number.NaN;
  private readonly silenceMs: number;

  constructor(
    private readonly settings: QuicSettings,
    role: 'client' | 'server',
    nowMs: number,
  ) {
    this.lastSent = nowMs;
    this.silenceMs = role === 'client' ? settings.silenceMs : 0;
    if (role === 'server') this.setup = nowMs + settings.handshakeTimeoutMs;
  }

  sent(nowMs: number): void {
    this.lastSent = nowMs;
    if (Number.isNaN(this.unheardSince)) this.unheardSince = nowMs;
  }

  heard(): void {
    this.unheardSince = Number.NaN;
  }

  /** The handshake is over: now a stream is due. */
  expectStream(nowMs: number): void {
    if (this.setup !== never) this.setup = nowMs + this.settings.firstStreamTimeoutMs;
  }

  /** When a PING is due because nothing was sent. */
  get keepAlive(): number {
    return this.settings.keepAliveMs > 0 ? this.lastSent + this.settings.keepAliveMs : never;
  }

  /**
   * When the peer has said nothing for too long although something was sent;
   * whether anything is owed must be asked then. quiche doubles its probe timeout
   * without a limit, so after a long blackout waiting costs seconds that a new
   * 0-RTT connection does not.
   */
  get silence(): number {
    return this.silenceMs > 0 && !Number.isNaN(this.unheardSince) ? this.unheardSince + this.silenceMs : never;
  }
}
