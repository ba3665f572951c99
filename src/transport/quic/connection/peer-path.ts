import type { Address } from '../../contract.js';
import type { Quiche, RecvInfo } from '../native.js';
import type { QuicSettings } from '../settings.js';
import type { UdpIo } from '../udp/io.js';
import type { Allowance } from './allowance.js';
import { FollowedAddress } from './followed-address.js';
import { ValidatedPaths } from './validated-paths.js';

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
  /** A timer of quiche's has passed: it learns of that here. */
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
  /** False once CONNECTION_CLOSE was sent or received. */
  readonly sending: boolean;
  /** Whether there is more to send than may be. */
  readonly streams: { readonly areBlocked: boolean };
  /** The peer has moved and will want fresh connection ids. */
  wantsIds(): void;
}

/** @param info where the peer is, and the local address */
export function pathFor(
  mode: QuicSettings['addressMode'],
  quiche: Quiche,
  info: RecvInfo,
  io: UdpIo,
  owner: PathOwner,
): PeerPath {
  return mode === 'follow' ? new FollowedAddress(quiche, info, io, owner) : new ValidatedPaths(quiche, info, io, owner);
}
