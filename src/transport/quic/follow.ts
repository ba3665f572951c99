import type { Address } from '../contract.js';
import type { Quiche } from './native.js';

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

  /** Whether a datagram comes from elsewhere. Cheap: called for every one. */
  isElsewhere(from: Address): boolean {
    return from.port !== this.current.port || from.host !== this.current.host;
  }

  /** Authentic packets received so far; grows by one only for a packet that was new and decrypted. */
  authentic(): number {
    return this.quiche.stats().recv;
  }

  /** Sends to another address from now on, and asks it for a sign of life. */
  moveTo(address: Address, received: number): void {
    this.current = address;
    this.moves++;
    this.room = amplification * received;
    this.quiche.sendAckEliciting();
  }

  /** More came from the unconfirmed address. */
  heard(received: number): void {
    this.room += amplification * received;
  }

  sent(bytes: number): void {
    this.room -= bytes;
  }

  /** Something sent to it was acknowledged from it: the limit ends. */
  confirm(): void {
    this.room = Number.POSITIVE_INFINITY;
  }
}
