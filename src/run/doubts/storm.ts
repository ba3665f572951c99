import { formatDuration, formatShare } from '../../base/units.js';
import type { Cell, Distribution, Doubt, PhaseUse } from '../../result/types.js';
import { type FleetEvent, fleetKindOf } from '../../scenario/events/kinds.js';
import type { PlannedCell, ResolvedScenario } from '../../scenario/types.js';

/**
 * Above this share of a core, what a fleet needed to come back is for the most part what this process needed.
 * Lower than elsewhere: the last clients wait for the path and no longer for a processor.
 */
const busy = 0.75;

/**
 * When the whole fleet comes back at once, whoever is slowest sets the pace. A window is much longer than the storm, so
 * its mean use of a processor hides it: the use is judged over the time until the last client was back. Only where
 * nothing is published; other work of the window cannot be told apart.
 */
export function stormDoubts(
  scenario: ResolvedScenario,
  { load }: PlannedCell,
  { phases, windows }: Required<Pick<Cell, 'phases' | 'windows'>>,
): Doubt[] {
  if (load.publish) return [];
  return scenario.timeline.flatMap((event) => {
    if (!fleetKindOf(event.kind) || (event as FleetEvent).perSecond !== undefined) return [];
    const name = scenario.windows.find(({ fromMicros }) => fromMicros === event.atMicros)?.name;
    const phase = phases.find((one) => one.name === name);
    const { distributions = {} } = windows[name ?? ''] ?? {};
    const back = slowestBack(distributions['reconnect.suback'] ?? distributions['reconnect.connack']);
    if (!phase || !back) return [];
    const until = { ...back, micros: Math.min(back.micros, phase.durationMicros) };
    return roles.flatMap((role) => busyDoubt(phase, until, role));
  });
}

const roles = [
  ['load', 'generator-bound', 'the generator'],
  ['broker', 'broker-bound', 'the broker'],
] as const;

/** The end of the storm, and whose return that is. */
interface Until {
  readonly micros: number;
  readonly whose: string;
}

const statistics = [
  ['max', 'the last client was'],
  ['p99', '99 % of the clients were'],
  ['p95', '95 % of the clients were'],
  ['p90', '90 % of the clients were'],
  ['p50', 'half of the clients were'],
] as const;

/** Clients that never came back are no end of the storm: their age would spread its work over the rest of the window. */
function slowestBack(returns: Distribution | undefined): Until | undefined {
  if (!returns || returns.count === 0) return undefined;
  const known = statistics.find(([statistic]) => !returns.atLeast?.includes(statistic));
  return known && { micros: returns[known[0]], whose: known[1] };
}

function busyDoubt(phase: PhaseUse, { micros, whose }: Until, [role, code, who]: (typeof roles)[number]): Doubt[] {
  const use = phase.resources.find((one) => one.role === role);
  const cores = use ? (use.cpuUserMicros + use.cpuSystemMicros) / micros / use.processes : 0;
  if (cores < busy) return [];
  return [
    {
      ...{ code, metric: 'reconnect.connack' },
      message: `${who} used ${formatShare(cores)} of a core until ${whose} back after ${formatDuration(micros)}`,
      advice: 'what the return took is mostly its processor time: fewer clients, or more cores',
    },
  ];
}
