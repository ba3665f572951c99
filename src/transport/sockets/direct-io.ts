import type { Socket } from 'node:net';
import { getSystemErrorMap } from 'node:util';
import { EAGAIN, type Reader, type ReadyList, readyList } from '../kernel/ready-list.js';
import { descriptorOf } from '../tcp/options.js';
import { shared, sharedView, type Take } from './node-reads.js';

/** What Node's sockets ask of their handle; ours stand before it while we read for it. */
interface Handle {
  reading: boolean;
  readStart(): number;
  readStop(): number;
  close(closed?: () => void): void;
  reset(closed?: () => void): number;
  [owner]?: DirectIo;
}

const owner = Symbol('reads past Node');

/** What stands before the methods of a handle. 0 is libuv's word for success. */
const before = {
  readStart(this: Handle): number {
    this[owner]?.start();
    return 0;
  },
  readStop(this: Handle): number {
    this[owner]?.stop();
    return 0;
  },
  close(this: Handle, closed?: () => void): void {
    this[owner]?.giveBack();
    this.close(closed);
  },
  reset(this: Handle, closed?: () => void): number {
    this[owner]?.giveBack();
    return this.reset(closed);
  },
};

/**
 * Reads and writes a TCP socket past Node's streams as long as there are bytes to be had: the end of the stream, and what does not
 * leave at once, are Node's again. The stream's back-pressure stays: who pauses it is brought nothing.
 */
export class DirectIo implements Reader {
  /** Bytes that Node's own counters do not have. */
  bytesRead = 0;
  bytesWritten = 0;
  private watched = false;

  private constructor(
    private readonly socket: Socket,
    private readonly handle: Handle,
    private readonly fd: number,
    private readonly list: ReadyList,
    private readonly take: Take,
  ) {}

  /**
   * @param socket a plain one that is connected
   * @param take is offered all that comes; what it leaves goes to the stream
   * @returns undefined where that cannot be done (not Linux, no koffi)
   */
  static open(socket: Socket, take: Take): DirectIo | undefined {
    const list = readyList();
    const handle = (socket as unknown as { _handle?: Handle | null })._handle;
    const fd = descriptorOf(socket);
    if (list === null || !handle || fd < 0) return undefined;
    const io = new DirectIo(socket, handle, fd, list, take);
    const reads = handle.reading;
    if (reads) handle.readStop();
    Object.assign(handle, { [owner]: io }, before);
    if (reads) io.start();
    return io;
  }

  /**
   * Writes at once what the stream would have written.
   * @param bytes belong to the caller again when this returns
   * @param length so many of them, from the first
   * @returns false when something waits before them, or they cannot leave now: then nothing of them is written
   */
  write(bytes: Buffer, length: number): boolean {
    const { socket } = this;
    if (socket.writableLength > 0 || socket.destroyed || socket.writableEnded || socket.writableCorked > 0)
      return false;
    const written = this.list.write(this.fd, bytes, length);
    if (written === EAGAIN) return false;
    if (written < 0) {
      socket.destroy(failureOf('write', written));
      return true;
    }
    this.bytesWritten += written;
    if (written < length) socket.write(Buffer.from(bytes.subarray(written, length)));
    return true;
  }

  start(): void {
    if (this.watched) return;
    this.watched = true;
    this.list.watch(this.fd, this);
  }

  stop(): void {
    if (!this.watched) return;
    this.watched = false;
    this.list.unwatch(this.fd);
  }

  /** From now on the handle is Node's alone. */
  giveBack(): void {
    this.stop();
    const { handle } = this;
    for (const name of Object.keys(before)) Reflect.deleteProperty(handle, name);
    delete handle[owner];
  }

  ended(): void {
    this.giveBack();
    this.handle.readStart(); // Node finds the same, and acts upon it
  }

  readable(): void {
    const { socket, handle } = this;
    const length = this.list.read(this.fd, shared);
    if (length <= 0) {
      if (length === 0) this.ended();
      // The kernel tells of an error once: Node would find nothing but an end.
      else if (length !== EAGAIN) socket.destroy(failureOf('read', length));
      return;
    }
    this.bytesRead += length;
    const bytes = sharedView(length);
    const taken = this.take(bytes);
    if (taken === length || socket.destroyed || socket.push(Buffer.from(taken === 0 ? bytes : bytes.subarray(taken))))
      return;
    handle.reading = false;
    this.stop();
  }
}

/** The error that Node would have for it. @param errno negative */
function failureOf(call: 'read' | 'write', errno: number): Error {
  const [code = `errno ${-errno}`] = getSystemErrorMap().get(errno) ?? [];
  return Object.assign(new Error(`${call} ${code}`), { errno, code, syscall: call });
}
