import { createRequire } from 'node:module';
import { getSystemErrorMap } from 'node:util';
import { isMainThread } from 'node:worker_threads';

/** Watches descriptors for the event loop. */
export interface Poll {
  /** Calls back in the loop's phase for input whenever the descriptor can be read, and keeps the process alive. */
  watch(fd: number, readable: () => void): Watch;
}

export interface Watch {
  /** Whether it keeps the process alive. */
  ref(on: boolean): void;
  /** The descriptor may be closed afterwards. Once only. */
  stop(): void;
}

const UV_POLL = 8; // uv_handle_type
const UV_READABLE = 1;

let poll: Poll | null | undefined;

/**
 * libuv's own uv_poll_t, which Node exports to native modules, or null where that or koffi is missing. Node's dgram reads
 * a socket by itself: 64 KiB of memory are allocated and given back, and two system calls made, for one datagram of each turn.
 */
export function openPoll(): Poll | null {
  if (poll === undefined) poll = load();
  return poll;
}

function load(): Poll | null {
  if (!isMainThread) return null; // the default loop is the main thread's
  try {
    const koffi = createRequire(import.meta.url)('koffi') as typeof import('koffi');
    const node = koffi.load(null);
    const size = Number(node.func('size_t uv_handle_size(int type)')(UV_POLL));
    const loop = node.func('void *uv_default_loop()')();
    const init = node.func('int uv_poll_init(void *loop, void *handle, int fd)');
    const Callback = koffi.proto('void mqbench_readable(intptr_t handle, int status, int events)');
    const start = node.func('uv_poll_start', 'int', ['void *', 'int', koffi.pointer(Callback)]);
    const [ref, unref] = [node.func('void uv_ref(void *handle)'), node.func('void uv_unref(void *handle)')];
    const close = node.func('void uv_close(void *handle, void *callback)');
    const readers = new Map<number, () => void>();
    // Called by libuv itself: nothing catches what is thrown here.
    const callback = koffi.register((handle: number | bigint, status: number) => {
      const key = Number(handle);
      try {
        readers.get(key)?.();
        const again = status < 0 ? handles.get(key) : undefined; // an error of the socket, after which libuv watches no more
        if (again) start(again, UV_READABLE, callback);
      } catch (error) {
        setImmediate(() => {
          throw error;
        });
      }
    }, koffi.pointer(Callback));
    const handles = new Map<number, Buffer>();
    return {
      watch(fd, readable) {
        const handle = Buffer.allocUnsafeSlow(size).fill(0);
        const key = Number(koffi.address(handle));
        const failed = (init(loop, handle, fd) as number) || (start(handle, UV_READABLE, callback) as number);
        if (failed < 0) throw new Error(`watch a socket: ${getSystemErrorMap().get(failed)?.[1] ?? failed}`);
        readers.set(key, readable);
        handles.set(key, handle);
        return {
          ref: (on) => (on ? ref : unref)(handle),
          stop: () => {
            readers.delete(key);
            close(handle, null);
            // libuv is through with the memory at the end of this turn.
            setTimeout(() => handles.delete(key), 1000).unref();
          },
        };
      },
    };
  } catch {
    return null;
  }
}
