import type { Address } from '../../contract.js';
import { minInitialLength } from '../endpoint/packet.js';
import type { UdpIo } from '../udp/io.js';
import { PeerPath } from './peer-path.js';

/** Least room under the allowance for which a packet is worth asking for, bytes. */
const minRoom = 64;
/** From which timer without an answer on quiche makes two probe packets. */
const twoProbes = 2;
/** With so many datagrams on their way any acknowledgement shows the loss of most of them, whatever the probe carried (RFC 9002 6.1.1). */
const manyUnanswered = 4;
/** An acknowledgement shows the loss of every packet whose number is so much lower than its own (RFC 9002 6.1.1). */
const packetThreshold = 3;
/**
 * What a packet with nothing but a PING has beside connection id and packet number, bytes: first byte, four with the PING,
 * authentication tag. An acknowledgement, which quiche prefers, does not fit.
 */
const pingBytes = 21;
/** The first number of packets whose own numbers take one byte more, two, three. */
const longNumbers = [255, 65_535, 2 ** 24];
/** One for all connections and datagrams. */
const noCopies: readonly Buffer[] = [];
/** More packets than a handshake takes, whose numbers are counted on their own. */
const mostHandshake = 32;
/** Beside the connection id, with an acknowledgement beside the PING, and still without data: quiche wants room for the longest head of a STREAM frame. */
const ackBytes = 30;
/**
 * So much of the allowance is for PINGs alone, counted in PINGs. Without that one lost datagram could stop a connection for good: nothing
 * may be sent any more, and a peer that was acknowledged has nothing to say. One that was not asks again, which adds to the allowance.
 */
const reservedPings = 8;

/**
 * The address mode `follow`: quiche never learns that anybody moved. We send
 * to where the newest authentic, not yet seen packet came from.
 *
 * Reason: quiche 0.18 loses data in flight on a dead path (its issue 2452) and
 * refuses to follow a second time; hidden from it, both work. Price: no
 * PATH_CHALLENGE, so until something sent to the new address has been
 * acknowledged from it, the limit of RFC 9000 8 applies. quiche does not tell what
 * was acknowledged, only that nothing is in flight any more.
 *
 * It is so after one round trip when the three newest packet numbers all go to the new address: whoever acknowledges them shows
 * the loss of everything before. In a congestion window with room three PINGs do that. In one that is full of packets for a dead
 * path a PING has to wait; quiche's probes do not, but their timer has doubled for as long as the path was dead. Therefore
 * probes in a full window are small, the last two are kept to be sent again to a new address, and of the two that quiche
 * makes from its second timer on one is not asked for until the peer is heard: then it leaves at once.
 */
export class FollowedAddress extends PeerPath {
  /** The peer has a new address, and nothing new that it must acknowledge has been sent there yet. */
  private asks = false;
  /** That has been sent, and the peer was heard from there since: nothing more until it is acknowledged. */
  private waits = false;
  /** Probes that quiche asked for since the peer was last heard. */
  private unanswered = 0;
  /** The next packet is a probe and nothing but a PING: in a full window, or to an address that is not proved. */
  private probes = false;
  /** quiche owes another probe, which is kept for when the peer is heard. */
  private holds = false;
  /** The newest packets, newest last, as long as they are such probes. */
  private copies: readonly Buffer[] = noCopies;
  /** We have moved: whatever leaves first must reach the peer. */
  private hasLeft = false;
  /** Sent since the peer was last heard. */
  private sentUnheard = 0;
  private bytesUnheard = 0;

  take(packet: Buffer, from: Address): void {
    const { length } = packet;
    if (from.port === this.current.port && from.host === this.current.host) {
      this.quiche.recv(packet, this.info);
      this.allowance.received(length);
      this.prove();
      this.waits = this.isOpen && this.allowance.isLimited && !this.asks;
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
      this.waits = false;
    }
    this.unanswered = 0;
    this.sentUnheard = 0;
    this.bytesUnheard = 0;
    this.probes = false;
    if (this.asks) return;
    this.holds = false;
    this.copies = noCopies; // whoever is still there has them
  }

  timedOut(): void {
    const { lost } = this.quiche.stats();
    this.quiche.onTimeout();
    this.prove();
    if (this.quiche.stats().lost > lost) return; // a timer for losses, not for a probe
    this.unanswered++;
    this.waits = false;
    const isBlind = this.unanswered >= twoProbes || this.sentUnheard >= manyUnanswered || this.owner.streams.areBlocked;
    this.probes = this.isOpen && (this.allowance.isLimited || (isBlind && this.isWindowFull()));
    this.holds = false;
  }

