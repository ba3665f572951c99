import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';

export interface Relative {
  readonly pid: number;
  /** The network namespace, as /proc/<pid>/ns/net names it. */
  readonly namespace: string;
  /** What it runs, its words joined by spaces. */
  readonly command: string;
}

/** All processes that descend from one, itself first; other tests' processes are none of ours. */
export function familyOf(root: number): Relative[] {
  const table = execFileSync('ps', ['-eo', 'pid=,ppid='], { encoding: 'utf8' });
  const pairs = table.split('\n').map((line) => line.trim().split(/\s+/).map(Number));
  const family = [root];
  for (const pid of family)
    family.push(...pairs.filter(([, parent]) => parent === pid).map(([child]) => child as number));
  return family.flatMap((pid) => {
    try {
      const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
      return [{ pid, namespace: readlinkSync(`/proc/${pid}/ns/net`), command }];
    } catch {
      return []; // ended since
    }
  });
}

/**
 * A variable of the environment by which all that a process starts are known when it is gone. The number of a namespace
 * is no such sign: the next lab of any test gets it again at once.
 */
export type Mark = Readonly<Record<string, string>>;

export const newMark = (): Mark => ({ MQBENCH_TEST_MARK: randomUUID() });

export function isMarked(pid: number | string, mark: Mark): boolean {
  try {
    const variables = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
    return Object.entries(mark).every(([name, value]) => variables.includes(`${name}=${value}`));
  } catch {
    return false; // ended since
  }
}

/** Network namespaces beside our own in which a process with this mark is. */
export function namespacesOf(mark: Mark): string[] {
  const found = new Set<string>();
  for (const name of readdirSync('/proc')) {
    try {
      if (/^\d+$/.test(name) && isMarked(name, mark)) found.add(readlinkSync(`/proc/${name}/ns/net`));
    } catch {
      // ended since
    }
  }
  found.delete(readlinkSync('/proc/self/ns/net'));
  return [...found];
}

/** Running; a zombie only waits for its parent to take notice. */
export const alive = (pid: number): boolean => existsSync(`/proc/${pid}/exe`) && !isZombie(pid);

function isZombie(pid: number): boolean {
  try {
    return /^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return true;
  }
}
