import type { Address } from '../../contract.js';
import { minInitialLength } from '../endpoint/packet.js';
import type { Quiche, RecvInfo } from '../native.js';
import type { AddressMode } from '../settings.js';
import type { UdpIo } from '../udp/io.js';
import { Allowance } from './allowance.js';

/** How a connection's datagrams find the peer, and what happens when either end moves: one class per address mode. */
export interface PeerPath {
  /** Where the peer is. */
  readonly current: Address;
  /** How often it has moved. */
  readonly moves: number;
  /** UDP payload that went out. */
  readonly bytesSent: number;
  /** What may be sent to the peer's address while nothing proves that the peer is there. */
  readonly allowance: Allowance;
  /**
   * Hands a datagram to quiche; throws what quiche throws.
   * @param through the socket it came in by
   */
  take(packet: Buffer, from: Address, through: UdpIo): void;
  /** The handshake is over, which proves the address it was made with. */
  open(): void;
  /** A timer of quiche's has passed. */
  timedOut(): void;
  /** Sends what quiche has, at most so many packets. @returns how many */
  transmit(most: number): number;
  /** The socket that packets leave by. */
  leaveBy(io: UdpIo): void;
}

/** What a path asks of its connection. */
export interface PathOwner {
  /** Whether all that was sent is acknowledged, or lost. */
  nothingInFlight(): boolean;
  /** Whether there is more to send than may be. */
  readonly streams: { readonly areBlocked: boolean };
  /** The peer has moved and will want fresh connection ids. */
  wantsIds(): void;
}

/** @param info where the peer is, and the local address */
export function pathFor(mode: AddressMode, quiche: Quiche, info: RecvInfo, io: UdpIo, owner: PathOwner): PeerPath {
  return mode === 'follow' ? new FollowedAddress(quiche, info, io, owner) : new ValidatedPaths(quiche, info, io, owner);
}

/** Least room under the allowance for which a packet is worth asking for, bytes. */
const minRoom = 64;

/** Holds the smallest ack-eliciting packet: short header with an id of 20 bytes, packet number, PING, authentication tag. */
const smallest = 48;

/** From which timer without an answer on quiche makes two probe packets. */
const twoProbes = 2;
/** With so many datagrams on their way any acknowledgement shows the loss of most of them, whatever the probe carried (RFC 9002 6.1.1). */
const manyUnanswered = 4;

/**
 * The address mode `follow`: quiche never learns that anybody moved. We send
 * to where the newest authentic, not yet seen packet came from.
 *
 * Reason: quiche 0.18 loses data in flight on a dead path (its issue 2452) and
 * refuses to follow a second time; hidden from it, both work. Price: no
 * PATH_CHALLENGE, so until something sent to the new address has been
 * acknowledged from it, the limit of RFC 9000 8 applies.
 *
 * Whoever moved while the congestion window was full of packets for the dead path would wait for quiche's probe timer, which
 * has doubled for as long as that path was dead: only its probes ignore the window, PINGs do not. So of every probe after the first
 * one packet is kept back, and is the first thing sent when the peer is heard again. Of the first, which is a single packet, a small
 * one is sent, and sent again as it is to a new address.
 */
export class FollowedAddress implements PeerPath {
  current: Address;
  moves = 0;
  bytesSent = 0;
  readonly allowance = new Allowance();
  private isOpen = false;
  /** The peer has a new address, and nothing that it must acknowledge has been sent there yet. */
  private asks = false;
  /** Timers of quiche since the peer was last heard. */
  private unanswered = 0;
  /** The next packets are probes. */
  private probes = false;
  private spareBuffer: Buffer | undefined;
  /** An ack-eliciting packet that quiche believes sent. */
  private spare: Buffer | undefined;
  /** It has been sent, too. */
  private isCopy = false;
  /** Datagrams sent since the peer was last heard. */
  private sentUnheard = 0;
  private spareDue = false;

  constructor(
    private readonly quiche: Quiche,
    private readonly info: RecvInfo,
    private io: UdpIo,
    private readonly owner: PathOwner,
  ) {
    this.current = info.from;
  }

  take(packet: Buffer, from: Address): void {
    const { length } = packet;
    if (from.port === this.current.port && from.host === this.current.host) {
      this.quiche.recv(packet, this.info);
      this.allowance.received(length);
      this.prove();
    } else {
      // `recv` grows by a packet only if it was new and authentic (verified: a duplicate or a corrupt one adds nothing).
      const before = this.quiche.stats().recv;
      this.quiche.recv(packet, this.info);
      if (this.quiche.stats().recv === before) return;
      this.current = from;
      this.moves++;
      this.allowance.limit();
      this.allowance.received(length);
      this.asks = this.isOpen;
      this.quiche.sendAckEliciting(); // asks for a sign of life from there
    }
    this.unanswered = 0;
    this.sentUnheard = 0;
    this.probes = false;
    if (this.isCopy && !this.asks) this.spare = undefined; // whoever is still there has it
    this.spareDue = this.spare !== undefined;
  }

  open(): void {
    this.isOpen = true;
    this.allowance.lift();
  }

  timedOut(): void {
    this.unanswered++;
    const isBlind = this.unanswered >= twoProbes || this.sentUnheard >= manyUnanswered || this.owner.streams.areBlocked;
    if (this.isOpen && isBlind) this.probes = true;
    this.prove();
  }

  /** Nothing is in flight any more, so what was sent to the new address has been acknowledged. */
  private prove(): void {
    if (this.allowance.isLimited && this.isOpen && !this.asks && this.owner.nothingInFlight()) this.allowance.lift();
  }

