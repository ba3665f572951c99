import type { Address } from '../../contract.js';
import type { BatchCalls } from './batch-calls.js';
import { type Backlog, type PacketHandler, type UdpOptions, UdpSocket, type Wire } from './io.js';
import { ipNumber, type Segmentation, segmentation, unsegmented } from './segmentation.js';
import { ReceiveVector, SendVector } from './vectors.js';

const batch = 64;
/** Messages that one call reads where each may be a train of datagrams; all pages that they do not fill cost nothing. */
const trains = 32;
const trainBytes = 65_536;
/**
 * What is read before answers leave and timers have their turn: 512 datagrams, or what takes 10 ms, looked at with every 64. A thousand
 * ClientHellos that wait after a stall are half a second of work: without an end to it the first of these clients
 * would wait for the last, and send again what waits in our own buffer.
 */
const mostDatagrams = 512;
const longestReadMs = 10;
const EAGAIN = 11;
const EINTR = 4;
/** Attempts at a full queue. */
const mostTries = 8;
const mostPeers = 100_000;

/**
 * Datagrams in batches on Linux: when the socket can be read, recvmmsg drains it; sends collect and leave by
 * sendmmsg. Where libuv cannot be asked to watch alone, dgram's event brings the first datagram. Measured against plain dgram at 1,000 connections: see docs/quic.md.
 */
export class BatchIo extends UdpSocket {
  private readonly incoming: ReceiveVector;
  private readonly outgoing: SendVector;
  private readonly peers = new Map<number, Address>();
  private readonly numbers = new Map<string, number>();
  /** Datagrams that may still be read in this turn of the event loop. */
  private datagramsLeft = mostDatagrams;
  /** Messages that were read, and how many of them have been handed on. */
  private messages = 0;
  private handed = 0;
  private isBehind = false;
  private readonly onPacket: PacketHandler;
  private readonly backlog: Backlog;
  /** Whether datagrams for an address may leave as one message. */
  private segments: Segmentation;

  constructor(
    socket: Wire,
    private readonly fd: number,
    private readonly calls: BatchCalls,
    { onPacket, maxPayload, backlog, io }: UdpOptions,
    /** Whether the socket gives trains as they came (UDP_GRO). */
    hasTrains: boolean,
  ) {
    super(socket);
    this.onPacket = onPacket;
    this.backlog = backlog;
    this.segments = io === 'auto' ? segmentation() : unsegmented;
    this.incoming = hasTrains
      ? new ReceiveVector(calls, trains, trainBytes)
      : new ReceiveVector(calls, batch, maxPayload);
    this.outgoing = new SendVector(calls, batch, maxPayload);
  }

  /** Takes the datagram that dgram has read, and then what waits behind it. */
  readonly first = (packet: Buffer, from: { address: string; port: number }): void => {
    this.received++;
    this.onPacket(packet, this.peerOf(ipNumber(from.address) * 65_536 + from.port));
    this.drain();
  };

  slot(): Buffer {
    return this.outgoing.slot;
  }

  commit(length: number, to: Address): void {
    let ip = this.numbers.get(to.host);
    if (ip === undefined) {
      ip = ipNumber(to.host);
      if (this.numbers.size > mostPeers) this.numbers.clear();
      this.numbers.set(to.host, ip);
    }
    this.outgoing.add(length, ip, to.port, this.segments(ip));
    if (this.outgoing.isFull) this.flush();
  }

  flush(): void {
    const { outgoing } = this;
    const count = outgoing.messages;
    let done = this.closed ? count : 0;
    for (let tries = 0; done < count; tries++) {
      const result = this.calls.send(this.fd, outgoing.from(done), count - done);
      for (let i = 0; i < result; i++) this.sent += outgoing.count(done++);
      if (result > 0 || result === -EINTR || (result === -EAGAIN && tries <= mostTries)) continue;
      // Refused (no route, too long), or the queue stays full: this one is lost as on any network.
      if (result === -EAGAIN || outgoing.count(done) === 1) this.errors += outgoing.count(done);
      else this.sendSingly(done);
      done++;
    }
    outgoing.clear();
  }

  /** The kernel refuses several datagrams as one message: not at all (old kernels, devices without checksums), or for this route. */
  private sendSingly(message: number): void {
    const { outgoing, calls } = this;
    for (let k = 0; k < outgoing.count(message); k++) {
      outgoing.separate(message, k);
      if (calls.send(this.fd, outgoing.from(message), 1) !== 1) this.errors++;
      else {
        this.sent++;
        this.segments = unsegmented; // as one it would have arrived as well
      }
    }
  }

  /** Reads what waits. dgram reads up to 32 datagrams in one turn and drains behind each: the allowance is for all of them. */
  readonly drain = (): void => {
    if (this.datagramsLeft <= 0) return;
    const end = performance.now() + longestReadMs;
    let due = this.datagramsLeft - batch;
    while (!this.closed) {
      if (this.handed === this.messages && !this.readMore()) {
        this.behind(false);
        return;
      }
      if (this.datagramsLeft === mostDatagrams) setImmediate(this.nextTurn);
      this.datagramsLeft -= this.handOn(this.handed++);
      if (this.datagramsLeft > due) continue;
      if (this.datagramsLeft <= 0 || performance.now() > end) break;
      due = this.datagramsLeft - batch;
    }
    this.datagramsLeft = 0;
    this.behind(!this.closed);
  };

  /** @returns whether there was anything */
  private readMore(): boolean {
    const { incoming, messages } = this;
    // A call that was not filled has emptied the socket; libuv tells when there is more.
    const isEmpty = messages > 0 && messages < incoming.size;
    this.handed = 0;
    this.messages = isEmpty ? 0 : Math.max(0, this.calls.receive(this.fd, incoming.next(), incoming.size));
    return this.messages > 0;
  }

  /** Hands on the datagrams of one message. @returns how many */
  private handOn(message: number): number {
    const { incoming } = this;
    const peer = this.peerOf(incoming.peer(message));
    const count = incoming.count(message);
    this.received += count;
    for (let k = 0; k < count && !this.closed; k++) this.onPacket(incoming.datagram(message, k), peer);
    return count;
  }

  private behind(isBehind: boolean): void {
    if (isBehind === this.isBehind) return;
    this.isBehind = isBehind;
    this.backlog.sockets += isBehind ? 1 : -1;
  }

  override close(): void {
    super.close();
    this.behind(false);
  }

  private readonly nextTurn = (): void => {
    this.datagramsLeft = mostDatagrams;
    if (this.isBehind && !this.closed) this.drain(); // libuv may have read the last of it: no event would come any more
  };

  /** One object per peer, so that a datagram costs no string. */
  private peerOf(key: number): Address {
    let peer = this.peers.get(key);
    if (!peer) {
      const ip = Math.floor(key / 65_536);
      peer = { host: [24, 16, 8, 0].map((shift) => (ip >>> shift) & 255).join('.'), port: key % 65_536 };
      if (this.peers.size > mostPeers) this.peers.clear();
      this.peers.set(key, peer);
    }
    return peer;
  }
}
