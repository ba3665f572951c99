import type { Address } from '../contract.js';
import type { Quiche, RecvInfo } from './native.js';

/** RFC 9000 8: towards an address that is not validated, at most three times the bytes received from it. */
const amplification = 3;

/**
 * The address mode `follow`: quiche never learns that the peer moved. We send
 * to where the newest authentic, not yet seen packet came from.
 *
 * Reason: quiche 0.18 loses data in flight on a dead path (its issue 2452) and
 * refuses to follow a second time; hidden from it, both work. Price: no
 * PATH_CHALLENGE, so until something sent to the new address has been
 * acknowledged from it, the limit of RFC 9000 8 applies.
 */
export class FollowedAddress {
  /** Where packets go. */
  current: Address;
  /** How often the peer has moved. */
  moves = 0;
  /** Bytes that may still be sent; Infinity once the address is confirmed. */
  room = Number.POSITIVE_INFINITY;

  constructor(
    private readonly quiche: Quiche,
    address: Address,
  ) {
    this.current = address;
  }

  /**
   * Hands a datagram to quiche, which always hears that it came from where the first one came from.
   * @returns whether the address it came from is not confirmed yet; throws what quiche throws
   */
  take(packet: Buffer, from: Address, info: RecvInfo): boolean {
    const { length } = packet;
    if (from.port === this.current.port && from.host === this.current.host) {
      this.quiche.recv(packet, info);
      if (this.room === Number.POSITIVE_INFINITY) return false;
      this.room += amplification * length;
      return true;
    }
    // `recv` grows by a packet only if it was new and authentic (verified: a duplicate or a corrupt one adds nothing).
    const before = this.quiche.stats().recv;
    this.quiche.recv(packet, info);
    if (this.quiche.stats().recv === before) return false;
    this.current = from;
    this.moves++;
    this.room = amplification * length;
    this.quiche.sendAckEliciting(); // asks for a sign of life from there
    return false;
  }

  /** Bytes were sent there. */
  sent(bytes: number): void {
    this.room -= bytes;
  }

  /** Something sent to it was acknowledged from it: the limit ends. */
  confirm(): void {
    this.room = Number.POSITIVE_INFINITY;
  }
}
