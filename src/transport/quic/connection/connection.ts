import { nowMicros } from '../../../base/clock.js';
import type { Address, Connection, DialTimings, HandshakeKind } from '../../contract.js';
import type { Endpoint } from '../endpoint/endpoint.js';
import type { Place } from '../endpoint/peer-buffer.js';
import { WheelItem } from '../endpoint/scheduler.js';
import type { Quiche, RecvInfo } from '../native.js';
import type { QuicSettings } from '../settings.js';
import type { UdpIo } from '../udp/io.js';
import { AckHold } from './ack-hold.js';
import { Datagrams } from './datagrams.js';
import { Deadlines, type Duty } from './deadlines.js';
import { closeCodes, silent } from './failure.js';
import { FollowedAddress } from './followed-address.js';
import type { ConnectionHooks } from './hooks.js';
import { Opening } from './opening.js';
import type { PeerPath } from './peer-path.js';
import { type QuicStats, readStats } from './stats.js';
import type { QuicStream } from './streams/stream.js';
import { StreamSet } from './streams/streams.js';
import { Termination } from './termination.js';
import { ValidatedPaths } from './validated-paths.js';

/** Packets one connection may send before the others have their turn. */
const burst = 64;
/**
 * quiche 0.18 closed before its handshake is confirmed may send PINGs for ever instead of CONNECTION_CLOSE, until
 * the peer's next packet: so few at a time, only in answer to a packet, and not for longer than Deadlines allows.
 */
const closingBurst = 4;
/** A PING each: the acknowledgement of the third shows the loss of packets before them (RFC 9002 6.1.1), whatever quiche's round trip. */
const probePings = 3;

/** One QUIC connection that carries MQTT: stream 0 is the control stream (mqtt-over-quic, EMQX and NanoSDK alike). */
export class QuicConnection extends WheelItem implements Connection {
  readonly transport = 'quic' as const;
  readonly streams: StreamSet;
  /** Set while it waits in the endpoint's list. */
  awake = false;
  bytesReceived = 0;
  /** Moves what was logged of its secrets to the key log. */
  secrets: (() => void) | undefined = undefined;
  /** MQTT bytes may flow, or did. */
  isReady = false;
  private socketAt = Number.NaN;
  private readyAt = Number.NaN;
  readonly due: Deadlines;
  readonly opening: Opening;
  readonly termination = new Termination(this);
  readonly path: PeerPath;
  localAddress: Address;
  private readonly acks: AckHold;
  /** Its place among all that share its peer's buffer; undefined where nobody has to wait. */
  place: Place | undefined;
  /** QUIC datagrams; undefined unless the setting `datagrams` is on. */
  readonly datagrams: Datagrams | undefined;

