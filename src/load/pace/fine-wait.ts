import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { platform } from 'node:process';
import { descriptorOf } from '../../transport/tcp/options.js';
import { openDescriptors, textOf } from '../descriptors.js';

const POLLIN = 1;

/** Waits at most this many microseconds, and less when the event loop has something to read. */
export type FineWait = (micros: number) => void;

/**
 * libuv waits in whole milliseconds, from a clock reading that is up to one millisecond old: a timer is 0.6 ms late at
 * the median, which on a path of 1 ms would be most of what is measured. ppoll(2) waits in nanoseconds, and given the
 * event loop's own epoll descriptor it wakes for traffic as well, so nothing is held up and no processor time is burnt.
 * @returns undefined where that cannot be done (not Linux, no libc calls); timers are then as coarse as Node's
 */
export async function openFineWait(): Promise<FineWait | undefined> {
  if (platform !== 'linux') return undefined;
  try {
    const descriptor = await loopDescriptor();
    if (descriptor === undefined) return undefined;
    const koffi = createRequire(import.meta.url)('koffi') as typeof import('koffi');
    const ppoll = koffi.load(null).func('int ppoll(void *fds, unsigned long count, void *timeout, void *mask)');
    const fds = Buffer.alloc(8); // struct pollfd { int fd; short events; short revents; }
    fds.writeInt32LE(descriptor, 0);
    fds.writeInt16LE(POLLIN, 4);
    const timeout = Buffer.alloc(16); // struct timespec { long seconds; long nanoseconds; }
    return (micros) => {
      timeout.writeInt32LE(Math.min(999_999_999, Math.floor(micros * 1000)), 8);
      ppoll(fds, 1, timeout, null);
    };
  } catch {
    return undefined; // koffi has no binary for this machine
  }
}

/**
 * The epoll descriptor of this event loop: of all there are in the process (Node's
 * own threads have one each), the one that watches a socket which we have just opened.
 */
function loopDescriptor(): Promise<number | undefined> {
  return new Promise((resolve) => {
    const server = createServer().unref();
    server.on('error', () => resolve(undefined));
    server.listen(0, '127.0.0.1', () => {
      // Registered by the next turn of the loop.
      setTimeout(() => {
        const found = watcherOf(descriptorOf(server));
        server.close(() => resolve(found));
      }, 5);
    });
  });
}

function watcherOf(descriptor: number): number | undefined {
  const watched = new RegExp(`^tfd:\\s+${descriptor}\\s`, 'm');
  for (const [name, target] of openDescriptors()) {
    if (!target.includes('eventpoll')) continue;
    if (watched.test(textOf(`/proc/self/fdinfo/${name}`))) return Number(name);
  }
  return undefined;
}
