import type { QuicConnection } from '../connection/connection.js';
import { type TimerWheel, WheelItem } from './scheduler.js';

/**
 * What the kernel counts for a datagram beside its bytes, at most: 832 for one of 40 bytes, 1280 for 300 and 2304 for 1350 (measured
 * with SO_MEMINFO on loopback, Linux 6.18).
 */
const overheadBytes = 1000;
/** So many datagrams a connection may send at least, once it may: more than most have, so that none waits again to learn that it has no more. */
const leastDatagrams = 4;
/** What one connection sends at a time is an average over about so many of them. */
const remembered = 16;
/** For so long an answer of the kernel counts, and when there is no room, until it is asked again, ms. */
const [keptMs, againMs] = [5, 0.3];
/** With less room nobody begins, bytes: half of it holds what one connection may send at least. */
const leastBytes = 20_000;

/** One connection's place among everything that is sent to its peer. */
export class Place {
  isWaiting = false;
  /** It may send before those that wait. */
  isAdmitted = false;
  /** UDP payload that it has sent. */
  bytes = 0;

  constructor(
    readonly peer: PeerBuffer,
    readonly owner: QuicConnection,
  ) {}
}

/**
 * The receive buffer of a peer on this machine, which all clients here share. A thousand clients whose publishes fall due together send a
 * thousand datagrams in a few milliseconds, and a socket that nobody has given more (212,992 bytes) holds 166 of them: the kernel drops the
 * rest, and each is sent again a second later. So they send as long as there is room, and then wait, in order, until the peer has
 * read: what TCP does with its receive window. Half of the room is taken at a time, as others may be sending there too.
 */
export class PeerBuffer extends WheelItem {
  /** What may be sent before the kernel is asked again, bytes as it counts them. */
  private allowance = 0;
  private askedAt = Number.NEGATIVE_INFINITY;
  private waiting: Place[] = [];
  /** Those that were let go on when others had more to send than was expected: they come first. */
  private returned: Place[] = [];
  /** Connections that were let go on and have not sent yet. */
  private admitted = 0;
  /** Cost of what one connection sends at a time. */
  private usual = 300 + overheadBytes;

  /** @param free how much more it takes, bytes as the kernel counts them; undefined where that cannot be known */
  constructor(
    private readonly wheel: TimerWheel,
    private readonly free: () => number | undefined,
  ) {
    super();
  }

  /** Whether a connection may send now. When not, it is woken as soon as it may. */
  admits(place: Place): boolean {
    const wasAdmitted = place.isAdmitted;
    if (wasAdmitted) {
      place.isAdmitted = false;
      if (this.admitted > 0) this.admitted--;
    } else if (place.isWaiting) return false;
    if ((wasAdmitted || !this.waits) && this.hasRoom(0, place)) return true;
    place.isWaiting = true;
    (wasAdmitted ? this.returned : this.waiting).push(place);
    this.wheel.schedule(this, this.wheel.now() + 1);
    return false;
  }

  /** How many datagrams of that size one connection may send now, at most so many. */
  most(most: number, bytes: number): number {
    return Math.min(most, Math.max(leastDatagrams, Math.floor(this.allowance / (bytes + overheadBytes))));
  }

  /** A connection has sent so many datagrams. @param bytes UDP payload of all that it ever sent */
  left(place: Place, datagrams: number, bytes: number, nowMs: number): void {
    const cost = bytes - place.bytes + datagrams * overheadBytes;
    place.bytes = bytes;
    this.usual += (cost - this.usual) / remembered;
    this.allowance = nowMs - this.askedAt > keptMs ? 0 : this.allowance - cost;
  }

  /** The peer was heard, so it has read something. */
  heard(): void {
    if (this.waits) this.release();
  }

  /** Once in a while as long as somebody waits. */
  fire(nowMs: number): void {
    this.admitted = 0; // one that was let go on may have ended instead
    this.release();
    if (this.waits) this.wheel.schedule(this, nowMs + 1);
  }

  private get waits(): boolean {
    return this.waiting.length > 0 || this.returned.length > 0;
  }

  /**
   * @param bytes that are spoken for
   * @param sender who sends in this moment: what was sent before it has to be in the buffer when the kernel is asked
   */
  private hasRoom(bytes: number, sender?: Place): boolean {
    if (this.allowance > bytes) return true;
    const now = this.wheel.now();
    if (now - this.askedAt < againMs) return false;
    this.askedAt = now;
    sender?.owner.host.io.flush();
    const free = this.free() ?? Number.POSITIVE_INFINITY;
    this.allowance = free < leastBytes ? 0 : free / 2;
    return this.allowance > bytes;
  }

  private release(): void {
    if (this.returned.length > 0) {
      this.waiting = [...this.returned, ...this.waiting];
      this.returned = [];
    }
    let count = 0;
    while (count < this.waiting.length && this.hasRoom(this.admitted * this.usual)) {
      const place = this.waiting[count++] as Place;
      place.isWaiting = false;
      place.isAdmitted = true;
      this.admitted++;
      place.owner.host.wake(place.owner);
    }
    this.waiting.splice(0, count);
  }
}
