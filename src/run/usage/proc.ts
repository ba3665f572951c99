import { readdirSync, readFileSync } from 'node:fs';
import { kill } from 'node:process';
import type { ProcessorUse } from '../../metrics/resources.js';

/** Kernel's user-visible clock tick; USER_HZ is 100 on every Linux architecture that Node runs on. */
export const ticksPerSecond = 100;

/**
 * What a process has used, from /proc (proc_pid_stat(5), proc_pid_status(5)); undefined when it is gone. Context switches
 * are those of its first thread; nginx has no other.
 * @param withEnded with what its children used that it has waited for
 */
export function cpuOf(pid: number, withEnded = false): ProcessorUse | undefined {
  try {
    const fields = statFields(pid);
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    const ticks = (field: number): number => Number(fields[field]) + (withEnded ? Number(fields[field + 2]) : 0);
    const micros = (field: number): number => (ticks(field) * 1e6) / ticksPerSecond;
    const switches = [...status.matchAll(/ctxt_switches:\s+(\d+)/g)];
    return {
      ...{ cpuUserMicros: micros(11), cpuSystemMicros: micros(12) },
      peakRssBytes: Number(/^VmHWM:\s+(\d+) kB/m.exec(status)?.[1] ?? 0) * 1024,
      contextSwitches: switches.reduce((sum, [, count]) => sum + Number(count), 0),
    };
  } catch {
    return undefined;
  }
}

/** What each process of a family has used, children that have ended included; who has gone is left out. */
export const familyUse = (family: readonly number[]): ProcessorUse[] =>
  family.map((pid) => cpuOf(pid, true)).filter((use) => use !== undefined);

/** What each thread of a family has used, microseconds by its number. */
export function threadsOf(family: readonly number[]): Map<number, number> {
  const threads = new Map<number, number>();
  for (const pid of family) {
    for (const thread of tasksOf(pid)) {
      const used = cpuOfThread(pid, thread);
      if (used !== undefined) threads.set(thread, used);
    }
  }
  return threads;
}

function tasksOf(pid: number): number[] {
  try {
    return readdirSync(`/proc/${pid}/task`).map(Number);
  } catch {
    return [];
  }
}

function cpuOfThread(pid: number, thread: number): number | undefined {
  try {
    const fields = fieldsOf(readFileSync(`/proc/${pid}/task/${thread}/stat`, 'utf8'));
    return ((Number(fields[11]) + Number(fields[12])) * 1e6) / ticksPerSecond;
  } catch {
    return undefined;
  }
}

/** What a process is doing, as proc_pid_stat(5) tells. */
export interface ProcessState {
  /** Of the program, cut to 15 characters. */
  readonly name: string;
  /** By a signal (SIGSTOP, Ctrl-Z) or a debugger. */
  readonly stopped: boolean;
  /** Dead, and not yet waited for by its parent. */
  readonly ended: boolean;
}

/** Undefined when it is gone. */
export function processState(pid: number): ProcessState | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const state = text.slice(text.lastIndexOf(')') + 2)[0] as string;
    const name = text.slice(text.indexOf('(') + 1, text.lastIndexOf(')'));
    return { name, stopped: /[Tt]/.test(state), ended: /[ZXx]/.test(state) };
  } catch {
    return undefined;
  }
}

/** A signal to a process that may be gone. */
export function tell(pid: number, signal: 'SIGCONT' | 'SIGTERM' | 'SIGKILL'): void {
  try {
    kill(pid, signal);
  } catch {
    // ended since it was looked at
  }
}

/** A process and everything it started, however deep. */
export function descendants(pid: number): number[] {
  const parents = new Map<number, number>();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    try {
      parents.set(Number(name), Number(statFields(Number(name))[1]));
    } catch {
      // ended meanwhile
    }
  }
  const family = [pid];
  for (const one of family) {
    for (const [child, parent] of parents) if (parent === one) family.push(child);
  }
  return family;
}

/** Who started a process; undefined when it is gone. */
export function parentOf(pid: number): number | undefined {
  try {
    return Number(statFields(pid)[1]);
  } catch {
    return undefined;
  }
}

/**
 * Processor time of this process and everything that it started, however deep, those that have ended included. Who
 * belongs to it is looked up again only when somebody has gone: the whole of /proc is much to read.
 */
export class Family {
  private members: readonly number[] = [];

  /** @param apart one that belongs to it with all that it started, and is not its child */
  constructor(
    private readonly pid: number,
    private readonly apart?: number,
  ) {}

  /** Microseconds, in steps of 10 ms. A child that ended is in the account of its parent from when that waited for it. */
  cpuMicros(): number {
    for (let look = 0; look < 2; look++) {
      const each = this.members.map(cpuWithEnded);
      if (each.length > 0 && each.every((cpu) => cpu !== undefined)) return each.reduce((sum, cpu) => sum + cpu, 0);
      this.members = [this.pid, this.apart].flatMap((root) => (root === undefined ? [] : descendants(root)));
    }
    return this.members.reduce((sum, pid) => sum + (cpuWithEnded(pid) ?? 0), 0);
  }
}

/** Of the process and those of its children that have ended; undefined when it is gone. */
function cpuWithEnded(pid: number): number | undefined {
  try {
    const fields = statFields(pid);
    return ([11, 12, 13, 14].reduce((sum, field) => sum + Number(fields[field]), 0) * 1e6) / ticksPerSecond;
  } catch {
    return undefined;
  }
}

const statFields = (pid: number): string[] => fieldsOf(readFileSync(`/proc/${pid}/stat`, 'utf8'));

/** Fields of /proc/pid/stat from the third (state) on; the second, a name in brackets, may hold anything. */
const fieldsOf = (text: string): string[] => text.slice(text.lastIndexOf(')') + 2).split(' ');
