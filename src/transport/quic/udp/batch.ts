import type { Socket } from 'node:dgram';
import type { Address } from '../../contract.js';
import { type BatchCalls, MessageVector } from './batch-calls.js';
import { type Backlog, type PacketHandler, type UdpOptions, UdpSocket } from './io.js';

const batch = 64;
/**
 * What is read before answers leave and timers have their turn: 512 datagrams, or what takes 10 ms. A thousand
 * ClientHellos that wait after a stall are half a second of work: without an end to it the first of these clients
 * would wait for the last, and send again what waits in our own buffer.
 */
const mostBatches = 8;
const longestReadMs = 10;
const EAGAIN = 11;
const EINTR = 4;
const mostPeers = 100_000;

/**
 * Datagrams in batches on Linux: dgram's event brings the first datagram, then
 * recvmmsg drains the same socket inside that event; sends collect and leave by
 * sendmmsg. Measured against plain dgram at 1,000 connections: see docs/quic.md.
 */
export class BatchIo extends UdpSocket {
  private readonly incoming: MessageVector;
  private readonly outgoing: MessageVector;
  private readonly peers = new Map<number, Address>();
  private readonly numbers = new Map<string, number>();
  private filled = 0;
  /** Batches that may still be read in this turn of the event loop. */
  private batchesLeft = mostBatches;
  private isBehind = false;
  private readonly onPacket: PacketHandler;
  private readonly backlog: Backlog;

  constructor(
    socket: Socket,
    private readonly fd: number,
    private readonly calls: BatchCalls,
    { onPacket, maxPayload, backlog }: UdpOptions,
  ) {
    super(socket);
    this.onPacket = onPacket;
    this.backlog = backlog;
    this.incoming = new MessageVector(calls, batch, maxPayload);
    this.outgoing = new MessageVector(calls, batch, maxPayload);
    socket.on('message', (packet, from) => {
      this.received++;
      onPacket(packet, this.peerOf(ipNumber(from.address) * 65_536 + from.port));
      this.drain();
    });
  }

  slot(): Buffer {
    return this.outgoing.payloads[this.filled] as Buffer;
  }

  commit(length: number, to: Address): void {
    let ip = this.numbers.get(to.host);
    if (ip === undefined) {
      ip = ipNumber(to.host);
      if (this.numbers.size > mostPeers) this.numbers.clear();
      this.numbers.set(to.host, ip);
    }
    this.outgoing.prepare(this.filled++, length, ip, to.port);
    if (this.filled === batch) this.flush();
  }

  flush(): void {
    const count = this.filled;
    this.filled = 0;
    if (this.closed) return;
    let done = 0;
    for (let tries = 0; done < count && tries < 2 * batch; tries++) {
      const result = this.calls.send(this.fd, this.outgoing.from(done), count - done);
      if (result > 0) {
        done += result;
        this.sent += result;
      } else if (result !== -EINTR && (result !== -EAGAIN || tries > 8)) {
        // Refused (no route, too long), or the queue stays full: this one is lost as on any network.
        this.errors++;
        done++;
      }
    }
  }

  /** libuv reads up to 32 datagrams by itself in one turn and drains behind each: the allowance is for all of them. */
  private drain(): void {
    if (this.batchesLeft === 0) return;
    const end = performance.now() + longestReadMs;
    while (this.batchesLeft > 0 && !this.closed) {
      const count = this.calls.receive(this.fd, this.incoming.vector, batch);
      if (count <= 0) {
        this.behind(false);
        return;
      }
      this.received += count;
      for (let i = 0; i < count; i++) this.onPacket(this.incoming.received(i), this.peerOf(this.incoming.peer(i)));
      if (count < batch) {
        this.behind(false);
        return;
      }
      if (this.batchesLeft === mostBatches) setImmediate(this.nextTurn);
      this.batchesLeft = performance.now() > end ? 0 : this.batchesLeft - 1;
    }
    this.behind(!this.closed);
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
    this.batchesLeft = mostBatches;
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

/** 192.0.2.1 as one number. */
export function ipNumber(host: string): number {
  let number = 0;
  for (const part of host.split('.')) number = number * 256 + Number(part);
  return number;
}
