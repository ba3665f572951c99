import { formatDuration } from '../../base/units.js';
import type { Doubt } from '../types.js';
import type { DoubtMeaning } from './meaning.js';

/** What the machine had no room for. */
export const aboutMachine = {
  'broker-bound': {
    means: 'the broker used up its processor',
    spoils:
      'Differences between arms: they show how much processor time a transport costs the broker, not what the path does.',
    remedy: 'Lower the load until the broker has room, unless that cost is the question.',
  },
  'machine-bound': {
    means: 'all processors of the machine were busy',
    spoils: 'All latencies and rates: generator, broker and link waited for a processor.',
    remedy: 'Lower the load, end other programs, or take a machine with more cores.',
  },
  'cpu-throttled': {
    means: 'the quota on processor time ran out, and everything in it was stopped until the next period',
    spoils:
      'High percentiles and rates: the system stopped the processes whenever they had used up their share of processor time.',
    remedy: 'Raise the quota (of the container or the cgroup), or lower the load.',
  },
  'processor-stolen': {
    means: 'the hypervisor gave processor time of this machine to others',
    spoils: 'High percentiles and costs: the machine was stopped again and again, and no process can see for how long.',
    remedy: 'Run again at another hour, or on a machine of your own.',
  },
  'role-stopped': {
    means: 'a process that the cell stands on was stopped for a while',
    spoils: 'All latencies of the cell: they contain the time for which the process was stopped.',
    remedy: 'Find out what stopped it (a debugger, job control, the system), and run the cell again.',
  },
  'receive-drops': {
    means: 'the kernel dropped datagrams because a socket buffer was full',
    spoils: 'Losses and latencies over QUIC: datagrams were lost in this machine, not on the path.',
    remedy: 'Raise net.core.rmem_max, take more --workers, or lower the rate.',
  },
} as const satisfies Readonly<Record<string, DoubtMeaning>>;

/** A time for which a process was stopped. */
export interface Stop {
  /** Since the load of the cell was started, microseconds. */
  readonly fromMicros: number;
  readonly tookMicros: number;
}

/** @param name of the part of the cell whose process it was */
export function stoppedDoubt(name: string, stops: readonly Stop[]): Doubt {
  const times = stops.map(
    ({ fromMicros, tookMicros }) =>
      `for ${formatDuration(tookMicros)}, ${formatDuration(fromMicros)} after the cell's load was started`,
  );
  return {
    code: 'role-stopped',
    message: `${name} was stopped (SIGSTOP) ${times.join('; ')}`,
    advice: 'latencies hold the time that it stood still: run the cell again',
  };
}
