import koffi from 'koffi';
import { type MqbenchError, machineError } from '../../base/errors.js';

// Addresses are passed as numbers (they fit in 2^53), so a call allocates nothing: 0.35 µs per read here.
const libc = koffi.load(null);
const cOpen = libc.func('int open(const char *path, int flags)');
const cIoctl = libc.func('int ioctl(int fd, unsigned long request, uintptr_t argument)');
const cPpoll = libc.func('int ppoll(uintptr_t fds, unsigned long count, uintptr_t timeout, uintptr_t mask)');
const cPrctl = libc.func('int prctl(int option, unsigned long a, unsigned long b, unsigned long c, unsigned long d)');
const cSetScheduler = libc.func('int sched_setscheduler(int pid, int policy, uintptr_t parameter)');
const cStrerror = libc.func('const char *strerror(int errnum)');

type Transfer = (fd: number, address: number, length: number) => number;
/** `read(2)` to an address from {@link addressOf}. @returns bytes, or -1 (nothing there, or an error) */
export const read: Transfer = libc.func('long read(int fd, uintptr_t buffer, size_t length)');
/** `write(2)` from an address. */
export const write: Transfer = libc.func('long write(int fd, uintptr_t buffer, size_t length)');

/** Where a buffer's memory begins. It must not be one from Node's shared pool, and must be kept alive. */
export function addressOf(buffer: ArrayBufferView): number {
  return Number(koffi.address(buffer));
}

const O_RDWR = 2;
const O_NONBLOCK = 0o4000;
const TUNSETIFF = 0x400454ca; // linux/if_tun.h
const IFF_TUN = 0x0001;
const IFF_NO_PI = 0x1000;
const PR_SET_TIMERSLACK = 29; // linux/prctl.h
const SCHED_RR = 2; // linux/sched.h
const SCHED_RESET_ON_FORK = 0x40000000;
export const ENOENT = 2;
const noRights: readonly number[] = [1, 13]; // EPERM, EACCES

/**
 * A new TUN device in the caller's network namespace; it goes on working when it is moved to another, and vanishes
 * with the descriptor. Without vnet headers, so a packet is a packet of the MTU's size and not 64 KB of them.
 * @throws MQB_LAB_RIGHTS, MQB_TUN
 */
export function openTun(name: string): number {
  const fd = cOpen('/dev/net/tun', O_RDWR | O_NONBLOCK) as number;
  if (fd < 0) throw tunError('open /dev/net/tun');
  const request = Buffer.allocUnsafeSlow(40).fill(0); // struct ifreq
  request.write(name, 0, 15, 'latin1');
  request.writeUInt16LE(IFF_TUN | IFF_NO_PI, 16);
  if ((cIoctl(fd, TUNSETIFF, addressOf(request)) as number) < 0) throw tunError(`make the TUN device ${name}`);
  return fd;
}

function tunError(what: string): MqbenchError {
  const errno = koffi.errno();
  const hint = noRights.includes(errno)
    ? 'run as root, or let every user open it: sudo chmod 0666 /dev/net/tun'
    : errno === ENOENT
      ? 'load the module: sudo modprobe tun; in a container, pass the device: --device /dev/net/tun'
      : undefined;
  return refusal('MQB_TUN', `could not ${what}`, errno, hint);
}

/** An error of a system call. @param code unless it is that this process may not: that is MQB_LAB_RIGHTS */
export function refusal(code: string, what: string, errno: number, hint?: string): MqbenchError {
  const message = `${what}: ${cStrerror(errno) as string}`;
  return machineError(noRights.includes(errno) ? 'MQB_LAB_RIGHTS' : code, message, hint);
}

/**
 * Lets this thread's sleeps end on time: no timer slack (50 µs by default), and in front of ordinary processes. On two
 * cores loaded six-fold, 20,000 packets/s were late by 0.5 to 0.9 ms at P99 with real-time priority, and by 11 to 95 ms
 * with niceness -19. Threads that it makes are ordinary ones.
 * @returns whether real-time priority was given; only root may
 */
export function precise(): boolean {
  cPrctl(PR_SET_TIMERSLACK, 1, 0, 0, 0);
  const parameter = Buffer.allocUnsafeSlow(4);
  parameter.writeInt32LE(1, 0); // the lowest real-time priority
  return (cSetScheduler(0, SCHED_RR | SCHED_RESET_ON_FORK, addressOf(parameter)) as number) === 0;
}

const POLLIN = 1;

/** A fixed set of descriptors to wait on until one is readable. */
export class Waiter {
  private readonly fds: Int32Array; // struct pollfd: the descriptor, then events and revents
  private readonly timeout = new Uint32Array(new ArrayBuffer(16)); // struct timespec
  private readonly fdsAddress: number;
  private readonly timeoutAddress: number;

  constructor(private readonly descriptors: readonly number[]) {
    this.fds = new Int32Array(new ArrayBuffer(8 * descriptors.length));
    this.fds.set(descriptors.flatMap((fd) => [fd, POLLIN]));
    this.fdsAddress = addressOf(this.fds);
    this.timeoutAddress = addressOf(this.timeout);
  }

  /** Sleeps until a descriptor is readable, at most `micros`. */
  wait(micros: number): void {
    this.setTimeout(micros);
    cPpoll(this.fdsAddress, this.descriptors.length, this.timeoutAddress, 0);
  }

  /** Sleeps for `micros`, whatever comes. */
  pause(micros: number): void {
    this.setTimeout(micros);
    cPpoll(0, 0, this.timeoutAddress, 0);
  }

  private setTimeout(micros: number): void {
    const seconds = Math.floor(micros / 1e6);
    this.timeout[0] = seconds;
    this.timeout[2] = (micros - seconds * 1e6) * 1000;
  }

  /** Whether descriptor number `index` was readable, or closed, at the end of the last {@link wait}. */
  ready(index: number): boolean {
    return this.fds[2 * index + 1]! >>> 16 !== 0;
  }
}
