import { createRequire } from 'node:module';
import { arch, endianness } from 'node:os';
import { platform } from 'node:process';
import { openPoll, type Watch } from './poll.js';

/** Who reads a descriptor. */
export interface Reader {
  /** Something has come. */
  readable(): void;
  /** The peer writes no more, or the connection has failed; something may have come before. The event loop is to find out for itself. */
  ended(): void;
}

/** read(2) and write(2) on sockets of the event loop, and which of them can be read: many at once. */
export interface ReadyList {
  /** Tells the reader of a descriptor once per turn of the event loop as long as there is something to tell. */
  watch(fd: number, reader: Reader): void;
  /** To be called before the descriptor is closed. */
  unwatch(fd: number): void;
  /** @returns bytes read, 0 at the end of the stream, or a negative errno: {@link EAGAIN} when nothing has come */
  read(fd: number, into: Buffer): number;
  /** @returns bytes that the kernel has taken, or a negative errno: {@link EAGAIN} when its buffer is full */
  write(fd: number, bytes: Buffer, length: number): number;
}

export const EAGAIN = -11;

const EPOLL_CTL_ADD = 1;
const EPOLL_CTL_DEL = 2;
const EPOLL_CLOEXEC = 0x80000;
const EPOLLIN = 1;
const EPOLLRDHUP = 0x2000;
/** That, and what is always told: EPOLLERR and EPOLLHUP. */
const ends = EPOLLRDHUP | 0x8 | 0x10;
/** Taken up in one turn; what else is ready comes in the next. */
const mostPerTurn = 512;
/** struct epoll_event { uint32_t events; uint64_t data; }, which is packed on x86-64 alone. */
const eventBytes = arch() === 'x64' ? 12 : 16;
const dataAt = eventBytes - 8;

let list: ReadyList | null | undefined;

/**
 * An epoll of our own beneath the one of the event loop, or null where the system or koffi has none. libuv calls into JavaScript
 * for each socket that can be read, with all that Node does around a callback, and again for each write; with one
 * packet a socket that is more than what the kernel does. Here a turn of the loop is one callback, and reads and writes
 * are system calls and nothing else.
 */
export function readyList(): ReadyList | null {
  if (list === undefined) list = load();
  return list;
}

function load(): ReadyList | null {
  if (platform !== 'linux' || endianness() !== 'LE' || !['x64', 'arm64', 'riscv64'].includes(arch())) return null;
  const poll = openPoll();
  if (poll === null) return null;
  const koffi = createRequire(import.meta.url)('koffi') as typeof import('koffi');
  const libc = koffi.load(null);
  const create = libc.func('int epoll_create1(int flags)');
  const control = libc.func('int epoll_ctl(int epoll, int operation, int fd, void *event)');
  const wait = libc.func('int epoll_wait(int epoll, void *events, int most, int millis)');
  const read = libc.func('int64_t read(int fd, void *into, uint64_t count)');
  const write = libc.func('int64_t write(int fd, void *bytes, uint64_t count)');
  const epoll = create(EPOLL_CLOEXEC) as number;
  if (epoll < 0) return null;
  const events = Buffer.alloc(mostPerTurn * eventBytes);
  const event = Buffer.alloc(eventBytes);
  event.writeUInt32LE(EPOLLIN | EPOLLRDHUP, 0);
  /** By descriptor, which are small numbers. */
  const readers: (Reader | undefined)[] = [];
  let watched = 0;
  let isHeld = false;
  const release = (): void => {
    isHeld = false;
  };
  const readerAt = (place: number): Reader | undefined => readers[events.readInt32LE(place * eventBytes + dataAt)];
  const look = (): void => {
    if (isHeld) return;
    const ready = wait(epoll, events, mostPerTurn, 0) as number;
    for (let i = 0; i < ready; i++) {
      if ((events.readUInt32LE(i * eventBytes) & ends) === 0) continue;
      isHeld = true;
      readerAt(i)?.ended();
    }
    // Who has left is seen to first, in the next turn: a message that came after that would be delivered to him.
    if (isHeld) setImmediate(setImmediate, release);
    else for (let i = 0; i < ready; i++) readerAt(i)?.readable();
  };
  let watch: Watch | undefined;
  return {
    watch(fd, reader) {
      readers[fd] = reader;
      event.writeInt32LE(fd, dataAt);
      control(epoll, EPOLL_CTL_ADD, fd, event);
      watch ??= poll.watch(epoll, look);
      if (++watched === 1) watch.ref(true);
    },
    unwatch(fd) {
      readers[fd] = undefined;
      control(epoll, EPOLL_CTL_DEL, fd, event);
      if (--watched === 0) watch?.ref(false);
    },
    read(fd, into) {
      const bytes = read(fd, into, into.length) as number;
      return bytes < 0 ? -koffi.errno() : bytes;
    },
    write(fd, bytes, length) {
      const written = write(fd, bytes, length) as number;
      return written < 0 ? -koffi.errno() : written;
    },
  };
}
