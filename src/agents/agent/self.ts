import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { hostname, totalmem } from 'node:os';
import { versions } from 'node:process';
import { clockIdentity } from '../../base/clock-identity.js';
import { defaultWorkers, usableProcessors } from '../../base/process/processors.js';
import { commitOf, version } from '../../base/version.js';
import type { AgentInfo } from '../messages.js';

/** Version and, where it is known, commit. */
export function buildName(): string {
  const commit = commitOf();
  return commit === undefined ? version : `${version} (${commit})`;
}

/** What an agent's owner says of it. */
export interface Owned extends Pick<AgentInfo, 'name' | 'labels' | 'allow' | 'lab'> {
  /** Worker processes; default: processors that may be used less one, at least one. */
  readonly workers?: number | undefined;
}

/** This machine as an agent. */
export function selfOf({ workers, ...owned }: Owned): AgentInfo {
  return {
    ...owned,
    instance: randomBytes(8).toString('hex'),
    host: hostname(),
    build: buildName(),
    node: versions.node,
    cores: usableProcessors(),
    workers: workers ?? defaultWorkers(),
    memoryBytes: totalmem(),
    descriptors: descriptors(),
    ports: ports(),
    clock: clockIdentity(),
  };
}

/** Descriptors that one process may have; Node raises its soft limit to the hard one at start. */
function descriptors(): number | undefined {
  const most = /^Max open files\s+\S+\s+(\S+)/m.exec(read('/proc/self/limits'))?.[1];
  return most === undefined || most === 'unlimited' ? undefined : Number(most);
}

/** Ports of one source address to one destination. */
function ports(): number | undefined {
  const [, low, high] = /(\d+)\s+(\d+)/.exec(read('/proc/sys/net/ipv4/ip_local_port_range')) ?? [];
  return high === undefined ? undefined : Number(high) - Number(low) + 1;
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
