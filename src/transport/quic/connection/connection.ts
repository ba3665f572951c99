import { nowMicros } from '../../../base/clock.js';
import type { Address, Connection, DialTimings, HandshakeKind } from '../../contract.js';
import { WheelItem } from '../endpoint/scheduler.js';
import type { Quiche, RecvInfo } from '../native.js';
import type { QuicSettings } from '../settings.js';
import type { UdpIo } from '../udp/io.js';
import { AckHold } from './ack-hold.js';
import { Datagrams } from './datagrams.js';
import { Deadlines, type Duty } from './deadlines.js';
import { closeCodes, lossOf, silent } from './failure.js';
import type { ConnectionHooks, ConnectionHost, EarlyData } from './host.js';
import { Opening } from './opening.js';
import { type PathOwner, type PeerPath, pathFor } from './peer-path.js';
import { type QuicStats, readStats } from './stats.js';
import type { QuicStream } from './streams/stream.js';
import { type StreamOwner, StreamSet } from './streams/streams.js';

/** Packets one connection may send before the others have their turn. */
const burst = 64;
/**
 * quiche 0.18 closed before its handshake is confirmed may send PINGs for ever instead of CONNECTION_CLOSE, until
 * the peer's next packet: so few at a time, only in answer to a packet, and not for longer than Deadlines allows.
 */
const closingBurst = 4;
/**
 * A PING each: the acknowledgement of the third shows that a packet before them was lost (RFC 9002 6.1.1, packet
 * threshold), whatever quiche believes of the round trip.
 */
const probePings = 3;
/** How long close() waits for the peer to finish its side before it closes anyway, ms. */
const closeTimeoutMs = 3000;
const [stateOpen, stateClosing, stateGone] = [0, 1, 2];

/** One QUIC connection that carries MQTT: stream 0 is the control stream (mqtt-over-quic, EMQX and NanoSDK alike). */
export class QuicConnection extends WheelItem implements Connection, StreamOwner, PathOwner {
  readonly transport = 'quic' as const;
  readonly streams: StreamSet;
  /** Set while it waits in the endpoint's list. */
  awake = false;
  bytesReceived = 0;
  /** Moves what was logged of its secrets to the key log. */
  secrets: (() => void) | undefined = undefined;
  private state = stateOpen;
  /** When a timer of quiche's has surely passed. */
  private quicheDue = Number.POSITIVE_INFINITY;
  private isReady = false;
  private hasEnded = false;
  private socketAt = Number.NaN;
  private readyAt = Number.NaN;
  /** Effective idle timeout: the smaller of both ends'. */
  private idleMs: number;
  private readonly due: Deadlines;
  private readonly opening: Opening;
  readonly path: PeerPath;
  private local: Address;
  private readonly waiting: (() => void)[] = [];
  private readonly acks: AckHold;
  /** QUIC datagrams; undefined unless the setting `datagrams` is on. */
  readonly datagrams: Datagrams | undefined;

  constructor(
    readonly quiche: Quiche,
    readonly role: 'client' | 'server',
    /** The endpoint whose socket it uses. */
    public host: ConnectionHost,
    private readonly settings: QuicSettings,
    info: RecvInfo,
    private readonly hooks: ConnectionHooks,
    private readonly started: number = nowMicros(),
  ) {
    super();
    this.path = pathFor(settings.addressMode, quiche, info, host.io, this);
    this.local = info.to;
    this.streams = new StreamSet(quiche, this);
    this.opening = new Opening(quiche);
    this.due = new Deadlines(settings, role, this, host.wheel.now());
    this.idleMs = settings.idleTimeoutMs;
    this.acks = new AckHold(settings.holdAcksMs);
    if (settings.datagrams) this.datagrams = new Datagrams(quiche, () => this.wake());
  }

  /** The control stream: client-initiated bidirectional stream 0. */
  get duplex(): QuicStream {
    return this.streams.control;
  }

  get timings(): DialTimings {
    return { started: this.started, socket: this.socketAt, ready: this.readyAt };
  }

  get localAddress(): Address {
    return this.local;
  }

  get peerAddress(): Address {
    return this.path.current;
  }

  get confirmed(): boolean {
    return this.opening.isConfirmed;
  }

  get handshake(): HandshakeKind {
    return this.opening.kind;
  }

  get earlyData(): EarlyData {
    return this.opening.earlyData;
  }

  /** Calls back once the handshake is confirmed, now if it is. Not called when it fails. */
  onConfirmed(callback: () => void): void {
    this.opening.onConfirmed(callback);
  }

