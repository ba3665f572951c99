import { readFileSync } from 'node:fs';
import { isIPv6 } from 'node:net';
import type { Address } from '../../contract.js';

/** A received datagram; the buffer is valid (and may be written to) only during the call. */
export type PacketHandler = (packet: Buffer, from: Address) => void;

/**
 * Datagrams in and out of one UDP socket. A packet to send is written into
 * slot(), handed over with commit(), and has left after flush() at the latest.
 */
export interface UdpIo {
  readonly address: Address;
  slot(): Buffer;
  commit(length: number, to: Address): void;
  flush(): void;
  /** Whether the socket keeps the process alive. */
  ref(on: boolean): void;
  counters(): UdpCounters;
  close(): void;
}

/** What happened to datagrams outside QUIC's sight. */
export interface UdpCounters {
  readonly datagramsReceived: number;
  readonly datagramsSent: number;
  /** The kernel refused to send (no route, message too long, buffer full). */
  readonly sendErrors: number;
  /** Datagrams the kernel dropped because our receive buffer was full. */
  readonly receiveDrops: number;
}

/** How many sockets have stopped reading, for the sake of everything else, before they were empty. */
export interface Backlog {
  sockets: number;
}

export interface UdpOptions {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  readonly onPacket: PacketHandler;
  /** Asked of SO_RCVBUF and SO_SNDBUF in bytes; the kernel clamps it to net.core.rmem_max. */
  readonly bufferBytes: number;
  /** Largest UDP payload in either direction, bytes. */
  readonly maxPayload: number;
  /** batch: batches of datagrams per system call where the system has them; auto: and several as one message on loopback. */
  readonly io: 'auto' | 'batch' | 'dgram';
  /** Whether the kernel may hand over several datagrams of one length as one message (UDP_GRO); 2 MiB of addresses for the socket. */
  readonly takesTrains?: boolean;
  /** Where the socket reports that it is behind. */
  readonly backlog: Backlog;
}

/**
 * Datagrams dropped at this socket because its receive buffer was full: the
 * last column of /proc/net/udp (Linux, Documentation/networking/proc_net_tcp). 0 elsewhere.
 */
function kernelDrops(address: Address): number {
  const port = address.port.toString(16).toUpperCase().padStart(4, '0');
  try {
    const table = readFileSync(isIPv6(address.host) ? '/proc/net/udp6' : '/proc/net/udp', 'utf8');
    const own = isIPv6(address.host) ? undefined : hexAddress(address.host);
    for (const line of table.split('\n')) {
      const fields = line.trim().split(/\s+/);
      const [host, hexPort] = (fields[1] ?? '').split(':');
      if (hexPort === port && (own === undefined || own === host)) return Number(fields.at(-1));
    }
  } catch {
    // No such table outside Linux.
  }
  return 0;
}

/** 127.0.0.1 as /proc/net/udp writes it on a little-endian machine: 0100007F. */
function hexAddress(host: string): string {
  const bytes = host.split('.').map((part) => Number(part).toString(16).toUpperCase().padStart(2, '0'));
  return bytes.reverse().join('');
}

/** What {@link UdpSocket} needs of a socket; one of dgram's has it. */
export interface Wire {
  address(): { address: string; port: number };
  on(event: 'error', heard: (error: Error) => void): unknown;
  ref(): unknown;
  unref(): unknown;
  close(): unknown;
}

/** What all implementations of {@link UdpIo} have in common: the socket, what is counted, and its end. */
export abstract class UdpSocket implements UdpIo {
  readonly address: Address;
  protected received = 0;
  protected sent = 0;
  protected errors = 0;
  protected closed = false;

  constructor(protected readonly socket: Wire) {
    const { address, port } = socket.address();
    this.address = { host: address, port };
    socket.on('error', () => this.errors++);
  }

  abstract slot(): Buffer;
  abstract commit(length: number, to: Address): void;
  abstract flush(): void;

  ref(on: boolean): void {
    if (this.closed) return;
    if (on) this.socket.ref();
    else this.socket.unref();
  }

  counters(): UdpCounters {
    return {
      datagramsReceived: this.received,
      datagramsSent: this.sent,
      sendErrors: this.errors,
      receiveDrops: kernelDrops(this.address),
    };
  }

  close(): void {
    if (this.closed) return;
    this.flush();
    this.closed = true;
    this.socket.close();
  }
}
