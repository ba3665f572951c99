import { formatShare } from '../../base/units.js';
import type { Doubt, PhaseUse } from '../../result/types.js';

/** Above this share of its core a process is called saturated: queues grow without bound towards 1. */
const saturated = 0.9;
/** All cores together; the last percents are never used up, as processes wait for one another. */
const machineSaturated = 0.95;
/** /proc counts in steps of 10 ms: in less time a share is a guess. */
const shortestMicros = 1_000_000;

/**
 * Who ran out of processor time in which part of the cell: the broker, nginx in front of it, or the machine that all
 * roles share. Its mean over the whole cell would hide it.
 */
export function boundDoubts(phases: readonly PhaseUse[]): Doubt[] {
  const long = phases.filter(({ durationMicros }) => durationMicros >= shortestMicros);
  const lower = 'lower the rate: latencies at saturation only measure queues';
  return [
    ...bound('broker-bound', 'the broker used', 'of a core', lower, long, saturated, shareOf('broker')),
    ...bound('broker-bound', 'nginx used', 'of a core', lower, long, saturated, shareOf('nginx')),
    ...bound(
      'machine-bound',
      'everything on this machine together used',
      'of all its cores',
      'lower the rate or the number of clients, or take more cores: the roles waited for one another',
      long,
      machineSaturated,
      ({ machineShare }) => machineShare ?? 0,
    ),
  ];
}

const shareOf =
  (name: string) =>
  ({ resources, durationMicros }: PhaseUse): number => {
    const role = resources.find((one) => one.role === name);
    return role ? (role.cpuUserMicros + role.cpuSystemMicros) / durationMicros : 0;
  };

/** One doubt that names every phase. */
function bound(
  code: Doubt['code'],
  who: string,
  ofWhat: string,
  advice: string,
  phases: readonly PhaseUse[],
  limit: number,
  share: (phase: PhaseUse) => number,
): Doubt[] {
  const over = phases.filter((phase) => share(phase) > limit);
  if (over.length === 0) return [];
  const list = over.map((phase, i) => `${formatShare(share(phase))}${i === 0 ? ` ${ofWhat}` : ''} in "${phase.name}"`);
  const about = over.every(({ name }) => name === 'connect') ? { phase: 'connect' as const } : {};
  return [{ code, ...about, message: `${who} ${list.join(', ')}`, advice }];
}
