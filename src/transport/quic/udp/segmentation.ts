import { createRequire } from 'node:module';

/** Whether several datagrams for an IPv4 address, written as one number, may leave as one message of the kernel's. */
export type Segmentation = (ip: number) => boolean;

const loopback = 127 * 2 ** 24;
const loopbackSize = 2 ** 24;
export const unsegmented: Segmentation = () => false;
const alongLoopback: Segmentation = (ip) => ip >= loopback && ip < loopback + loopbackSize;

/**
 * Such a message is one packet to whatever stands on its way: netem, a filter that drops at random, a counter. On a network that is
 * damaged on purpose, in our lab or in anybody's container, a loss would take a whole train. So it is used along the loopback device
 * alone, as long as nothing waits or is lost there: its queueing discipline is `noqueue`.
 */
export function segmentation(): Segmentation {
  if (performance.now() > lastAsked + keptMs) last = ask();
  lastAsked = performance.now();
  return last;
}

/** A thousand clients with a socket each ask once, ms. */
const keptMs = 1000;
let last = unsegmented;
let lastAsked = Number.NEGATIVE_INFINITY;

function ask(): Segmentation {
  try {
    const kinds = disciplinesOf(loopbackIndex, queueingDisciplines());
    return kinds.length > 0 && kinds.every((kind) => kind === 'noqueue') ? alongLoopback : unsegmented;
  } catch {
    return unsegmented; // no netlink: nobody can tell
  }
}

/** The loopback device is the first of every network namespace. */
const loopbackIndex = 1;
const [AF_NETLINK, SOCK_RAW, NETLINK_ROUTE] = [16, 3, 0];
const SOCK_CLOEXEC = 0x80000;
const [NLMSG_ERROR, NLMSG_DONE, RTM_GETQDISC] = [2, 3, 38];
const [NLM_F_REQUEST, NLM_F_DUMP] = [1, 0x300];
/** struct nlmsghdr, and behind it struct tcmsg. */
const [headerBytes, discipline] = [16, 20];
const TCA_KIND = 1;

/** The kernel's list of queueing disciplines (rtnetlink(7)), one buffer for each datagram of its answer. */
function queueingDisciplines(): Buffer[] {
  const koffi = createRequire(import.meta.url)('koffi') as typeof import('koffi');
  const libc = koffi.load(null);
  const fd = libc.func('int socket(int, int, int)')(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE) as number;
  const answer: Buffer[] = [];
  try {
    const request = Buffer.alloc(headerBytes + discipline);
    request.writeUInt32LE(request.length, 0);
    request.writeUInt16LE(RTM_GETQDISC, 4);
    request.writeUInt16LE(NLM_F_REQUEST | NLM_F_DUMP, 6);
    libc.func('long send(int, const void *, size_t, int)')(fd, request, request.length, 0);
    const receive = libc.func('long recv(int, void *, size_t, int)');
    for (;;) {
      const part = Buffer.allocUnsafeSlow(32 * 1024);
      const length = receive(fd, part, part.length, 0) as number;
      if (length < headerBytes) return answer;
      answer.push(part.subarray(0, length));
      if (part.readUInt16LE(4) === NLMSG_DONE || part.readUInt16LE(4) === NLMSG_ERROR) return answer;
    }
  } finally {
    libc.func('int close(int)')(fd);
  }
}

/** The kinds of a device's disciplines, as the kernel's answer names them. */
function disciplinesOf(device: number, answer: readonly Buffer[]): string[] {
  const kinds: string[] = [];
  for (const part of answer) {
    for (let at = 0; at + headerBytes + discipline + 4 <= part.length; at += (part.readUInt32LE(at) + 3) & ~3) {
      if (part.readUInt32LE(at) < headerBytes) break;
      if (part.readInt32LE(at + headerBytes + 4) !== device) continue;
      const kind = at + headerBytes + discipline;
      if (part.readUInt16LE(kind + 2) !== TCA_KIND) continue;
      kinds.push(part.toString('latin1', kind + 4, kind + part.readUInt16LE(kind) - 1));
    }
  }
  return kinds;
}