  get bytesSent(): number {
    return this.path.bytesSent;
  }

  stats(): QuicStats {
    return readStats(this);
  }

  close(): Promise<void> {
    if (this.hasEnded) return Promise.resolve();
    if (this.due.linger === Number.POSITIVE_INFINITY) {
      this.linger();
      this.duplex.end();
      this.duplex.resume(); // unread bytes must not keep the peer's FIN away
    }
    return new Promise((resolve) => this.waiting.push(resolve));
  }

  abort(error?: Error): void {
    if (this.state !== stateOpen) return;
    this.shut(closeCodes.controlStreamEnded);
    this.duplex.destroy(error);
  }

  /** Takes one datagram. @returns false when quiche refused it */
  receive(packet: Buffer, from: Address, through: UdpIo): boolean {
    try {
      this.path.take(packet, from, through);
    } catch {
      this.host.wake(this); // quiche may have a CONNECTION_CLOSE to send
      return false;
    }
    this.bytesReceived += packet.length;
    this.acks.received();
    this.due.heard();
    this.host.wake(this);
    return true;
  }

  /** Lets the handshake go on and hands received bytes to the application. */
  pump(): void {
    if (this.state === stateGone) return;
    if (!this.confirmed) this.progress();
    // A server shows a connection to its application when the control stream exists: before, nothing could be written.
    if (this.role === 'server' && !this.isReady && this.quiche.streamReadable(0)) this.becomeReady();
    this.streams.pull(this.isReady);
    this.datagrams?.read();
    if (this.quiche.isDraining() || this.quiche.isClosed()) this.over();
  }

  /** Sends everything that may be sent now, and sets the timer. */
  flush(): void {
    if (this.state === stateGone) return;
    if (this.state !== stateOpen) {
      if (!this.quiche.isDraining()) this.transmit();
      this.rearm();
      return;
    }
    if (this.isReady) this.streams.push();
    if (!this.confirmed || !this.acks.holds(this.host.wheel.now())) this.transmit();
    // quiche offers early data once the ClientHello is written: what the application writes now leaves right behind it.
    if (this.role === 'client' && this.settings.earlyData && !this.isReady) this.progress();
    this.streams.flushed();
    if (this.due.linger !== Number.POSITIVE_INFINITY) this.checkLinger();
    if (this.streams.wantsPull) this.host.wake(this); // a reader that caught up after pump() of this turn
    this.rearm();
  }

  fire(): void {
    if (this.state === stateGone) return;
    if (this.state === stateClosing && !this.quiche.isDraining()) {
      this.leave();
      return;
    }
    const now = this.host.wheel.now();
    const left = this.quiche.timeout();
    if (left !== null && left <= 0 && now >= this.quicheDue) {
      this.path.timedOut();
    } else if (!this.attend(this.due.duty(now)) && this.ownDeadline() > now) {
      this.rearm();
      return;
    }
    this.wake();
  }

  /** @returns whether there was anything to do */
  private attend(duty: Duty | undefined): boolean {
    if (duty === 'keep-alive') this.quiche.sendAckEliciting();
    else if (duty === 'probe') this.probe();
    else if (duty === 'give-up-setup') this.shut(closeCodes.controlStreamEnded);
    else if (duty === 'give-up-silence') this.abort(silent(this.settings.silenceMs));
    return duty !== undefined;
  }

  private probe(): void {
    for (let i = 0; i < probePings; i++) {
      this.quiche.sendAckEliciting();
      this.transmit();
    }
  }

  /** Lives on another endpoint's socket from now on; see migration.ts. */
  rehome(host: ConnectionHost, local: Address): void {
    this.host.wheel.cancel(this);
    this.host = host;
    this.local = local;
    this.path.leaveBy(host.io);
    this.quiche.sendAckEliciting();
    this.awake = false; // the old endpoint's list may still flush it once more, which does no harm
    host.wake(this);
  }

  /** Closes with an application code. */
  shut(code: number): void {
    if (this.state !== stateOpen) return;
    if (this.isReady) this.streams.push();
    this.transmit();
    this.state = stateClosing;
    this.quiche.close(true, code, Buffer.alloc(0));
    this.transmit();
    this.due.close(this.host.wheel.now());
    this.host.wake(this);
    this.end();
  }

  // What the streams ask of us.

  get sending(): boolean {
    return this.state === stateOpen;
  }

  nowMs(): number {
    return this.host.wheel.now();
  }

  wake(): void {
    this.acks.hasMore();
    this.host.wake(this);
  }

