import { readFileSync } from 'node:fs';
import type { TransportName } from '../../transport/contract.js';

/** TCP_LISTEN of the kernel (include/net/tcp_states.h); a UDP socket that is bound and not connected is in state 7. */
const listening = { tcp: '0A', udp: '07' } as const;

/**
 * Whether something listens on a port in the network namespace of a process: proc_net(5) shows the sockets of that namespace
 * to whoever may look at the process, so nothing has to be started there, and nothing is connected to.
 */
export function isListening(pid: number | 'self', transport: TransportName, port: number): boolean {
  const protocol = transport === 'quic' ? 'udp' : 'tcp';
  const wanted = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  return [protocol, `${protocol}6`].some((table) =>
    rows(pid, table).some(([, local = '', , state]) => local.endsWith(wanted) && state === listening[protocol]),
  );
}

function rows(pid: number | 'self', table: string): string[][] {
  try {
    const lines = readFileSync(`/proc/${pid}/net/${table}`, 'utf8').trim().split('\n').slice(1);
    return lines.map((line) => line.trim().split(/\s+/));
  } catch {
    return []; // it has ended, or the kernel has no IPv6
  }
}
