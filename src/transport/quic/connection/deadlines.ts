import type { QuicSettings } from '../settings.js';

const never = Number.POSITIVE_INFINITY;
/** RFC 9002 6.2.1: every probe that stays without an answer doubles the wait for the next one; so far we do. */
const mostDoublings = 6;
/** How long a CONNECTION_CLOSE that quiche does not send is waited for, ms. */
const closingMs = 1000;

/** Whose deadlines they are. */
export interface Debtor {
  /** Whether all that was sent is acknowledged. */
  nothingInFlight(): boolean;
}

/** What a passed deadline asks for. */
export type Duty = 'keep-alive' | 'probe' | 'give-up-setup' | 'give-up-silence';

/** The deadlines of one connection that are ours, not quiche's; all in milliseconds of the wheel's clock. */
export class Deadlines {
  /** When a close() that waits for the peer's FIN stops waiting. */
  linger = never;
  /** When a CONNECTION_CLOSE that quiche does not send is given up. */
  closing = never;
  /** Server: when the handshake, then the client's first stream, must be there. */
  private setup = never;
  private probe = never;
  private probes = 0;
  private lastSent: number;
  private unheardSince = Number.NaN;
  private isReady = false;
  private readonly silenceMs: number;
  private keepAliveMs: number;

  constructor(
    private readonly settings: QuicSettings,
    role: 'client' | 'server',
    private readonly owner: Debtor,
    nowMs: number,
  ) {
    this.lastSent = nowMs;
    this.keepAliveMs = settings.keepAliveMs;
    this.silenceMs = role === 'client' ? settings.silenceMs : 0;
    if (role === 'server') this.setup = nowMs + settings.handshakeTimeoutMs;
  }

  sent(nowMs: number): void {
    this.lastSent = nowMs;
    if (Number.isNaN(this.unheardSince)) this.unheardSince = nowMs;
    if (this.settings.tailProbeMs > 0) this.probe = nowMs + this.settings.tailProbeMs * 2 ** this.probes;
  }

  heard(): void {
    this.unheardSince = Number.NaN;
    this.probes = 0;
  }

  /** The handshake is over: now a stream is due. */
  expectStream(nowMs: number): void {
    if (this.setup !== never) this.setup = nowMs + this.settings.firstStreamTimeoutMs;
  }

  /**
   * The smaller idle timeout counts, and PINGs must leave well within it: one takes its time, or is lost (RFC 9000 10.1.2).
   * @param theirMs what the peer announced, 0 = none
   * @returns the idle timeout of the connection, ms, 0 = none
   */
  agreeOnIdle(theirMs: number): number {
    const ours = this.settings.idleTimeoutMs;
    const idleMs = ours > 0 && theirMs > 0 ? Math.min(ours, theirMs) : Math.max(ours, theirMs);
    if (this.keepAliveMs > 0 && idleMs > 0) this.keepAliveMs = Math.min(this.keepAliveMs, idleMs / 2);
    return idleMs;
  }

  /** MQTT bytes may flow. */
  ready(): void {
    this.isReady = true;
    this.setup = never;
  }

  /** CONNECTION_CLOSE is on its way: nothing else is due any more. */
  close(nowMs: number): void {
    this.closing = nowMs + closingMs;
  }

  /** When the next of these passes. */
  next(nowMs: number): number {
    if (this.closing !== never) return this.closing;
    return Math.min(this.linger, this.keepAlive, this.probe, this.setup, this.silence(nowMs));
  }

  /** What is to be done now, the most pressing first. */
  duty(nowMs: number): Duty | undefined {
    if (this.closing !== never) return undefined;
    if (this.keepAlive <= nowMs) return 'keep-alive';
    if (this.probe <= nowMs && this.isProbeWanted()) return 'probe';
    if (this.setup <= nowMs) return 'give-up-setup';
    return this.silence(nowMs) <= nowMs ? 'give-up-silence' : undefined;
  }

  /** When a PING is due because nothing was sent. */
  private get keepAlive(): number {
    return this.isReady && this.keepAliveMs > 0 ? this.lastSent + this.keepAliveMs : never;
  }

  /** Nothing came or went since the last packet; the next probe waits until that one has left. */
  private isProbeWanted(): boolean {
    this.probe = never;
    if (this.owner.nothingInFlight()) return false;
    if (this.probes < mostDoublings) this.probes++;
    return true;
  }

  /**
   * When the peer has said nothing for too long although it owes something.
   * quiche doubles its probe timeout without a limit, so after a long blackout waiting costs seconds that a new
   * 0-RTT connection does not.
   */
  private silence(nowMs: number): number {
    if (!this.isReady || this.silenceMs === 0 || Number.isNaN(this.unheardSince)) return never;
    const due = this.unheardSince + this.silenceMs;
    if (due > nowMs || !this.owner.nothingInFlight()) return due;
    this.heard(); // nothing is owed
    return never;
  }
}
