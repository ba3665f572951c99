import { createRequire } from 'node:module';

const [AF_NETLINK, SOCK_RAW, SOCK_CLOEXEC] = [16, 3, 0x80000];
const MSG_DONTWAIT = 0x40;
/** struct nlmsghdr (netlink(7)). */
export const headerBytes = 16;
const [NLMSG_ERROR, NLMSG_DONE] = [2, 3];
export const NLM_F_REQUEST = 1;
export const NLM_F_DUMP = 0x300;
const answerBytes = 32 * 1024;

/** A socket over which the kernel answers questions; Linux only. */
export class Netlink {
  private readonly libc;
  private readonly fd: number;
  private readonly answer = Buffer.allocUnsafeSlow(answerBytes);

  /** @throws what koffi throws, or where there is no such socket */
  constructor(protocol: number) {
    const koffi = createRequire(import.meta.url)('koffi') as typeof import('koffi');
    const libc = koffi.load(null);
    this.libc = {
      send: libc.func('long send(int, const void *, size_t, int)'),
      receive: libc.func('long recv(int, void *, size_t, int)'),
      close: libc.func('int close(int)'),
    };
    this.fd = libc.func('int socket(int, int, int)')(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol) as number;
    if (this.fd < 0) throw new Error(`no netlink socket of protocol ${protocol}`);
  }

  /** The first datagram of the kernel's answer; its memory is used again by the next question. @returns undefined for an error */
  one(request: Buffer): Buffer | undefined {
    this.libc.send(this.fd, request, request.length, 0);
    const length = this.libc.receive(this.fd, this.answer, answerBytes, MSG_DONTWAIT) as number;
    if (length < headerBytes || this.answer.readUInt16LE(4) === NLMSG_ERROR) return undefined;
    return this.answer.subarray(0, length);
  }

  /** Everything that a dump consists of, one buffer for each datagram. */
  all(request: Buffer): Buffer[] {
    const parts: Buffer[] = [];
    this.libc.send(this.fd, request, request.length, 0);
    for (;;) {
      const length = this.libc.receive(this.fd, this.answer, answerBytes, 0) as number;
      if (length < headerBytes) return parts;
      const part = Buffer.from(this.answer.subarray(0, length));
      parts.push(part);
      if (part.readUInt16LE(4) === NLMSG_DONE || part.readUInt16LE(4) === NLMSG_ERROR) return parts;
    }
  }

  close(): void {
    this.libc.close(this.fd);
  }
}

/** A request with a body of so many bytes behind its header. */
export function request(type: number, flags: number, bodyBytes: number): Buffer {
  const bytes = Buffer.alloc(headerBytes + bodyBytes);
  bytes.writeUInt32LE(bytes.length, 0);
  bytes.writeUInt16LE(type, 4);
  bytes.writeUInt16LE(flags, 6);
  return bytes;
}
