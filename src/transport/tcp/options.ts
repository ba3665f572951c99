import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createServer, type Socket } from 'node:net';
import { platform } from 'node:process';
import { MqbenchError, messageOf } from '../../base/errors.js';
import { exitCodes } from '../../base/exit-codes.js';
import type { TransportStats } from '../contract.js';

// Socket options that Node does not offer, through libc; Linux only. Elsewhere, or where koffi does not load,
// what is optional is left out (statistics, RST on abort) and what was asked for is refused (congestion control).

const SOL_SOCKET = 1;
const SO_LINGER = 13;
const IPPROTO_TCP = 6;
const TCP_INFO = 11;
const TCP_CONGESTION = 13;

interface SocketCalls {
  set(fd: number, level: number, option: number, value: Uint8Array, length: number): number;
  get(fd: number, level: number, option: number, value: Uint8Array, length: number[]): number;
}

let calls: SocketCalls | Error | undefined;

function socketCalls(): SocketCalls | Error {
  calls ??= load();
  return calls;
}

function load(): SocketCalls | Error {
  if (platform !== 'linux') return new Error(`this is ${platform}, not Linux`);
  try {
    // Required, not imported: a machine without the native module must still run everything else.
    const koffi = createRequire(import.meta.url)('koffi') as typeof import('koffi');
    const libc = koffi.load(null);
    return {
      set: libc.func('int setsockopt(int fd, int level, int option, const uint8_t *value, uint32_t length)'),
      get: libc.func('int getsockopt(int fd, int level, int option, _Out_ uint8_t *value, _Inout_ uint32_t *length)'),
    };
  } catch (error) {
    return error instanceof Error ? error : new Error(messageOf(error));
  }
}

/** The descriptor of a socket or server; -1 when it is closed or not of the kernel. Node documents no other way to it. */
export function descriptorOf(socket: object): number {
  return (socket as { _handle?: { fd?: number } | null })._handle?.fd ?? -1;
}

/**
 * Sets the congestion control of a socket, or of a listening one for those it will accept.
 * @throws MQB_CONGESTION_CONTROL when the kernel has or allows no such algorithm
 */
export function setCongestionControl(socket: object, name: string): void {
  const libc = socketCalls();
  const refuse = (why: string): MqbenchError =>
    new MqbenchError('MQB_CONGESTION_CONTROL', `use congestion control ${name}: ${why}`, {
      hint: `choose one of /proc/sys/net/ipv4/tcp_allowed_congestion_control, or: modprobe tcp_${name}`,
      exitCode: exitCodes.machine,
    });
  if (libc instanceof Error) throw refuse(libc.message);
  const value = Buffer.from(name, 'ascii');
  if (libc.set(descriptorOf(socket), IPPROTO_TCP, TCP_CONGESTION, value, value.length) !== 0) {
    throw refuse('the kernel does not have it or does not allow it here');
  }
}

/**
 * Tries a congestion control on a socket that nobody connects to: a name may be one of a module that the kernel loads only now.
 * @throws MQB_CONGESTION_CONTROL when the kernel has or allows no such algorithm
 */
export async function tryCongestionControl(name: string): Promise<void> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  try {
    setCongestionControl(server, name);
  } finally {
    server.close();
  }
}

/** The names of the kernel's congestion controls that are loaded, in one line; empty where it tells none. */
export function congestionControlsHere(): string {
  try {
    return readFileSync('/proc/sys/net/ipv4/tcp_available_congestion_control', 'utf8').trim().replaceAll(' ', ', ');
  } catch {
    return '';
  }
}

// struct linger { int l_onoff = 1; int l_linger = 0; }: close(2) then sends RST and drops what is unsent.
const lingerZero = Buffer.alloc(8);
lingerZero.writeInt32LE(1, 0);

/** Makes the coming destroy() a reset instead of an orderly FIN. */
export function resetOnClose(socket: Socket): void {
  const libc = socketCalls();
  const fd = descriptorOf(socket);
  if (!(libc instanceof Error) && fd >= 0) libc.set(fd, SOL_SOCKET, SO_LINGER, lingerZero, lingerZero.length);
}

const info = Buffer.alloc(256);

/** What the kernel knows of a TCP connection (struct tcp_info of linux/tcp.h). Undefined where it cannot be read (not Linux, no koffi, already closed). */
export function tcpInfo(socket: Socket): Partial<TransportStats> | undefined {
  const fd = descriptorOf(socket);
  if (fd < 0) return undefined;
  const libc = socketCalls();
  if (libc instanceof Error) return undefined;
  const length = [info.length];
  if (libc.get(fd, IPPROTO_TCP, TCP_INFO, info, length) !== 0 || (length[0] as number) < 144) return undefined;
  // Offsets of linux/tcp.h: the struct only ever grows at its end. The window is in segments.
  return {
    rttMicros: info.readUInt32LE(68),
    congestionWindow: info.readUInt32LE(80) * info.readUInt32LE(16),
    packetsRetransmitted: info.readUInt32LE(100),
    packetsSent: info.readUInt32LE(136),
    packetsReceived: info.readUInt32LE(140),
  };
}
