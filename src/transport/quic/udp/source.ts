import { createSocket } from 'node:dgram';
import { isIPv6 } from 'node:net';

const known = new Map<string, Promise<string>>();

/**
 * The source address the kernel would take towards a host: that of a connected
 * UDP socket, which sends nothing. The wildcard when there is no route.
 */
export function sourceAddress(host: string, port: number): Promise<string> {
  let source = known.get(host);
  if (!source) {
    source = ask(host, port);
    known.set(host, source);
    // Addresses change (a laptop roams): the answer is kept for one second, long enough for a crowd that dials at once.
    setTimeout(() => known.delete(host), 1000).unref();
  }
  return source;
}

/** What the kernel knows of a peer that does not answer. */
export type PortState = 'silent' | 'closed' | 'unreachable';

const asking = new Map<string, Promise<PortState>>();

/**
 * Why a peer may be silent: ICMP's "port unreachable" or "host unreachable",
 * which reach only a connected socket, and the shared ones are not. The one byte
 * that is sent is no QUIC packet, so a server drops it. Whoever asks while the
 * same is being asked waits for that answer: a thousand clients of a server that is
 * late must not open a thousand sockets.
 */
export function askPort(host: string, port: number, from: string | undefined, waitMs: number): Promise<PortState> {
  const key = `${from} ${host} ${port}`;
  let answer = asking.get(key);
  if (!answer) {
    answer = askOnce(host, port, from, waitMs);
    asking.set(key, answer);
    void answer.then(() => asking.delete(key));
  }
  return answer;
}

function askOnce(host: string, port: number, from: string | undefined, waitMs: number): Promise<PortState> {
  return new Promise((resolve) => {
    const socket = createSocket(isIPv6(host) ? 'udp6' : 'udp4');
    const done = (state: PortState): void => {
      clearTimeout(timer);
      socket.removeAllListeners('error');
      socket.on('error', () => {});
      socket.close();
      resolve(state);
    };
    const timer = setTimeout(() => done('silent'), waitMs);
    socket.once('error', ({ code }: NodeJS.ErrnoException) => {
      if (code === 'ECONNREFUSED') done('closed');
      else done(code === 'ENETUNREACH' || code === 'EHOSTUNREACH' ? 'unreachable' : 'silent');
    });
    socket.bind({ address: from, port: 0 }, () => {
      socket.connect(port, host, () => socket.send(Buffer.alloc(1)));
    });
  });
}

function ask(host: string, port: number): Promise<string> {
  const six = isIPv6(host);
  return new Promise((resolve) => {
    const socket = createSocket(six ? 'udp6' : 'udp4');
    const done = (address: string): void => {
      socket.close();
      resolve(address);
    };
    socket.once('error', () => done(six ? '::' : '0.0.0.0'));
    socket.connect(port, host, () => done(socket.address().address));
  });
}