  /** Whether a PING would have to wait behind two probes of full size. quiche tells the window, but not what is in flight. */
  private isWindowFull(): boolean {
    if (this.owner.streams.areBlocked) return true;
    const { cwnd = Number.POSITIVE_INFINITY, pmtu = 0 } = this.quiche.pathStats()[0] ?? {};
    return this.bytesUnheard + (twoProbes + 1) * pmtu > cwnd;
  }

  /** Nothing is in flight any more, so what was sent to the new address has been acknowledged. */
  private prove(): void {
    if (this.allowance.isLimited && this.isOpen && !this.asks && this.owner.due.nothingInFlight())
      this.allowance.lift();
  }

  transmit(most: number): number {
    let sent = this.probes ? this.probe() : 0;
    if (this.asks) sent += this.ask();
    // In a full window there is no more to send.
    if (this.asks || (this.holds && this.owner.sending)) return sent;
    // Data would be in flight whenever something is acknowledged, and the address never proved.
    const largest = this.waits && this.allowance.isLimited ? this.id + ackBytes : undefined;
    const { copies } = this;
    while (sent < most && this.send(largest, this.spare)) sent++;
    if (this.hasLeft) for (const copy of copies) sent += this.repeat(copy);
    this.hasLeft = false;
    return sent;
  }

  override leaveBy(io: UdpIo): void {
    super.leaveBy(io);
    this.holds = false;
    this.hasLeft = true;
  }

  /**
   * Sends one packet of at most so many bytes.
   * @param left what it may take of the allowance
   * @param keeps a copy of it
   * @returns whether it did: not when there is nothing to send, or no room for it
   */
  private send(largest = Number.POSITIVE_INFINITY, left = this.allowance.left, keeps = false): boolean {
    const room = Math.min(left, largest);
    // With less than that of a datagram quiche would cut an Initial short.
    const least = this.isOpen ? minRoom : minInitialLength;
    if (room < Math.min(least, largest)) return false;
    const slot = this.io.slot();
    const out = this.quiche.send(room < slot.length ? slot.subarray(0, room) : slot);
    if (out === null) return false;
    this.copies = keeps ? [...this.copies.slice(-1), Buffer.from(slot.subarray(0, out[0]))] : noCopies;
    this.commit(out[0]);
    return true;
  }

  /** What of the allowance is not for PINGs alone, bytes. A handshake needs none: its client asks again by itself. */
  private get spare(): number {
    const { left, isLimited } = this.allowance;
    return isLimited && this.isOpen && this.owner.sending ? left - reservedPings * this.pingLength : left;
  }

  private get id(): number {
    return this.quiche.destinationId().length;
  }

  private get pingLength(): number {
    const { sent } = this.quiche.stats();
    // The count holds the handshake's: about here it does not tell how long the next number is.
    if (longNumbers.some((first) => sent >= first && sent < first + mostHandshake)) return this.id + ackBytes;
    return this.id + pingBytes + 1 + longNumbers.filter((first) => sent >= first).length;
  }

  private commit(length: number): void {
    this.io.commit(length, this.current);
    this.allowance.sent(length);
    this.bytesSent += length;
    this.bytesUnheard += length;
    this.sentUnheard++;
  }

  private repeat(copy: Buffer): number {
    if (this.allowance.left < copy.length) return 0;
    this.io.slot().set(copy);
    this.commit(copy.length);
    return 1;
  }

  /** Sends the three newest packet numbers to a new address. @returns packets */
  private ask(): number {
    const { copies, holds } = this;
    this.copies = noCopies;
    const [withAck, ping] = [this.id + ackBytes, this.pingLength];
    const hasRoom = this.spare >= withAck + (packetThreshold - 1) * ping;
    let numbers = 0;
    do {
      this.quiche.sendAckEliciting();
    } while (this.send(hasRoom && numbers === 0 ? withAck : ping) && ++numbers < packetThreshold);
    // In a full window the first is the acknowledgement that is due and no more, unless a probe was kept; there is no second.
    if (numbers > 1 || (holds && numbers > 0)) this.asks = false;
    if (numbers === 0 && this.send(withAck, this.spare)) numbers++;
    this.holds = holds && numbers === 0;
    let sent = numbers;
    for (let i = copies.length - 1; i >= 0 && sent < packetThreshold; i--) sent += this.repeat(copies[i] as Buffer);
    return sent;
  }

  /** Sends quiche's probe as a PING. @returns packets */
  private probe(): number {
    this.probes = false;
    if (!this.send(this.pingLength, this.allowance.left, true)) return 0;
    this.asks = false;
    this.holds = this.unanswered >= twoProbes;
    return 1;
  }
}
