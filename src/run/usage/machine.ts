import { readFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { type CpuQuota, cpuQuota } from '../../base/process/processors.js';
import type { MachineUse, PhaseUse } from '../../result/types.js';
import { ticksPerSecond } from './proc.js';

/** Counts since the machine started; what {@link PhaseMeter} subtracts. */
export type MachineCounts = Omit<MachineUse, 'ownMicros'>;

/** All processors of the machine together, since it started, and the part of the run's own processes. */
export interface MachineReading {
  readonly machine: MachineCounts;
  readonly ownMicros: number;
}

/** What of it only grows. */
const counts = ['busyMicros', 'interruptMicros', 'ioWaitMicros', 'stolenMicros', 'totalMicros'] as const;

/**
 * What all processors did since the machine started, whoever's work it was. os.cpus() leaves out the time that the
 * hypervisor took, softirqs and the waiting for storage, so /proc/stat is read where there is one.
 */
export function readMachine(): MachineCounts {
  try {
    return { ...parseStat(readFileSync('/proc/stat', 'utf8')), quota: cpuQuota() };
  } catch {
    return fromNode(); // not Linux
  }
}

/** @param text of /proc/stat, proc_stat(5) */
export function parseStat(text: string): MachineCounts {
  const all = /^cpu +(.*)$/m.exec(text)?.[1]?.split(' ').map(Number) ?? [];
  const micros = (...fields: number[]): number =>
    (fields.reduce((sum, field) => sum + (all[field] ?? 0), 0) * 1e6) / ticksPerSecond;
  // user nice system idle iowait irq softirq steal; time of guests is within user and nice.
  return {
    cores: [...text.matchAll(/^cpu\d+ /gm)].length,
    busyMicros: micros(0, 1, 2, 5, 6),
    interruptMicros: micros(5, 6),
    ioWaitMicros: micros(4),
    stolenMicros: micros(7),
    totalMicros: micros(0, 1, 2, 3, 4, 5, 6, 7),
  };
}

function fromNode(): MachineCounts {
  const times = cpus().map((cpu) => cpu.times);
  const micros = (of: (one: (typeof times)[number]) => number): number =>
    times.reduce((sum, one) => sum + of(one), 0) * 1000;
  return {
    cores: times.length,
    busyMicros: micros(({ user, nice, sys, irq }) => user + nice + sys + irq),
    interruptMicros: micros(({ irq }) => irq),
    ioWaitMicros: 0,
    stolenMicros: 0,
    totalMicros: micros(({ user, nice, sys, irq, idle }) => user + nice + sys + irq + idle),
  };
}

/**
 * Processor time that the run took of the machine in a phase, microseconds: its processes, the link's among them, and the
 * interrupts and softirqs that no process is billed for, which is where the kernel does most of its work for TCP. Other
 * programs are left out. A kernel without IRQ_TIME_ACCOUNTING bills a softirq to whom it interrupted as well, hence
 * not more than was busy at all.
 * @returns NaN where the system did not tell
 */
export function machineOfRun({ machine }: PhaseUse): number {
  if (machine === undefined) return Number.NaN;
  return Math.min(machine.busyMicros, machine.ownMicros + machine.interruptMicros);
}

/** What programs that are not part of the run used in a phase, in cores; interrupts are nobody's, and in neither. */
export function coresOfOthers({ machine }: PhaseUse): number | undefined {
  if (machine === undefined || machine.totalMicros <= 0) return undefined;
  const { busyMicros, interruptMicros, ownMicros, totalMicros, cores } = machine;
  return (Math.max(0, busyMicros - interruptMicros - ownMicros) / totalMicros) * cores;
}

/** What a machine did between two readings: nothing where both lie within one tick of the kernel's clock. */
export function machineBetween(from: MachineReading, to: MachineReading): MachineUse {
  // A counter of the kernel may go back by a tick (iowait does, proc_stat(5)).
  const grown = counts.map((key) => [key, Math.max(0, to.machine[key] - from.machine[key])]);
  return {
    cores: to.machine.cores,
    ...(Object.fromEntries(grown) as Record<(typeof counts)[number], number>),
    ownMicros: Math.max(0, to.ownMicros - from.ownMicros),
    quota: to.machine.quota && quotaBetween(from.machine.quota, to.machine.quota),
  };
}

function quotaBetween(from: CpuQuota | undefined, { cores, periods, throttled }: CpuQuota): CpuQuota {
  return { cores, periods: periods - (from?.periods ?? 0), throttled: throttled - (from?.throttled ?? 0) };
}
