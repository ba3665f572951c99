import { readFileSync } from 'node:fs';
import { totalmem } from 'node:os';
import type { AgentInfo } from '../../agents/messages.js';
import { MqbenchError } from '../../base/errors.js';
import { exitCodes } from '../../base/exit-codes.js';
import { formatCount, formatCounted, formatSize } from '../../base/units.js';
import { workersOf } from '../../load/pace/split.js';
import type { LoadPlan } from '../../plan/plan.js';
import { planCells } from '../../scenario/matrix.js';
import type { ResolvedScenario } from '../../scenario/types.js';
import type { TransportName } from '../../transport/contract.js';

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

/** How a command says what would make a load fit. */
interface Remedies {
  readonly fewer: (clients: number) => string;
  readonly addresses: (count: number) => string;
  /** The broker is a process of this machine too. */
  readonly ownBroker?: true;
}

const ofCommands: Remedies = {
  fewer: (clients) => `-c ${clients} at most, or several machines, each with its own -n`,
  addresses: (count) => `--ifaddr with ${count} addresses, or sysctl -w net.ipv4.ip_local_port_range="1025 65535"`,
};

const ofScenarios: Remedies = {
  fewer: (clients) => `load.clients: ${clients} at most`,
  addresses: (count) => `lab.clientAddresses: ${count}`,
  ownBroker: true,
};

/** What a load takes of a machine. */
interface Fleet {
  readonly clients: number;
  readonly transport: TransportName;
  readonly addresses: number;
  readonly hosts: number;
  /** QUIC clients that do not share a socket. */
  readonly ownSocket?: boolean;
}

/**
 * Says before the run what would stop it in the middle. QUIC clients share their
 * worker's sockets unless they are told not to, so the limits of descriptors and ports do not bind them.
 * @throws MQB_LIMITS naming each limit, what the run needs and what would give it
 */
export function checkLimits(plan: LoadPlan, workers: number, limits: MachineLimits): void {
  const { clients, localAddresses, target } = plan;
  const fleet = {
    clients,
    transport: target.transport,
    addresses: Math.max(1, localAddresses.length),
    hosts: target.hosts.length,
    ownSocket: target.quic?.ownSocket,
  };
  check(fleet, workers, limits, ofCommands);
}

/** The same of a load on agents: each has its share of the clients by its workers. @throws MQB_LIMITS naming the agent */
export function checkAgentLimits(plan: LoadPlan, agents: readonly AgentInfo[]): void {
  const all = agents.reduce((sum, { workers }) => sum + workers, 0);
  for (const { name, workers, memoryBytes, descriptors, ports } of agents) {
    const clients = Math.ceil((plan.clients * workers) / all);
    const unlimited = Number.POSITIVE_INFINITY;
    const limits = { descriptors: descriptors ?? unlimited, ports: ports ?? unlimited, memory: memoryBytes };
    try {
      checkLimits({ ...plan, clients }, workers, limits);
    } catch (error) {
      if (!(error instanceof MqbenchError)) throw error;
      throw new MqbenchError(error.code, `on the agent ${name}, ${error.message}`, {
        hint: `more agents, or there: ${error.hint}`,
        exitCode: error.exitCode,
      });
    }
  }
}

/** Ports of a network namespace: the kernel's default, whatever the machine has for itself. */
const namespacePorts = 28_232;

/** The same of every cell of a scenario. @throws MQB_LIMITS */
export function checkScenarioLimits(
  scenario: ResolvedScenario,
  workers: number,
  machine: MachineLimits = machineLimits(),
): void {
  const ports = scenario.lab ? Math.min(machine.ports, namespacePorts) : machine.ports;
  const addresses = scenario.lab?.clientAddresses ?? 1;
  const seen = new Set<string>();
  for (const { load, fleets = [{ load }], arm } of planCells(scenario)) {
    const ownSocket = arm.quic?.ownSocket;
    const key = `${arm.transport} ${ownSocket} ${load.clients}`;
    if (seen.has(key)) continue;
    seen.add(key);
    const fleet = { clients: load.clients, transport: arm.transport, addresses, hosts: 1, ownSocket };
    check(
      fleet,
      evenly(
        fleets.map((one) => one.load),
        workers,
      ),
      { ...machine, ports },
      ofScenarios,
    );
  }
}

/** So many workers as would have no more clients each, were all clients spread evenly, than the fullest of these fleets has. */
function evenly(loads: readonly { readonly clients: number }[], workers: number): number {
  const counts = workersOf(loads, workers);
  const fullest = Math.max(...loads.map(({ clients }, i) => Math.ceil(clients / (counts[i] as number))));
  return loads.reduce((sum, { clients }) => sum + clients, 0) / fullest;
}

/** What is too little, and what would give it. */
type Shortage = readonly [problem: string, fix: string];

function check(fleet: Fleet, workers: number, limits: MachineLimits, remedies: Remedies): void {
  const { clients, transport, ownSocket } = fleet;
  const { memory = Number.POSITIVE_INFINITY } = limits;
  const bytes = clients * clientBytes;
  const short: Shortage[] = [];
  if (bytes > memory) {
    const problem = `${formatSize(bytes)} of memory at least, and this machine has ${formatSize(memory)}`;
    short.push([problem, remedies.fewer(Math.floor(memory / clientBytes))]);
  }
  if (transport !== 'quic' || ownSocket) short.push(...socketsShort(fleet, workers, limits, remedies));
  if (short.length === 0) return;
  const problems = short.map(([problem]) => problem).join('; and ');
  throw new MqbenchError('MQB_LIMITS', `${formatCount(clients)} clients need ${problems}`, {
    hint: short.map(([, fix]) => fix).join('; and '),
    exitCode: exitCodes.machine,
  });
}

function socketsShort(
  { clients, transport, addresses, hosts }: Fleet,
  workers: number,
  limits: MachineLimits,
  { ownBroker, addresses: moreAddresses }: Remedies,
): Shortage[] {
  const allowed = `and ${formatCount(limits.descriptors)} are allowed`;
  const perWorker = Math.ceil(clients / workers) + ownDescriptors;
  const forBroker = ownBroker && transport !== 'quic' ? clients + ownDescriptors : 0;
  const ports = limits.ports * addresses * hosts;
  const short: Shortage[] = [];
  if (perWorker > limits.descriptors) {
    const needed = Math.ceil(clients / Math.max(1, limits.descriptors - ownDescriptors));
    const problem = `${formatCount(perWorker)} file descriptors per generator process, ${allowed}`;
    short.push([problem, `--workers ${needed}, or ulimit -n ${perWorker} before the run`]);
  }
  if (forBroker > limits.descriptors) {
    const problem = `${formatCount(forBroker)} file descriptors of the broker, ${allowed}`;
    short.push([problem, `ulimit -n ${forBroker} before the run`]);
  }
  if (clients > ports) {
    const have = `${formatCounted(addresses, 'source address has', 'source addresses have')} ${formatCount(ports)}`;
    const problem = `${formatCount(clients)} source ports, and ${have}`;
    short.push([problem, moreAddresses(Math.ceil(clients / limits.ports / hosts))]);
  }
  return short;
}
