import { formatDuration, formatShare } from '../../base/units.js';
import type { Doubt, MetricSet, PhaseUse } from '../../result/types.js';
import type { PlannedCell, ResolvedScenario } from '../../scenario/types.js';

/**
 * Above this share of a core, what a fleet needed to come back is for the most part what this process needed.
 * Lower than elsewhere: the last clients wait for the path and no longer for a processor.
 */
const busy = 0.75;

type Measured = {
  readonly phases: readonly PhaseUse[];
  readonly windows: Readonly<Record<string, MetricSet>>;
};

/**
 * When the whole fleet comes back at once, whoever is slowest sets the pace. A window is much longer than the storm, so
 * its mean use of a processor hides it: the use is judged over the time until the last client was back. Only where
 * nothing is published; other work of the window cannot be told apart.
 */
export function stormDoubts(scenario: ResolvedScenario, { load }: PlannedCell, { phases, windows }: Measured): Doubt[] {
  if (load.publish) return [];
  return scenario.timeline.flatMap((event) => {
    if ((event.kind !== 'cut' && event.kind !== 'disconnect') || event.perSecond !== undefined) return [];
    const name = scenario.windows.find(({ fromMicros }) => fromMicros === event.atMicros)?.name;
    const phase = phases.find((one) => one.name === name);
    const { distributions = {} } = windows[name ?? ''] ?? {};
    const last = (distributions['reconnect.suback'] ?? distributions['reconnect.connack'])?.max;
    if (!phase || !last) return [];
    const micros = Math.min(last, phase.durationMicros);
    return [
      ...busyDoubt(phase, micros, 'load', 'generator-bound'),
      ...busyDoubt(phase, micros, 'broker', 'broker-bound'),
    ];
  });
}

function busyDoubt(phase: PhaseUse, micros: number, role: 'load' | 'broker', code: Doubt['code']): Doubt[] {
  const use = phase.resources.find((one) => one.role === role);
  if (!use) return [];
  const cores = (use.cpuUserMicros + use.cpuSystemMicros) / micros / use.processes;
  if (cores < busy) return [];
  const who = role === 'load' ? 'the generator' : 'the broker';
  return [
    {
      code,
      metric: 'reconnect.connack',
      message: `${who} used ${formatShare(cores)} of a core until the last client was back after ${formatDuration(micros)}`,
      advice: 'what the return took is mostly its processor time: fewer clients, or more cores',
    },
  ];
}
