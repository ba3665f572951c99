import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';

// What of this machine's processors a process may use: containers and services have quotas (cgroups(7)).

/** A bound on processor time: so many processors' worth, dealt out period by period. */
export interface CpuQuota {
  /** Processor time per time, e.g. 0.2. */
  readonly cores: number;
  /** Periods since the group was made in which something was to run. */
  readonly periods: number;
  /** Those of them in which the quota ran out, and everything in the group was stopped until the next one. */
  readonly throttled: number;
}

/** The tightest quota that binds this process, of cgroup v2 or v1; undefined: none. @param root of the file system */
export function cpuQuota(root = '/'): CpuQuota | undefined {
  const found = groupsOf(root).flatMap((group) => quotaOf(group) ?? []);
  return found.sort((a, b) => a.cores - b.cores)[0];
}

/** Processors that may be used, a quota considered; with one of 1.5 it is 1.5. */
export function usableProcessors(quota: CpuQuota | undefined = cpuQuota()): number {
  return Math.min(availableParallelism(), quota?.cores ?? Number.POSITIVE_INFINITY);
}

/** Load workers when nobody says how many: a processor is left to broker, link and kernel. */
export function defaultWorkers(processors: number = usableProcessors()): number {
  return Math.max(1, Math.ceil(processors) - 1);
}

interface Group {
  readonly folder: string;
  readonly version: 1 | 2;
}

/** The group of this process and all above it, as far as they can be seen from here. */
function groupsOf(root: string): Group[] {
  const lines = read(join(root, 'proc/self/cgroup')).trim().split('\n');
  return lines.flatMap((line): Group[] => {
    const [, controllers = '', path = '/'] = /^\d+:([^:]*):(.*)$/.exec(line) ?? [];
    if (controllers === '')
      return upwards(path).map((one) => ({ folder: join(root, 'sys/fs/cgroup', one), version: 2 }));
    if (!controllers.split(',').includes('cpu')) return [];
    return upwards(path).flatMap((one) =>
      // A container sees its own group as the root of the mount, whatever its path is outside.
      [controllers, 'cpu'].map((name) => ({ folder: join(root, 'sys/fs/cgroup', name, one), version: 1 })),
    );
  });
}

function upwards(path: string): string[] {
  const all = [path];
  for (let at = path; at !== '/' && at !== '.'; ) {
    at = dirname(at);
    all.push(at);
  }
  return all;
}

function quotaOf({ folder, version }: Group): CpuQuota | undefined {
  const [quota, period] =
    version === 2
      ? read(join(folder, 'cpu.max')).trim().split(/\s+/).map(Number)
      : [Number(read(join(folder, 'cpu.cfs_quota_us'))), Number(read(join(folder, 'cpu.cfs_period_us')))];
  // "max" is not a number, and -1 is no quota.
  if (quota === undefined || period === undefined || !(quota > 0) || !(period > 0)) return undefined;
  const stat = read(join(folder, 'cpu.stat'));
  const count = (name: string): number => Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(stat)?.[1] ?? 0);
  return { cores: quota / period, periods: count('nr_periods'), throttled: count('nr_throttled') };
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
