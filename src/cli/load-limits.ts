import { readFileSync } from 'node:fs';
import { totalmem } from 'node:os';
import { MqbenchError } from '../base/errors.js';
import { exitCodes } from '../base/exit-codes.js';
import { formatCount, formatSize } from '../base/units.js';
import type { LoadPlan } from '../load/contract.js';

/** What this machine allows a process and an address. */
export interface MachineLimits {
  /** Descriptors one process may have; Node raises its soft limit to the hard one at start. */
  readonly descriptors: number;
  /** Ports the kernel takes for outgoing connections of one source address to one destination. */
  readonly ports: number;
  /** Of the machine, bytes; undefined: not to be checked. */
  readonly memory?: number;
}

/** What no client does without: 18,000 over TCP took 187 MiB (docs/performance.md), and QUIC takes more. */
const clientBytes = 8_000;

/** Descriptors that a generator process has beside its connections. */
const ownDescriptors = 60;

/** From /proc; without it (not Linux) nothing is known and nothing is checked. */
export function machineLimits(): MachineLimits {
  const open = /^Max open files\s+\S+\s+(\S+)/m.exec(read('/proc/self/limits'))?.[1];
  const range = /(\d+)\s+(\d+)/.exec(read('/proc/sys/net/ipv4/ip_local_port_range'));
  return {
    descriptors: open === undefined || open === 'unlimited' ? Number.POSITIVE_INFINITY : Number(open),
    memory: totalmem(),
    ports: range === null ? Number.POSITIVE_INFINITY : Number(range[2]) - Number(range[1]) + 1,
  };
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

/**
 * Says before the run what would stop it in the middle. QUIC clients share their
 * worker's sockets, so the limits of descriptors and ports do not bind them.
 * @throws MQB_LIMITS naming each limit, what the run needs and what would give it
 */
export function checkLimits(plan: LoadPlan, workers: number, limits: MachineLimits): void {
  const problems: string[] = [];
  const fixes: string[] = [];
  const { memory = Number.POSITIVE_INFINITY } = limits;
  if (plan.clients * clientBytes > memory) {
    problems.push(
      `${formatSize(plan.clients * clientBytes)} of memory at least, and this machine has ${formatSize(memory)}`,
    );
    fixes.push(`-c ${Math.floor(memory / clientBytes)} at most, or several machines, each with its own -n`);
  }
  if (plan.target.transport !== 'quic') checkSockets(plan, workers, limits, { problems, fixes });
  if (problems.length === 0) return;
  throw new MqbenchError('MQB_LIMITS', `${formatCount(plan.clients)} clients need ${problems.join('; and ')}`, {
    hint: fixes.join('; and '),
    exitCode: exitCodes.machine,
  });
}

function checkSockets(
  plan: LoadPlan,
  workers: number,
  limits: MachineLimits,
  { problems, fixes }: { problems: string[]; fixes: string[] },
): void {
  const perWorker = Math.ceil(plan.clients / workers) + ownDescriptors;
  if (perWorker > limits.descriptors) {
    const needed = Math.ceil(plan.clients / Math.max(1, limits.descriptors - ownDescriptors));
    problems.push(
      `${formatCount(perWorker)} file descriptors per generator process, and ${formatCount(limits.descriptors)} are allowed`,
    );
    fixes.push(`--workers ${needed}, or ulimit -n ${perWorker} before the run`);
  }
  const addresses = Math.max(1, plan.localAddresses.length);
  const ports = limits.ports * addresses * plan.target.hosts.length;
  if (plan.clients > ports) {
    problems.push(
      `${formatCount(plan.clients)} source ports, and ${addresses} source ${addresses === 1 ? 'address has' : 'addresses have'} ${formatCount(ports)}`,
    );
    const more = Math.ceil(plan.clients / limits.ports / plan.target.hosts.length);
    fixes.push(`--ifaddr with ${more} addresses, or sysctl -w net.ipv4.ip_local_port_range="1025 65535"`);
  }
}
