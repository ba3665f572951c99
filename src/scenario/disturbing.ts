import { eventKind, fleetKindOf } from './events/kinds.js';
import type { ResolvedScenario, TimelineEvent } from './types.js';

/** Whether it takes turns with others of its time: changes of the NAT happen one after the other. */
export const takesTurns = ({ kind }: Pick<TimelineEvent, 'kind'>): boolean => eventKind(kind)?.changesNat ?? false;

/** Whether it is asked of an event what became of the clients. The others (heal, udp-open, nat) leave every client as it is. */
export const disturbs = ({ kind }: Pick<TimelineEvent, 'kind'>): boolean => eventKind(kind)?.disturbs ?? false;

/**
 * Events after which less traffic and drain are left than it takes a client to give a silent connection up, so that
 * who is cut in silence cannot be told from who went on. Those that give connections up themselves need no such time.
 */
export function tooLate(
  scenario: Pick<ResolvedScenario, 'timeline' | 'trafficMicros' | 'drainMicros' | 'load'>,
): { readonly name: string; readonly leftMicros: number }[] {
  const { timeline, trafficMicros, drainMicros, load } = scenario;
  return timeline
    .filter((event) => disturbs(event) && !fleetKindOf(event.kind))
    .map((event) => ({
      name: event.name,
      leftMicros: trafficMicros + drainMicros - event.atMicros - (eventKind(event.kind)?.lastsMicros?.(event) ?? 0),
    }))
    .filter(({ leftMicros }) => leftMicros < load.deadAfterMicros);
}