  /** quiche has a loss timer while anything is in flight; without one its only deadline is the idle timeout. */
  nothingInFlight(): boolean {
    const left = this.quiche.timeout();
    return left === null || (this.idleMs > 0 && left > this.idleMs / 2);
  }

  wantsIds(): void {
    this.host.spareIds(this);
  }

  controlClosed(error: Error | null): void {
    if (this.state !== stateOpen) return;
    if (this.duplex.finished && !error) this.linger();
    else this.shut(error ? closeCodes.controlStreamEnded : closeCodes.normal);
  }

  private transmit(): void {
    let sent = 0;
    try {
      sent = this.path.transmit(this.state === stateOpen ? burst : closingBurst);
    } catch {
      // Closed underneath; the next pump sees it.
    }
    this.acks.sent();
    if (sent === 0) return;
    if (sent === burst) this.host.wake(this);
    this.due.sent(this.host.wheel.now());
    if (Number.isNaN(this.socketAt)) this.socketAt = nowMicros();
  }

  private progress(): void {
    const reached = this.opening.advance();
    if (reached === 'confirmed') this.established();
    if (reached !== undefined && this.role === 'client') this.becomeReady();
    if (reached === 'confirmed') this.opening.tell();
  }

  private established(): void {
    this.path.open();
    this.due.expectStream(this.host.wheel.now());
    this.idleMs = this.due.agreeOnIdle(this.quiche.stats().peerMaxIdleTimeout);
    this.secrets?.();
    this.host.established(this);
    if (this.settings.addressMode === 'path-validation') this.host.spareIds(this);
  }

  private becomeReady(): void {
    if (this.isReady || this.state !== stateOpen) return;
    this.isReady = true;
    this.due.ready();
    this.readyAt = nowMicros();
    this.duplex.usable = true;
    this.hooks.ready(this);
  }

  private rearm(): void {
    const { wheel } = this.host;
    if (this.state === stateClosing && !this.quiche.isDraining()) {
      wheel.schedule(this, this.due.closing);
      return;
    }
    const left = this.quiche.timeout();
    // timeout() is floored to whole milliseconds: 0 shows up to 1 ms before onTimeout() would do anything.
    const due = left === null ? Number.POSITIVE_INFINITY : wheel.now() + left + 1;
    this.quicheDue = left === 0 ? Math.min(due, this.quicheDue) : due; // what has passed is not put off
    const earliest = Math.min(this.quicheDue, this.ownDeadline());
    if (earliest !== Number.POSITIVE_INFINITY) wheel.schedule(this, earliest);
  }

  /** The next deadline that is not quiche's. */
  private ownDeadline(): number {
    if (this.state !== stateOpen) return Number.POSITIVE_INFINITY;
    return Math.min(this.due.next(this.host.wheel.now()), this.streams.finDeadline, this.acks.deadline);
  }

  private linger(): void {
    if (this.due.linger !== Number.POSITIVE_INFINITY) return;
    this.due.linger = this.host.wheel.now() + closeTimeoutMs;
    this.host.wake(this);
  }

  /** Closes once all we sent is acknowledged and the peer's FIN is read, or when that took too long. */
  private checkLinger(): void {
    if (this.state !== stateOpen) return;
    if (this.host.wheel.now() >= this.due.linger || (this.duplex.finished && this.streams.controlCollected())) {
      this.due.linger = Number.POSITIVE_INFINITY;
      this.shut(closeCodes.normal);
      this.duplex.destroy();
    }
  }

  /** The connection is closed or draining: whoever ended it, the application learns it now. */
  private over(): void {
    const wasOpen = this.state === stateOpen;
    this.state = Math.max(this.state, stateClosing);
    if (wasOpen && this.isReady) {
      this.streams.end(lossOf(this.quiche, this));
    }
    // The peer closed, or nothing is left to say: no need to sit out the draining period (RFC 9000 10.2.2),
    // a late datagram is just one for an unknown id.
    if (wasOpen || this.quiche.isClosed()) this.leave();
  }

  /** Drops the connection without another packet. */
  leave(): void {
    if (this.state === stateGone) return;
    const wasReady = this.isReady;
    this.state = stateGone;
    this.host.wheel.cancel(this);
    this.host.gone(this);
    if (!wasReady) this.duplex.destroy();
    else this.streams.abandon();
    this.end();
  }

  /** Tells whoever waits, once. */
  private end(): void {
    if (this.hasEnded) return;
    this.hasEnded = true;
    this.secrets?.();
    this.hooks.ended(this);
    for (const resolve of this.waiting.splice(0)) resolve();
  }
}
