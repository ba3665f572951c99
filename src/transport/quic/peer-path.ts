import type { Address } from '../contract.js';
import type { Quiche, RecvInfo } from './native.js';
import type { UdpIo } from './udp-io.js';

/** How a connection's datagrams find the peer, and what happens when either end moves: one class per address mode. */
export interface PeerPath {
  /** Where the peer is. */
  readonly current: Address;
  /** How often it has moved. */
  readonly moves: number;
  /** UDP payload that went out. */
  readonly bytesSent: number;
  /**
   * Hands a datagram to quiche; throws what quiche throws.
   * @param through the socket it came in by
   * @returns whether sending is limited until something is acknowledged from the peer's new address
   */
  take(packet: Buffer, from: Address, through: UdpIo): boolean;
  /** That has happened. */
  confirm(): void;
  /** Sends what quiche has, at most so many packets. @returns how many */
  transmit(most: number): number;
  /** The socket that packets leave by. */
  leaveBy(io: UdpIo): void;
}

/** RFC 9000 8: towards an address that is not validated, at most three times the bytes received from it. */
const amplification = 3;

/** Least room under that limit for which a packet is worth asking for, bytes. */
const minRoom = 64;

/**
 * The address mode `follow`: quiche never learns that anybody moved. We send
 * to where the newest authentic, not yet seen packet came from.
 *
 * Reason: quiche 0.18 loses data in flight on a dead path (its issue 2452) and
 * refuses to follow a second time; hidden from it, both work. Price: no
 * PATH_CHALLENGE, so until something sent to the new address has been
 * acknowledged from it, the limit of RFC 9000 8 applies.
 */
export class FollowedAddress implements PeerPath {
  current: Address;
  moves = 0;
  bytesSent = 0;
  /** Bytes that may still be sent; Infinity once the address is confirmed. */
  private room = Number.POSITIVE_INFINITY;

  constructor(
    private readonly quiche: Quiche,
    private readonly info: RecvInfo,
    private io: UdpIo,
  ) {
    this.current = info.from;
  }

  take(packet: Buffer, from: Address): boolean {
    const { length } = packet;
    if (from.port === this.current.port && from.host === this.current.host) {
      this.quiche.recv(packet, this.info);
      if (this.room === Number.POSITIVE_INFINITY) return false;
      this.room += amplification * length;
      return true;
    }
    // `recv` grows by a packet only if it was new and authentic (verified: a duplicate or a corrupt one adds nothing).
    const before = this.quiche.stats().recv;
    this.quiche.recv(packet, this.info);
    if (this.quiche.stats().recv === before) return false;
    this.current = from;
    this.moves++;
    this.room = amplification * length;
    this.quiche.sendAckEliciting(); // asks for a sign of life from there
    return false;
  }

  confirm(): void {
    this.room = Number.POSITIVE_INFINITY;
  }

  transmit(most: number): number {
    const { quiche, io } = this;
    let sent = 0;
    while (sent < most && this.room >= minRoom) {
      const slot = io.slot();
      const out = quiche.send(this.room < slot.length ? slot.subarray(0, this.room) : slot);
      if (out === null) break;
      io.commit(out[0], this.current);
      this.room -= out[0];
      this.bytesSent += out[0];
      sent++;
    }
    return sent;
  }

  leaveBy(io: UdpIo): void {
    this.io = io;
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
  private readonly sockets = new Map<number, UdpIo>();
  private readonly validated = new Set<string>();

  constructor(
    private readonly quiche: Quiche,
    private readonly info: RecvInfo,
    private io: UdpIo,
    /** After every move fresh connection ids are wanted. */
    private readonly topUp: () => void,
  ) {
    this.current = info.from;
    this.sockets.set(info.to.port, io);
  }

  take(packet: Buffer, from: Address, through: UdpIo): boolean {
    const to = { host: this.info.to.host, port: through.address.port };
    this.quiche.recv(packet, { from, to });
    this.readEvents();
    return false;
  }

  confirm(): void {}

  transmit(most: number): number {
    let sent = 0;
    while (sent < most) {
      const slot = this.io.slot();
      const out = this.quiche.send(slot);
      if (out === null) break;
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
      this.topUp();
    }
  }
}
