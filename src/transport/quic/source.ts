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
