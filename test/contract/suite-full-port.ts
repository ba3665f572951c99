import { connect, type Socket } from 'node:net';
import koffi from 'koffi';

/**
 * A loopback port whose accept queue is full, so that the kernel drops further
 * SYNs: the nearest thing on loopback to a host behind a silent firewall. Node's
 * own servers always accept, so the socket is made by libc.
 */
export async function fullListener(): Promise<{ port: number; close(): void }> {
  const libc = koffi.load('libc.so.6');
  const socket = libc.func('int socket(int, int, int)');
  const bind = libc.func('int bind(int, const uint8_t *, uint32_t)');
  const listen = libc.func('int listen(int, int)');
  const getsockname = libc.func('int getsockname(int, _Out_ uint8_t *, _Inout_ uint32_t *)');
  const closeDescriptor = libc.func('int close(int)');

  const fd = socket(2, 1 | 0o2000000, 0) as number; // AF_INET, SOCK_STREAM | SOCK_CLOEXEC
  const address = Buffer.alloc(16);
  address.writeUInt16LE(2, 0);
  address.set([127, 0, 0, 1], 4);
  if (bind(fd, address, address.length) !== 0 || listen(fd, 0) !== 0) throw new Error('cannot listen');
  const bound = Buffer.alloc(16);
  getsockname(fd, bound, [bound.length]);
  const port = bound.readUInt16BE(2);
  const fillers: Socket[] = [];
  // A backlog of 0 holds one connection; more fillers are harmless, they only retry their SYNs.
  for (let i = 0; i < 3; i++) fillers.push(connect(port, '127.0.0.1').on('error', () => {}));
  await new Promise((resolve) => setTimeout(resolve, 50));
  return {
    port,
    close: () => {
      for (const filler of fillers) filler.destroy();
      closeDescriptor(fd);
    },
  };
}
