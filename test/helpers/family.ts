import { execFileSync } from 'node:child_process';
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

/** Network namespaces in which any process still is. */
export function livingNamespaces(): Set<string> {
  const found = new Set<string>();
  for (const name of readdirSync('/proc')) {
    try {
      if (/^\d+$/.test(name)) found.add(readlinkSync(`/proc/${name}/ns/net`));
    } catch {
      // ended since
    }
  }
  return found;
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
