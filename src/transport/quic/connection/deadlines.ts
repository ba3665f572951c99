import type { Quiche } from '../native.js';
import type { QuicSettings } from '../settings.js';

const never = Number.POSITIVE_INFINITY;
/** RFC 9002 6.2.1: every probe that stays without an answer doubles the wait for the next one; so far we do. */
const mostDoublings = 6;
/** How long a CONNECTION_CLOSE that quiche does not send is waited for, ms. */
const closingMs = 1000;

/** What a passed deadline asks for. */
export type Duty = 'keep-alive' | 'probe' | 'give-up-setup' | 'give-up-silence';

/** The deadlines of one connection, quiche's and ours; all in milliseconds of the wheel's clock. */
export class Deadlines {
  /** When a close() that waits for the peer's FIN stops waiting. */
  finish = never;
  /** When a CONNECTION_CLOSE that quiche does not send is given up. */
  closing = never;
  /** When a timer of quiche's has surely passed. */
  private quicheDue = never;
  /** Server: when the handshake, then the client's first stream, must be there. */
  private setup = never;
  private probe = never;
  private probes = 0;
  private lastSent: number;
  private unheardSince = Number.NaN;
  private isReady = false;
  private readonly silenceMs: number;
  private keepAliveMs: number;
  private isEstablished = false;
  private agreedIdleMs: number | undefined;

  constructor(
    private readonly settings: QuicSettings,
    role: 'client' | 'server',
    private readonly quiche: Quiche,
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
  established(nowMs: number): void {
    this.isEstablished = true;
    if (this.setup !== never) this.setup = nowMs + this.settings.firstStreamTimeoutMs;
    // PINGs must leave well within the idle timeout: one takes its time, or is lost (RFC 9000 10.1.2).
    if (this.keepAliveMs > 0 && this.idleMs > 0) this.keepAliveMs = Math.min(this.keepAliveMs, this.idleMs / 2);
  }

  /** Effective idle timeout: the smaller of both ends', 0 = none. To read the peer's costs 8 µs: once, and only where it counts. */
  private get idleMs(): number {
    const ours = this.settings.idleTimeoutMs;
    if (!this.isEstablished) return ours;
    if (this.agreedIdleMs === undefined) {
      const theirs = this.quiche.stats().peerMaxIdleTimeout;
      this.agreedIdleMs = ours > 0 && theirs > 0 ? Math.min(ours, theirs) : Math.max(ours, theirs);
    }
    return this.agreedIdleMs;
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

  /** When quiche wants its next call. */
  quiches(nowMs: number): number {
    const left = this.quiche.timeout();
    // timeout() is floored to whole milliseconds: 0 shows up to 1 ms before onTimeout() would do anything.
    const due = left === null ? never : nowMs + left + 1;
    this.quicheDue = left === 0 ? Math.min(due, this.quicheDue) : due; // what has passed is not put off
    return this.quicheDue;
  }

  hasQuichePassed(nowMs: number): boolean {
    const left = this.quiche.timeout();
    return left !== null && left <= 0 && nowMs >= this.quicheDue;
  }

  /** Whether all that was sent is acknowledged: quiche has a loss timer while anything is in flight; without one its only deadline is the idle timeout. */
  nothingInFlight(): boolean {
    const left = this.quiche.timeout();
    return left === null || (this.idleMs > 0 && left > this.idleMs / 2);
  }

  /** When the next of ours passes. */
  next(nowMs: number): number {
    return Math.min(this.finish, this.keepAlive, this.probe, this.setup, this.silence(nowMs));
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
    if (this.nothingInFlight()) return false;
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
    if (due > nowMs || !this.nothingInFlight()) return due;
    this.heard(); // nothing is owed
    return never;
  }
}
