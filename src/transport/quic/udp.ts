import { createSocket, type Socket } from 'node:dgram';
import { readFileSync } from 'node:fs';
import { isIPv6 } from 'node:net';
import { MqbenchError } from '../../base/errors.js';
import type { Address } from '../contract.js';

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

export interface UdpOptions {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  readonly onPacket: PacketHandler;
  /** Asked of SO_RCVBUF and SO_SNDBUF in bytes; the kernel clamps it to net.core.rmem_max. */
  readonly bufferBytes: number;
}

/** More than any UDP payload we send: the largest allowed by a 9,000-byte jumbo frame, or loopback's 16 KB. */
export const slotBytes = 16_384;

/** The portable implementation: Node's dgram, one system call per datagram. */
export class DgramIo implements UdpIo {
  readonly address: Address;
  private buffer = Buffer.allocUnsafeSlow(slotBytes);
  private received = 0;
  private sent = 0;
  private errors = 0;
  private closed = false;

  private constructor(
    private readonly socket: Socket,
    onPacket: PacketHandler,
  ) {
    const { address, port } = socket.address();
    this.address = { host: address, port };
    socket.on('message', (packet, from) => {
      this.received++;
      onPacket(packet, { host: from.address, port: from.port });
    });
    socket.on('error', () => this.errors++);
  }

  /** @throws MqbenchError MQB_PORT_IN_USE, MQB_LISTEN */
  static open(options: UdpOptions): Promise<DgramIo> {
    const six = isIPv6(options.host);
    const socket = createSocket({
      type: six ? 'udp6' : 'udp4',
      // Peers are always addresses. A synchronous answer makes send() synchronous, so that one buffer serves all.
      lookup: (name, _options, done) => done(null, name, six ? 6 : 4),
    });
    return new Promise((resolve, reject) => {
      socket.once('error', (error) => reject(bindError(error, options)));
      socket.bind({ address: options.host, port: options.port }, () => {
        socket.removeAllListeners('error');
        for (const size of ['setRecvBufferSize', 'setSendBufferSize'] as const) {
          try {
            socket[size](options.bufferBytes);
          } catch {
            // A system that refuses the size instead of clamping it keeps its default; drops are counted either way.
          }
        }
        resolve(new DgramIo(socket, options.onPacket));
      });
    });
  }

  slot(): Buffer {
    return this.buffer;
  }

  commit(length: number, to: Address): void {
    if (this.closed) return;
    this.sent++;
    try {
      this.socket.send(this.buffer, 0, length, to.port, to.host, this.onSent);
    } catch {
      this.errors++;
    }
    // Not sent at once: libuv still reads this buffer, so the next packet needs another.
    if (this.socket.getSendQueueCount() > 0) this.buffer = Buffer.allocUnsafeSlow(slotBytes);
  }

  flush(): void {}

  ref(on: boolean): void {
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
    this.closed = true;
    this.socket.close();
  }

  private readonly onSent = (error: Error | null): void => {
    if (error) this.errors++;
  };
}

/** Opens the fastest implementation this machine has. @throws MqbenchError MQB_PORT_IN_USE, MQB_LISTEN */
export function openUdp(options: UdpOptions): Promise<UdpIo> {
  return DgramIo.open(options);
}

/** Turns a bind failure into the contract's errors. */
export function bindError(error: NodeJS.ErrnoException, options: { host: string; port: number }): MqbenchError {
  const where = `udp ${options.host}:${options.port}`;
  if (error.code === 'EADDRINUSE') {
    return new MqbenchError('MQB_PORT_IN_USE', `listen on ${where}: the port is in use`, {
      hint: 'stop what listens there (ss -lunp shows it) or choose another port',
      cause: error,
    });
  }
  return new MqbenchError('MQB_LISTEN', `listen on ${where}: ${error.message}`, {
    hint: 'choose an address of this machine and a port above 1023',
    cause: error,
  });
}

/**
 * Datagrams dropped at this socket because its receive buffer was full: the
 * last column of /proc/net/udp (Linux, Documentation/networking/proc_net_tcp). 0 elsewhere.
 */
export function kernelDrops(address: Address): number {
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