  constructor(
    readonly quiche: Quiche,
    readonly role: 'client' | 'server',
    /** The endpoint whose socket it uses. */
    public host: Endpoint,
    private readonly settings: QuicSettings,
    info: RecvInfo,
    private readonly hooks: ConnectionHooks,
    private readonly started: number = nowMicros(),
  ) {
    super();
    const Path = settings.addressMode === 'follow' ? FollowedAddress : ValidatedPaths;
    this.path = new Path(quiche, info, host.io, this);
    this.localAddress = info.to;
    this.streams = new StreamSet(quiche, this);
    this.opening = new Opening(quiche);
    this.due = new Deadlines(settings, role, quiche, host.wheel.now());
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

  get peerAddress(): Address {
    return this.path.current;
  }

  get confirmed(): boolean {
    return this.opening.isConfirmed;
  }

  get handshake(): HandshakeKind {
    return this.opening.kind;
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
    return this.termination.close();
  }

  abort(error?: Error): void {
    if (!this.sending) return;
    this.termination.closeNow(closeCodes.controlStreamEnded);
    this.duplex.destroy(error);
  }

  /** False once CONNECTION_CLOSE was sent or received. */
  get sending(): boolean {
    return this.termination.isOpen;
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
    this.place?.peer.heard();
    this.due.heard();
    this.host.wake(this);
    return true;
  }

  /** Lets the handshake go on and hands received bytes to the application. */
  pump(): void {
    if (this.termination.state === 'discarded') return;
    if (!this.confirmed) this.progress();
    // A server shows a connection to its application when the control stream exists: before, nothing could be written.
    if (this.role === 'server' && !this.isReady && this.quiche.streamReadable(0)) this.becomeReady();
    const any = this.streams.pull(this.isReady);
    this.datagrams?.read();
    // A stateless reset, or a timeout, which close at once, bring no bytes; rearm() sees them when others did in this turn.
    if (this.quiche.isDraining() || (!any && this.quiche.isClosed())) this.termination.peerEnded();
  }

  /** Sends everything that may be sent now, and sets the timer. */
  flush(): void {
    if (this.termination.state === 'discarded') return;
    if (!this.sending) {
      if (!this.quiche.isDraining()) this.transmit();
      this.rearm();
      return;
    }
    if (this.isReady) this.streams.push();
    if (!this.confirmed || !this.acks.holds(this.nowMs())) this.leave();
    // quiche offers early data once the ClientHello is written: what the application writes now leaves right behind it.
    if (this.role === 'client' && this.settings.earlyData && !this.isReady) this.progress();
    this.streams.flushed();
    if (this.termination.state === 'finishing') this.termination.checkFinished();
    if (this.streams.wantsPull) this.host.wake(this); // a reader that caught up after pump() of this turn
    this.rearm();
  }

  fire(): void {
    if (this.termination.state === 'discarded') return;
    if (this.termination.state === 'closing' && !this.quiche.isDraining()) {
      this.termination.discard();
      return;
    }
    const now = this.nowMs();
    if (this.due.hasQuichePassed(now)) {
      this.path.timedOut();
    } else if (!this.attend(this.due.duty(now)) && this.ownDeadline(now) > now) {
      this.rearm();
      return;
    }
    this.wake();
  }

  /** @returns whether there was anything to do */
  private attend(duty: Duty | undefined): boolean {
    if (duty === 'keep-alive') this.quiche.sendAckEliciting();
    else if (duty === 'probe') this.probe();
    else if (duty === 'give-up-setup') this.termination.closeNow(closeCodes.controlStreamEnded);
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
  rehome(host: Endpoint, local: Address): void {
    this.host.wheel.cancel(this);
    this.host = host;
    this.localAddress = local;
    this.path.leaveBy(host.io);
    this.quiche.sendAckEliciting();
    this.awake = false; // the old endpoint's list may still flush it once more, which does no harm
    host.wake(this);
  }

  // What its parts ask of it.

  nowMs(): number {
    return this.host.wheel.now();
  }

  wake(): void {
    this.acks.hasMore();
    this.host.wake(this);
  }

  /** The application learns that the connection is over. */
  ended(): void {
    this.secrets?.();
    this.hooks.ended(this);
  }

  /** Sends, unless its peer's buffer is full: then it is woken later. */
  private leave(): void {
    if (this.place === undefined || this.place.peer.admits(this.place)) this.transmit();
  }

  /** Hands to the socket what quiche has to send. */
  transmit(): void {
    const { place, path } = this;
    const most = this.sending ? (place?.peer.most(burst, this.settings.maxUdpPayload) ?? burst) : closingBurst;
    let sent = 0;
    try {
      sent = path.transmit(most);
    } catch {
      // Closed underneath; the next pump sees it.
    }
    this.acks.sent();
    if (sent === 0) return;
    const now = this.nowMs();
    place?.peer.left(place, sent, path.bytesSent, now);
    if (sent === most) this.host.wake(this);
    this.due.sent(now);
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
    this.due.established(this.nowMs());
    this.secrets?.();
    this.host.established(this);
    if (this.settings.addressMode === 'path-validation') this.host.spareIds(this);
  }

  private becomeReady(): void {
    if (this.isReady || !this.sending) return;
    this.isReady = true;
    this.due.ready();
    this.readyAt = nowMicros();
    this.duplex.usable = true;
    this.hooks.ready(this);
  }

  private rearm(): void {
    const { wheel } = this.host;
    if (!this.sending && !this.quiche.isDraining()) {
      wheel.schedule(this, this.due.closing);
      return;
    }
    const now = wheel.now();
    const quiches = this.due.quiches(now);
    if (quiches === Number.POSITIVE_INFINITY && this.quiche.isClosed()) this.host.wake(this);
    const earliest = Math.min(quiches, this.ownDeadline(now));
    if (earliest !== Number.POSITIVE_INFINITY) wheel.schedule(this, earliest);
  }

  /** The next deadline that is not quiche's. */
  private ownDeadline(nowMs: number): number {
    if (!this.sending) return Number.POSITIVE_INFINITY;
    return Math.min(this.due.next(nowMs), this.streams.finDeadline, this.acks.deadline);
  }
}
