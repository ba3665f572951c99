import type { EventKind, ResolvedScenario, TimelineEvent } from './types.js';

/** Events that can end connections, or make them useless. The others (heal, udp-open, nat) leave every client as it is. */
const disturbing: ReadonlySet<EventKind> = new Set<EventKind>([
  ...(['rebind', 'return', 'address-change', 'blackout', 'flap', 'profile', 'udp-block'] as const),
  ...(['disconnect', 'cut'] as const),
]);

/** Changes of the NAT: one after the other, also where they are of one time. */
const ofTheNat: ReadonlySet<EventKind> = new Set<EventKind>([
  ...(['rebind', 'return', 'address-change', 'udp-block', 'udp-open', 'nat'] as const),
]);

/** Whether it takes turns with others of its time. */
export const takesTurns = ({ kind }: Pick<TimelineEvent, 'kind'>): boolean => ofTheNat.has(kind);

/** Whether it is asked of an event what became of the clients. */
export const disturbs = ({ kind }: Pick<TimelineEvent, 'kind'>): boolean => disturbing.has(kind);

/** How long an event goes on, microseconds; 0 of those that only change something. */
function lastsMicros(event: TimelineEvent): number {
  if (event.kind === 'blackout') return event.forMicros;
  if (event.kind === 'flap') return event.times * event.downMicros + (event.times - 1) * event.upMicros;
  if (event.kind === 'udp-block') return event.forMicros ?? 0;
  return ('overMicros' in event && event.overMicros) || 0;
}

/**
 * Events after which less traffic and drain are left than it takes a client to give a silent connection up, so that
 * who is cut in silence cannot be told from who went on. Those that give connections up themselves need no such time.
 */
export function tooLate(
  scenario: Pick<ResolvedScenario, 'timeline' | 'trafficMicros' | 'drainMicros' | 'load'>,
): { readonly name: string; readonly leftMicros: number }[] {
  const { timeline, trafficMicros, drainMicros, load } = scenario;
  return timeline
    .filter((event) => disturbs(event) && event.kind !== 'cut' && event.kind !== 'disconnect')
    .map((event) => ({
      name: event.name,
      leftMicros: trafficMicros + drainMicros - event.atMicros - lastsMicros(event),
    }))
    .filter(({ leftMicros }) => leftMicros < load.deadAfterMicros);
}
