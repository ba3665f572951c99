import { isIPv4 } from 'node:net';
import { headerBytes, Netlink, NLM_F_DUMP, NLM_F_REQUEST, request } from './netlink.js';

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

/** Whether a datagram for a host waits nowhere on its way, but at its end: the same loopback device. */
export function isDirect(host: string): boolean {
  return isIPv4(host) && segmentation()(ipNumber(host));
}

/** 192.0.2.1 as one number. */
export function ipNumber(host: string): number {
  let number = 0;
  for (const part of host.split('.')) number = number * 256 + Number(part);
  return number;
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
const [NETLINK_ROUTE, RTM_GETQDISC] = [0, 38];
/** struct tcmsg */
const discipline = 20;
const TCA_KIND = 1;

/** The kernel's list of queueing disciplines (rtnetlink(7)), one buffer for each datagram of its answer. */
function queueingDisciplines(): Buffer[] {
  const netlink = new Netlink(NETLINK_ROUTE);
  try {
    return netlink.all(request(RTM_GETQDISC, NLM_F_REQUEST | NLM_F_DUMP, discipline));
  } finally {
    netlink.close();
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