  transmit(most: number): number {
    let sent = this.probes ? this.probe() : 0;
    let last = 1;
    while (sent < most && last > 0) {
      last = this.send(this.asks ? smallest : 0);
      if (last > 0) sent++;
    }
    // Once the acknowledgement that is due has left, whatever follows must be acknowledged itself.
    if (this.asks && (sent > 0 || last === 0)) sent += this.ask();
    if (this.spareDue) sent += this.sendSpare();
    return sent;
  }

  leaveBy(io: UdpIo): void {
    this.io = io;
    this.spareDue = this.spare !== undefined;
  }

  /**
   * Sends one packet.
   * @param reserve bytes of the allowance that it leaves
   * @returns its length, 0 when there is nothing to send, -1 when the allowance is used up
   */
  private send(reserve: number): number {
    const room = this.allowance.left - reserve;
    if (room < this.least) return -1;
    const slot = this.io.slot();
    const out = this.quiche.send(room < slot.length ? slot.subarray(0, room) : slot);
    if (out === null) return 0;
    this.commit(out[0]);
    return out[0];
  }

  /** Room under which no packet is asked for: quiche would cut a datagram with an Initial short. */
  private get least(): number {
    if (!this.isOpen) return minInitialLength;
    return this.asks ? smallest : minRoom;
  }

  private commit(length: number): void {
    this.io.commit(length, this.current);
    this.allowance.sent(length);
    this.bytesSent += length;
    this.sentUnheard++;
  }

  /** Sends something that the new address must acknowledge. @returns packets */
  private ask(): number {
    // In a full window a PING waits, the spare does not. A copy may have been acknowledged elsewhere: it proves less than a PING.
    const sent = this.isCopy ? this.ping() || this.sendSpare() : this.sendSpare() || this.ping();
    if (sent > 0) this.asks = false;
    return sent;
  }

  private ping(): number {
    this.quiche.sendAckEliciting();
    return this.send(0) > 0 ? 1 : 0;
  }

  /** Sends what quiche probes with, and keeps a packet. @returns packets */
  private probe(): number {
    this.probes = false;
    if (this.isCopy) this.spare = undefined;
    if (this.allowance.left < smallest) return 0;
    if (this.unanswered < twoProbes) return this.makeSpare() ? this.sendCopy() : 0;
    if (this.send(0) <= 0) return 0;
    const sent = 1 + this.sendSpare();
    if (!this.spare) this.makeSpare(); // else there was no room for it
    return sent;
  }

  private makeSpare(): boolean {
    this.spareBuffer ??= Buffer.alloc(smallest);
    const out = this.quiche.send(this.spareBuffer);
    if (out === null) return false;
    this.spare = this.spareBuffer.subarray(0, out[0]);
    this.isCopy = false;
    return true;
  }

  private sendCopy(): number {
    const { spare } = this;
    this.sendSpare();
    this.spare = spare;
    this.isCopy = true;
    return 1;
  }

  private sendSpare(): number {
    const { spare } = this;
    if (!spare || this.allowance.left < spare.length) return 0;
    this.spare = undefined;
    this.spareDue = false;
    this.io.slot().set(spare);
    this.commit(spare.length);
    return 1;
  }
}

/**
 * The address mode `path-validation`: quiche keeps the paths and validates
 * them (RFC 9000 9). Known defects of quiche 0.18: data in flight on a dead
 * path beyond two packets is lost for good, and only a few moves are possible.
 */
export class ValidatedPaths implements PeerPath {
  current: Address;
  moves = 0;
  bytesSent = 0;
  readonly allowance = new Allowance();
  private isOpen = false;
  private readonly sockets = new Map<number, UdpIo>();
  private readonly validated = new Set<string>();

  constructor(
    private readonly quiche: Quiche,
    private readonly info: RecvInfo,
    private io: UdpIo,
    private readonly owner: PathOwner,
  ) {
    this.current = info.from;
    this.sockets.set(info.to.port, io);
  }

  take(packet: Buffer, from: Address, through: UdpIo): void {
    const to = { host: this.info.to.host, port: through.address.port };
    this.quiche.recv(packet, { from, to });
    this.allowance.received(packet.length);
    this.readEvents();
  }

  open(): void {
    this.isOpen = true;
    this.allowance.lift();
  }

  timedOut(): void {}

  transmit(most: number): number {
    let sent = 0;
    while (sent < most && (this.isOpen || this.allowance.left >= minInitialLength)) {
      const slot = this.io.slot();
      const { left } = this.allowance;
      const out = this.quiche.send(left < slot.length ? slot.subarray(0, left) : slot);
      if (out === null) break;
      this.allowance.sent(out[0]);
      const through = this.sockets.get(out[1].from.port) ?? this.io;
      if (through === this.io) {
        through.commit(out[0], out[1].to);
      } else {
        through.slot().set(slot.subarray(0, out[0])); // a probe leaves by the socket of the path it probes
        through.commit(out[0], out[1].to);
        through.flush();
      }
      this.bytesSent += out[0];
      sent++;
    }
    return sent;
  }

  leaveBy(io: UdpIo): void {
    this.io = io;
  }

  /** Packets for this local port go through that socket. */
  add(io: UdpIo): void {
    this.sockets.set(io.address.port, io);
  }

  /** Whether the path from a local port has been validated by the peer's PATH_RESPONSE. */
  isValidated(localPort: number): boolean {
    return this.validated.has(String(localPort));
  }

  private readEvents(): void {
    for (let event = this.quiche.pathEventNext(); event; event = this.quiche.pathEventNext()) {
      if (event.type === 'Validated') this.validated.add(String(event.local.port));
      if (event.type !== 'PeerMigrated') continue;
      this.moves++;
      const active = this.quiche.pathStats().find((path) => path.active);
      if (active) this.current = active.peerHost;
      this.owner.wantsIds();
    }
  }
}
