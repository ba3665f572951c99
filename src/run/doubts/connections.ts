import { formatCounted } from '../../base/units.js';
import type { LoadReport } from '../../load/contract.js';
import type { FleetPlan } from '../../plan/plan.js';
import type { Doubt, EventRecord } from '../../result/types.js';
import { disturbs } from '../../scenario/disturbing.js';
import type { TimelineEvent } from '../../scenario/types.js';

/**
 * Connections that were lost before anything was done to them: the broker, the machine or a program between them is at
 * fault, and what is told of the transport holds it.
 * @param events that were planned for the cell
 * @param records of those that happened
 * @param comeAndGo some clients leave on purpose ({@link leavesOnPurpose})
 */
export function connectionDoubts(
  events: readonly TimelineEvent[],
  records: readonly Pick<EventRecord, 'name' | 'atMicros'>[],
  report: Pick<LoadReport, 'counters' | 'timeline'>,
  comeAndGo = false,
): Doubt[] {
  const names = new Set(events.filter(disturbs).map(({ name }) => name));
  // The timeline does not tell who left from who was lost.
  if (comeAndGo && names.size > 0) return [];
  const first = Math.min(...records.filter(({ name }) => names.has(name)).map(({ atMicros }) => atMicros));
  const lost = names.size === 0 ? (report.counters['connections.lost'] ?? 0) : lostBefore(first, report.timeline);
  if (lost === 0) return [];
  const when = names.size === 0 ? 'and no event was to disturb them' : 'before the first event';
  return [
    {
      code: 'connections-lost',
      message: `${formatCounted(lost, 'connection was', 'connections were')} lost, ${when}`,
      advice: 'see the errors by kind: the broker, a program in front of it or the network ended them',
    },
  ];
}

/** Its clients come and go while messages flow. */
export const leavesOnPurpose = ({ churn, clientStages }: Pick<FleetPlan, 'churn' | 'clientStages'>): boolean =>
  churn !== undefined || clientStages !== undefined;

/** In whole steps of the timeline: the one in which the event falls is left out. */
function lostBefore(
  eventMicros: number,
  { stepMicros, trafficFromMicros = 0, series }: LoadReport['timeline'],
): number {
  const steps = Math.floor((trafficFromMicros + eventMicros) / stepMicros);
  return (series.cut ?? []).slice(0, Math.max(0, steps)).reduce((sum, count) => sum + count, 0);
}
