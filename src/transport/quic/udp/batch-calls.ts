import { createRequire } from 'node:module';
import { arch, endianness } from 'node:os';
import { platform } from 'node:process';

/** recvmmsg(2) and sendmmsg(2) on prepared message vectors. */
export interface BatchCalls {
  /** Opens and binds a UDP socket for IPv4. @returns its descriptor, or a negative errno */
  open(ip: number, port: number): number;
  /** @returns messages received, or a negative errno */
  receive(fd: number, vector: bigint, count: number): number;
  /** @returns messages sent, or a negative errno */
  send(fd: number, vector: bigint, count: number): number;
  /** Sets SO_RCVBUF and SO_SNDBUF past the system's limits; without the privilege nothing changes. */
  forceBuffers(fd: number, bytes: number): void;
  /** What SO_RCVBUF is, bytes as the kernel counts them: twice what it was told. */
  receiveBuffer(fd: number): number;
  /** Sets SO_RCVBUF and SO_SNDBUF as far as the system's limits allow. */
  setBuffers(fd: number, bytes: number): void;
  /** Asks for trains of datagrams as they came (UDP_GRO, Linux 5.0). @returns whether there will be any */
  takeTrains(fd: number): boolean;
  /** The port that a socket is bound to. */
  portOf(fd: number): number;
  close(fd: number): void;
  /** The address of a buffer's memory. */
  addressOf(buffer: Buffer): bigint;
}

export const AF_INET = 2;
const SOCK_DGRAM = 2;
const SOCK_NONBLOCK = 0x800;
const SOCK_CLOEXEC = 0x80000;
const MSG_DONTWAIT = 0x40;
const SOL_SOCKET = 1;
const SO_SNDBUF = 7;
const SO_RCVBUF = 8;
const SO_SNDBUFFORCE = 32;
const SO_RCVBUFFORCE = 33;
const SOL_UDP = 17;
const UDP_GRO = 104;
/** Bytes of struct sockaddr_in. */
export const addressBytes = 16;

let calls: BatchCalls | null | undefined;

/** The calls, or null where the system or koffi has none: 64-bit little-endian Linux only (the layouts below). */
export function batchCalls(): BatchCalls | null {
  if (calls === undefined) calls = load();
  return calls;
}

function load(): BatchCalls | null {
  if (platform !== 'linux' || endianness() !== 'LE' || !['x64', 'arm64', 'riscv64'].includes(arch())) return null;
  try {
    // Required, not imported: a machine without the native module uses dgram alone.
    const koffi = createRequire(import.meta.url)('koffi') as typeof import('koffi');
    const libc = koffi.load(null);
    const receive = libc.func('int recvmmsg(int fd, void *vector, uint32_t count, int flags, void *timeout)');
    const send = libc.func('int sendmmsg(int fd, void *vector, uint32_t count, int flags)');
    const socket = libc.func('int socket(int domain, int type, int protocol)');
    const bind = libc.func('int bind(int fd, const uint8_t *address, uint32_t length)');
    const close = libc.func('int close(int fd)');
    const setOption = libc.func('int setsockopt(int fd, int level, int name, const void *value, uint32_t length)');
    const getOption = libc.func('int getsockopt(int fd, int level, int name, void *value, void *length)');
    const getName = libc.func('int getsockname(int fd, void *address, void *length)');
    const told = (result: number): number => (result < 0 ? -koffi.errno() : result);
    return {
      open: (ip, port) => {
        const fd = told(socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
        if (fd < 0) return fd;
        const address = Buffer.alloc(addressBytes);
        address.writeUInt16LE(AF_INET, 0);
        address.writeUInt16BE(port, 2);
        address.writeUInt32BE(ip, 4);
        const bound = told(bind(fd, address, addressBytes));
        if (bound < 0) close(fd);
        return bound < 0 ? bound : fd;
      },
      receive: (fd, vector, count) => told(receive(fd, vector, count, MSG_DONTWAIT, null)),
      send: (fd, vector, count) => told(send(fd, vector, count, MSG_DONTWAIT)),
      forceBuffers: (fd, bytes) => {
        for (const name of [SO_RCVBUFFORCE, SO_SNDBUFFORCE]) setOption(fd, SOL_SOCKET, name, int32(bytes), 4);
      },
      setBuffers: (fd, bytes) => {
        for (const name of [SO_RCVBUF, SO_SNDBUF]) setOption(fd, SOL_SOCKET, name, int32(bytes), 4);
      },
      receiveBuffer: (fd) => {
        const value = Buffer.alloc(4);
        getOption(fd, SOL_SOCKET, SO_RCVBUF, value, int32(4));
        return value.readInt32LE();
      },
      takeTrains: (fd) => setOption(fd, SOL_UDP, UDP_GRO, int32(1), 4) === 0,
      portOf: (fd) => {
        const address = Buffer.alloc(addressBytes);
        getName(fd, address, int32(addressBytes));
        return address.readUInt16BE(2);
      },
      close: (fd) => {
        close(fd);
      },
      addressOf: (buffer) => koffi.address(buffer),
    };
  } catch {
    return null;
  }
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32LE(value);
  return bytes;
}
