import { sumOf } from '../../base/numbers/sum.js';
import { openDescriptors, textOf } from '../descriptors.js';

/**
 * Datagrams that the kernel dropped because a receive buffer of this process was full: the last column of
 * /proc/net/udp and udp6 for the sockets that the process has open (proc_pid_net(5)). Counted by socket, so other
 * programs of the machine do not matter; UdpRcvbufErrors of /proc/net/snmp is the whole namespace's.
 * @returns 0 where there is no /proc
 */
export function receiveDrops(): number {
  const own = ownSockets();
  if (own.size === 0) return 0;
  return sumOf(['/proc/self/net/udp', '/proc/self/net/udp6'], (table) => dropsIn(textOf(table), own));
}

/** @param table text of /proc/net/udp @param inodes of the sockets to count */
export function dropsIn(table: string, inodes: ReadonlySet<string>): number {
  let sum = 0;
  for (const line of table.split('\n').slice(1)) {
    const fields = line.trim().split(/\s+/);
    if (inodes.has(fields[9] ?? '')) sum += Number(fields[12] ?? 0);
  }
  return sum;
}

function ownSockets(): Set<string> {
  try {
    return new Set([...openDescriptors()].flatMap(([, target]) => /^socket:\[(\d+)\]$/.exec(target)?.[1] ?? []));
  } catch {
    return new Set();
  }
}
