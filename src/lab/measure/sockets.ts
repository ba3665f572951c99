import { closeSync, openSync } from 'node:fs';
import koffi from 'koffi';
import { MqbenchError } from '../../base/errors.js';
import { addressOf, write } from '../emulator/system-calls.js';

// UDP sockets without Node between the call and the kernel, for measurements finer than an event loop. IPv4 only.

const libc = koffi.load(null);
const cSetns = libc.func('int setns(int fd, int type)');
const cSocket = libc.func('int socket(int domain, int type, int protocol)');
const cBind = libc.func('int bind(int fd, uintptr_t address, uint32_t length)');
const cConnect = libc.func('int connect(int fd, uintptr_t address, uint32_t length)');
const cSetsockopt = libc.func('int setsockopt(int fd, int level, int name, uintptr_t value, uint32_t length)');
const cRecvmsg = libc.func('long recvmsg(int fd, uintptr_t message, int flags)');
const cClock = libc.func('int clock_gettime(int clock, uintptr_t time)');

const AF_INET = 2;
const SOCK_DGRAM_NONBLOCK = 2 | 0o4000;
const SOL_SOCKET = 1;
const SO_RCVBUF = 8;
const SO_TIMESTAMPNS = 35; // asm-generic/socket.h, the 64-bit "old" one
const CLONE_NEWNET = 0x40000000;
const MSG_DONTWAIT = 0x40;

function must(result: number, what: string): number {
  if (result < 0) throw new MqbenchError('MQB_SYSTEM_CALL', `${what} failed with errno ${koffi.errno()}`);
  return result;
}

/** Moves the calling thread into the network namespace at this path; sockets stay in the one they were made in. */
export function enterNetwork(path: string): void {
  const fd = openSync(path, 'r');
  must(cSetns(fd, CLONE_NEWNET), `enter ${path}`);
  closeSync(fd);
}

function socketAddress(host: string, port: number): Buffer {
  const address = Buffer.allocUnsafeSlow(16).fill(0); // struct sockaddr_in
  address.writeUInt16LE(AF_INET, 0);
  address.writeUInt16BE(port, 2);
  host.split('.').forEach((part, i) => {
    address[4 + i] = Number(part);
  });
  return address;
}

function setOption(fd: number, name: number, value: number): void {
  const buffer = Buffer.allocUnsafeSlow(4);
  buffer.writeInt32LE(value, 0);
  must(cSetsockopt(fd, SOL_SOCKET, name, addressOf(buffer), 4), 'setsockopt');
}

/** Wall-clock time in microseconds: the clock of the kernel's packet timestamps. */
export class WallClock {
  private readonly time = new BigInt64Array(2);
  private readonly address = addressOf(new Uint8Array(this.time.buffer));
  private readonly words = new Uint32Array(this.time.buffer);

  /** Microseconds since the epoch, modulo 2^32 seconds. */
  now(): number {
    cClock(0, this.address);
    return this.words[0]! * 1e6 + this.words[2]! / 1000;
  }
}

/** Sends the same few bytes to one address. */
export class Sender {
  private readonly fd: number;
  readonly payload: Buffer;
  private readonly address: number;

  constructor(host: string, port: number, bytes: number) {
    this.fd = must(cSocket(AF_INET, SOCK_DGRAM_NONBLOCK, 0), 'socket');
    const to = socketAddress(host, port);
    must(cConnect(this.fd, addressOf(to), to.length), `connect to ${host}:${port}`);
    this.payload = Buffer.allocUnsafeSlow(bytes).fill(0);
    this.address = addressOf(this.payload);
  }

  close(): void {
    closeSync(this.fd);
  }

  send(): void {
    write(this.fd, this.address, this.payload.length);
  }
}

/** Receives datagrams with the time at which the kernel got them. */
export class Receiver {
  private readonly fd: number;
  readonly payload = Buffer.allocUnsafeSlow(2048);
  private readonly header = Buffer.allocUnsafeSlow(56).fill(0);
  private readonly vector = Buffer.allocUnsafeSlow(16);
  private readonly control = Buffer.allocUnsafeSlow(64);
  private readonly headerAddress = addressOf(this.header);

  constructor(host: string, port: number, bufferBytes: number) {
    this.fd = must(cSocket(AF_INET, SOCK_DGRAM_NONBLOCK, 0), 'socket');
    const at = socketAddress(host, port);
    must(cBind(this.fd, addressOf(at), at.length), `bind ${host}:${port}`);
    setOption(this.fd, SO_RCVBUF, bufferBytes);
    setOption(this.fd, SO_TIMESTAMPNS, 1);
    const word = (into: Buffer, at: number, value: number) => into.writeBigUInt64LE(BigInt(value), at);
    word(this.vector, 0, addressOf(this.payload)); // struct iovec
    word(this.vector, 8, this.payload.length);
    word(this.header, 16, addressOf(this.vector)); // struct msghdr; x86-64 and arm64 agree
    word(this.header, 24, 1);
    word(this.header, 32, addressOf(this.control));
  }

  /** @returns when the kernel got the next datagram (wall clock, microseconds), or -1 when there is none */
  receive(): number {
    this.header.writeUInt32LE(this.control.length, 40); // the kernel shortens it
    if ((cRecvmsg(this.fd, this.headerAddress, MSG_DONTWAIT) as number) < 0) return -1;
    return this.control.readUInt32LE(16) * 1e6 + this.control.readUInt32LE(24) / 1000;
  }
}
