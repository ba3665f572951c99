import type { Address } from '../../contract.js';
import type { Quiche, RecvInfo } from '../native.js';
import type { UdpIo } from '../udp/io.js';
import type { QuicConnection } from './connection.js';

/** RFC 9000 8: at most three times the bytes received. */
const amplification = 3;

/**
 * How many bytes of datagrams, padding included, may be sent to an address that may be somebody else's. quiche counts by itself,
 * but not the padding of datagrams with Initials: one ClientHello of 1200 bytes drew 6328 bytes from it.
 */
class Allowance {
  /** Bytes that may still be sent; Infinity once the address is proved. */
  left = Number.POSITIVE_INFINITY;

  get isLimited(): boolean {
    return this.left !== Number.POSITIVE_INFINITY;
  }

  /** An address of which nothing is known yet. */
  limit(): void {
    this.left = 0;
  }

  lift(): void {
    this.left = Number.POSITIVE_INFINITY;
  }

  received(bytes: number): void {
    this.left += amplification * bytes;
  }

  sent(bytes: number): void {
    this.left -= bytes;
  }
}

/** How a connection's datagrams find the peer, and what happens when either end moves: one class per address mode. */
export abstract class PeerPath {
  /** Where the peer is. */
  current: Address;
  /** How often it has moved. */
  moves = 0;
  /** UDP payload that went out. */
  bytesSent = 0;
  /** What may be sent to the peer's address while nothing proves that the peer is there. */
  readonly allowance = new Allowance();
  /** The handshake is over. */
  protected isOpen = false;

  /**
   * @param info where the peer is, and the local address
   * @param io the socket that packets leave by
   */
  constructor(
    protected readonly quiche: Quiche,
    protected readonly info: RecvInfo,
    protected io: UdpIo,
    protected readonly owner: QuicConnection,
  ) {
    this.current = info.from;
  }

  /**
   * Hands a datagram to quiche; throws what quiche throws.
   * @param through the socket it came in by
   */
  abstract take(packet: Buffer, from: Address, through: UdpIo): void;
  /** A timer of quiche's has passed: it learns of that here. */
  abstract timedOut(): void;
  /** Sends what quiche has, at most so many packets. @returns how many */
  abstract transmit(most: number): number;

  /** The handshake is over, which proves the address it was made with. */
  open(): void {
    this.isOpen = true;
    this.allowance.lift();
  }

  leaveBy(io: UdpIo): void {
    this.io = io;
  }
}
