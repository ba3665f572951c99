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

/**
 * Whether nobody listens on a UDP port: the ICMP "port unreachable" that answers
 * a datagram reaches only a connected socket, which the shared ones are not. The
 * one byte that is sent is no QUIC packet, so a server drops it.
 */
export function isPortClosed(host: string, port: number, from: string | undefined, waitMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createSocket(isIPv6(host) ? 'udp6' : 'udp4');
    const done = (closed: boolean): void => {
      clearTimeout(timer);
      socket.removeAllListeners('error');
      socket.on('error', () => {});
      socket.close();
      resolve(closed);
    };
    const timer = setTimeout(() => done(false), waitMs);
    socket.once('error', (error: NodeJS.ErrnoException) => done(error.code === 'ECONNREFUSED'));
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
